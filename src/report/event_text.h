#pragma once
// Records of a trace in words. One table per family says how each kind of event reads; an event without a row is shown
// by its name and numbers. To have a new event in the timeline, add a row (docs/user-guide.md, "Timelines").

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "machine/trace.h"
#include "port/scsiport/request.h"

namespace drydock::report {

/// How much a line matters. The first two are drawn only around what the others say, Fine only if everything is wanted.
enum class Weight : std::uint8_t {
  Fine,     ///< threads, interrupts, registers: only where everything is drawn
  Request,  ///< a request on its way: drawn while a story is open
  Step,     ///< a step of a story
  Opens,    ///< a story begins: a reset, a removal
  Closes,   ///< it ends
  Always,   ///< drawn wherever it comes: findings
};

/// One record as a person would write it down.
struct Line {
  machine::Time at{};
  unsigned processor = 0;
  Weight weight = Weight::Fine;
  std::string who;               ///< "pvscsi", "scsiport", "PnP manager"
  std::string what;              ///< "HwScsiResetBus for bus 0"
  std::string many;              ///< of several such lines: "gives back {} requests"; "" if they are never drawn as one
  std::string status;            ///< "TRUE", "STATUS_SUCCESS"
  std::string_view object_kind;  ///< "srb", "irp", or "" if the line is about no request
  std::uint64_t object = 0;      ///< its number
  std::uint64_t irp = 0;         ///< the IRP that the line is about, also if `object` is its SRB
  std::string lane;              ///< whose state this changes: "adapter 0"
  std::string state_before, state;
};

/// What it means that a site's question is answered otherwise than on an undisturbed machine.
std::string decision_text(std::string_view site, std::uint32_t answer, std::uint32_t of);

class Reading;

struct EventText {
  machine::Event event;
  Weight weight;
  /// Fills who, what and what else applies; may change the weight.
  void (*write)(Reading& reading, const machine::TraceRecord& record, Line& line);
};

/// What earlier records said that later ones need. Lines must be asked for in the order of the records.
class Reading {
 public:
  explicit Reading(const machine::Trace& trace) : trace_(trace) {}

  Line line_of(const machine::TraceRecord& record);
  Line line_of(const machine::Trace::Note& note) const;

  /// "pvscsi ScsiPort0" for "\Driver\pvscsi \Device\ScsiPort0"; `otherwise` with the number if it has no name.
  std::string name_of(machine::Thing thing, std::uint64_t number, std::string_view otherwise) const;
  std::string adapter_name(std::uint64_t number) const { return name_of(machine::Thing::Adapter, number, "adapter"); }

  struct Irp {
    std::uint8_t major = 0, minor = 0;
    std::uint64_t device = 0;
    std::uint64_t value = 0;  ///< of IrpParameters
    bool failed = false;      ///< completed with an error the last time
    bool hopeless = false;    ///< because the device is gone: nobody sends it again
    bool sent_again = false;  ///< after an error
  };
  struct Srb {
    std::uint64_t irp = 0;
    std::string text;  ///< "WRITE 0:1:0, block 96, 4 KiB"
    std::uint64_t contents = 0;
  };
  struct Call {
    port::scsiport::Routine routine{};
    std::uint64_t adapter = 0;
  };
  std::map<std::uint64_t, Irp> irps;
  std::map<std::uint64_t, Srb> srbs;
  std::array<std::vector<Call>, 8> calls;         ///< of miniport routines, by processor, innermost last
  std::map<std::uint64_t, std::string> devnodes;  ///< state, by id

 private:
  const machine::Trace& trace_;
};

// The families.
std::span<const EventText> machine_event_texts();
std::span<const EventText> io_event_texts();
std::span<const EventText> scsi_event_texts();

/// "STATUS_IO_DEVICE_ERROR", or 0xC00000BB without a name.
std::string status_word(std::uint64_t status);

}  // namespace drydock::report
