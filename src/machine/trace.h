#pragma once
// What happened, in order. A fixed set of events enters the digest whether or not anyone keeps the text.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "machine/time.h"

namespace drydock::machine {

/// The events of the digest. Append only: a digest must not depend on verbosity, verifier options or build.
enum class Event : std::uint8_t {
  ThreadSwitch,     // thread
  InterruptEntry,   // vector
  InterruptExit,    // vector, claimed
  DpcStart,         // dpc number
  RegisterRead,     // address, size, value
  RegisterWrite,    // address, size, value
  PortRead,         // port, size, value
  PortWrite,        // port, size, value
  IrpSent,          // irp number, major << 8 | minor, device number
  IrpCompleted,     // irp number, status, information
  SrbStarted,       // srb number, function, address (path << 16 | target << 8 | lun)
  SrbCompleted,     // srb number, SrbStatus << 8 | ScsiStatus
  MiniportCall,     // callback, argument
  MiniportReturn,   // callback, result
  Notification,     // type, argument
  DevnodeState,     // devnode number, state, event
  PowerState,       // devnode number, state
  DeviceReset,      // device number, kind
  DeviceUnplugged,  // device number
  ImageLoaded,      // image number
  ImageUnloaded,    // image number
  Finding,          // index
  BugCheck,         // code
  ScenarioStep,     // step number

  // Details for people: kept with the records, never in the digest, so that they may be added to at any time.
  DpcEnd = 0x80,
  IrpParameters,  // irp number, major << 8 | minor, control code, or type << 8 | state of a power request
  SrbContents,    // srb number, irp number (0: the port's own), operation << 56 | bytes << 32 | block
  SrbGivenBack,   // srb number, SrbStatus << 8 | ScsiStatus, adapter << 8 | routine of the miniport
  AdapterState,   // adapter number, state before << 8 | state, reset event
  Decision,       // see DecisionRecord; answers of 0 are not kept
};

constexpr bool is_detail(Event event) { return event >= Event::DpcEnd; }

std::string_view event_name(Event event);

/// What the numbers in records stand for.
enum class Thing : std::uint8_t { Device, Devnode, Thread, Image, Adapter, DecisionSite, Place };

struct TraceRecord {
  Time at;
  Event event;
  std::uint8_t processor;
  std::uint64_t a, b, c;
};

/// A question that was answered otherwise than on an undisturbed machine.
struct DecisionRecord {
  std::uint32_t site = 0;    ///< its name is that of the Thing
  std::uint64_t nth = 0;     ///< which of the site's questions, from 0
  std::uint32_t answer = 0;  ///< 1 .. of-1
  std::uint32_t of = 0;
  std::uint64_t place = 0;  ///< where the driver was, 0 if nowhere; its name is that of the Thing
};
/// A record has room for three numbers.
constexpr TraceRecord decision_record(const DecisionRecord& decision) {
  return {{}, Event::Decision, 0, std::uint64_t{decision.site} << 48 | std::uint64_t{decision.of} << 24 | decision.answer,
          decision.nth, decision.place};
}
constexpr DecisionRecord decision_of(const TraceRecord& record) {
  constexpr std::uint64_t kBits = (1u << 24) - 1;
  return {static_cast<std::uint32_t>(record.a >> 48), record.b, static_cast<std::uint32_t>(record.a & kBits),
          static_cast<std::uint32_t>(record.a >> 24 & kBits), record.c};
}

class Trace {
 public:
  /// Adds an event to the digest, and to the records if they are kept.
  void add(Time at, unsigned processor, Event event, std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0) {
    add_to_digest(at, processor, event, a, b, c);
    if (keep_) records_.push_back({at, event, static_cast<std::uint8_t>(processor), a, b, c});
  }
  /// The same while no records are kept.
  void add_to_digest(Time at, unsigned processor, Event event, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    std::uint64_t head = static_cast<std::uint64_t>(at.count()) << 13 ^ processor << 8 ^ static_cast<std::uint64_t>(event);
    hash_[0] = fold(hash_[0] ^ head, a ^ 0x9FB21C651E98DF25u);
    hash_[1] = fold(hash_[1] ^ b, c ^ 0xD6E8FEB86659FD93u);
    ++count_;
  }
  /// A detail for people, if records are kept.
  void add_detail(Time at, unsigned processor, Event event, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    if (keep_) records_.push_back({at, event, static_cast<std::uint8_t>(processor), a, b, c});
  }
  /// What people call a thing: "pvscsi.sys". The last name given is the one reports use.
  void name(Thing thing, std::uint64_t number, std::string text) {
    if (keep_) names_[{thing, number}] = std::move(text);
  }
  /// "" if nobody gave it a name.
  std::string_view name_of(Thing thing, std::uint64_t number) const;
  /// A line for people; never in the digest.
  void note(Time at, unsigned processor, std::string_view text);

  /// 16 hex digits.
  std::string digest() const;
  std::uint64_t digest_value() const;
  std::uint64_t count() const { return count_; }

  void keep_records(bool keep) { keep_ = keep; }
  bool keeps_records() const { return keep_; }
  const std::vector<TraceRecord>& records() const { return records_; }
  struct Note {
    Time at;
    unsigned processor;
    std::size_t after_record;
    std::string text;
  };
  const std::vector<Note>& notes() const { return notes_; }

 private:
  /// Both halves of the product: two words absorbed by one multiplication.
  static std::uint64_t fold(std::uint64_t x, std::uint64_t y) {
    auto product = static_cast<unsigned __int128>(x) * y;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }

  std::uint64_t hash_[2] = {0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F};
  std::uint64_t count_ = 0;
  bool keep_ = false;
  std::vector<TraceRecord> records_;
  std::vector<Note> notes_;
  std::map<std::pair<Thing, std::uint64_t>, std::string> names_;
};

}  // namespace drydock::machine
