#pragma once
// A request on its way through the port, and the slot it fills while the miniport owns it.

#include <cstdint>

#include "machine/time.h"
#include "nt/irp.h"
#include "nt/srb.h"

namespace drydock::port::scsiport {
using namespace nt;

struct Adapter;
struct LogicalUnit;
struct Port;
struct Request;
struct Slot;

inline constexpr std::uint16_t kNoSlot = 0xFFFF;

/// SP-072: so many requests are owned by a miniport at once; also the highest tag (SP-073).
inline constexpr unsigned kSlotsMax = 254;

/// The routines of a miniport; the trace numbers them so.
enum class Routine : std::uint8_t {
  None,
  DriverEntry,
  FindAdapter,
  Initialize,
  StartIo,
  Interrupt,
  ResetBus,
  Timer,
  EnableInterrupts,
  DisableInterrupts,
  AdapterControl,
};
const char* routine_name(Routine routine);

/// Who waits for a request of the port's own. Called without locks, at DISPATCH_LEVEL.
using RequestEnded = void (*)(Adapter& adapter, Request& request, void* context);

struct UnitAddress {
  UCHAR path = 0, target = 0, lun = 0;
  friend bool operator==(const UnitAddress&, const UnitAddress&) = default;
  /// As Event::SrbStarted has it.
  constexpr std::uint64_t bits() const { return static_cast<std::uint64_t>(path) << 16 | target << 8 | lun; }
};

/// What reports say of a request; outlives it in its slot.
struct RequestHistory {
  std::uint32_t number = 0;  ///< srb#7 in traces
  UCHAR function = 0;
  UCHAR operation = 0;  ///< of EXECUTE_SCSI
  UnitAddress address;
  UCHAR first_status = 0;  ///< SrbStatus as the miniport gave it
  Routine given_back_in = Routine::None;
  std::uint8_t busy_returns = 0;     ///< SP-089, in a row
  std::uint8_t resets_survived = 0;  ///< SP-356
  std::uint16_t tag = 0;             ///< slot number plus one, the last it had
  std::uint32_t starts = 0;
  machine::Time arrived{}, started{}, given_back{};
};

struct RequestFields : RequestHistory {
  // Neighbours in the list it is in: waiting, given back busy, or owned.
  Request* previous = nullptr;
  Request* next = nullptr;

  IRP* irp = nullptr;                 ///< null for a request of the port's own
  SCSI_REQUEST_BLOCK* srb = nullptr;  ///< the sender's; what the miniport sees is the slot's copy
  LogicalUnit* unit = nullptr;
  enum class Waits : std::uint8_t { No, InQueue, ToBypass, ToRetry, AsSense } waits = Waits::No;
  std::uint16_t slot = kNoSlot;
  ULONG sort_key = 0;
  ULONG flags = 0;      ///< SrbFlags as the sender set them
  NTSTATUS status = 0;  ///< for the IRP, once ended

  // The data: `data` is where the sender's DataBuffer begins, in its MDL if there is one, else in system memory.
  MDL* mdl = nullptr;
  PVOID data = nullptr;
  ULONG mdl_offset = 0;

  // A request of the port's own.
  RequestEnded ended = nullptr;
  void* context = nullptr;
  Request* senses_for = nullptr;  ///< the failed request this REQUEST SENSE serves (SP-251)
  Request* next_free = nullptr;
};

struct Request : RequestFields {
  SCSI_REQUEST_BLOCK own_srb;  ///< of a request of the port's own; otherwise what it was
};

/// Where a miniport sees a request: a copy of its SRB, its SRB extension and its sense buffer, in memory for DMA.
struct Slot {
  enum class State : std::uint8_t {
    Free,
    Owned,      ///< the miniport's
    GivenBack,  ///< notified, not yet acted on
  };
  State state = State::Free;
  bool filled = false;  ///< the extension has had its pattern
  bool swept = false;   ///< given back by ScsiPortCompleteRequest with a wildcard
  bool tagged = false;
  std::uint32_t callback = 0;  ///< serial number of the miniport call that gave it back
  std::uint16_t next_given_back = kNoSlot;
  std::uint16_t next_free = kNoSlot;
  bool device_ended = false;   ///< the device has run the command to its end
  ULONG logged_code = 0;       ///< of the last log entry with it (SP-285)
  bool unmapped_data = false;  ///< DataBuffer is no address to use (SP-077)
  Request* request = nullptr;
  RequestHistory history;         ///< of the last request given back from it
  std::uint32_t last_number = 0;  ///< of the last request in it, for reports
  std::byte* alias = nullptr;     ///< guarded: its data as the miniport saw it last; mapped while it owns it
  std::size_t alias_bytes = 0;
  bool alias_mapped = false;

  SCSI_REQUEST_BLOCK* srb = nullptr;  ///< driver-visible
  std::byte* extension = nullptr;     ///< null if none was asked for
  std::byte* sense = nullptr;
  SCSI_REQUEST_BLOCK issued{};    ///< as handed over, to compare with at completion
  SCSI_REQUEST_BLOCK returned{};  ///< as given back
};

/// Plain doubly linked list through Request::previous and next. A request is in one at a time.
class RequestList {
 public:
  bool empty() const { return first_ == nullptr; }
  Request* first() const { return first_; }
  Request* last() const { return last_; }
  unsigned size() const { return size_; }

  void push_back(Request* request) { insert_before(nullptr, request); }
  void push_front(Request* request) { insert_before(first_, request); }
  /// Before `position`, or at the end if it is null.
  void insert_before(Request* position, Request* request);
  void remove(Request* request);
  Request* pop_front();
  /// Puts all of `front` before what is here.
  void prepend(RequestList& front);

 private:
  Request* first_ = nullptr;
  Request* last_ = nullptr;
  unsigned size_ = 0;
};

}  // namespace drydock::port::scsiport
