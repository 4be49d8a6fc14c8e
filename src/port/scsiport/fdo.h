#pragma once
// An adapter: the functional device the port puts above a bus's PDO, with all that the port keeps of it.

#include <array>
#include <deque>
#include <string>
#include <vector>

#include "machine/machine.h"
#include "nt/device_object.h"
#include "nt/dma.h"
#include "nt/interface.h"
#include "nt/srb.h"
#include "port/scsiport/checks.h"
#include "port/scsiport/pdo.h"
#include "port/scsiport/request.h"
#include "port/scsiport/reset_table.h"
#include "port/scsiport/settings.h"
#include "port/scsiport/witness.h"

namespace drydock::port::scsiport {

struct Adapter;
struct MiniportDriver;

/// What one call of ScsiPortInitialize left (SP-008, SP-009).
struct Registration {
  HW_INITIALIZATION_DATA data{};
  PVOID hw_context = nullptr;
  bool plug_and_play = false;  ///< SP-006
};

struct MiniportDriver {
  DRIVER_OBJECT* object = nullptr;
  std::u16string registry_path;
  std::string name;
  std::vector<Registration> registrations;
  ULONG lowest_answer = ~0u;  ///< of ScsiPortInitialize (SP-010)
  std::uint32_t adapters = 0;
};

/// First in every device extension of the port's devices.
struct CommonExtension {
  enum class Kind : ULONG { Fdo = 0x204F4446, Pdo = 0x204F4450 } kind;
  Adapter* adapter;
};

/// The kernel's objects of an adapter, where Windows' port driver has them.
struct FdoExtension : CommonExtension {
  KSPIN_LOCK lock;         ///< the port's own (SP-100); taken before the interrupt lock
  KSPIN_LOCK polled_lock;  ///< stands in for the interrupt lock without an interrupt (SP-107)
  KDPC completion_dpc;
  KTIMER tick;
  KDPC tick_dpc;
  KTIMER hold_off;
  KDPC hold_off_dpc;
  KTIMER miniport_timer;
  KDPC miniport_timer_dpc;
  KEVENT idle;  ///< set when the miniport owns nothing any more
  KEVENT scan;    ///< one scan at a time
  KEVENT change;  ///< one start or stop at a time (ChangeOfAdapter)
};

struct PdoExtension : CommonExtension {
  LogicalUnit* unit;
};

/// What the miniport told the port and the port has not yet acted on. Written under the interrupt lock (SP-102).
struct Notified {
  bool any = false;
  bool next_request = false;
  bool reset_detected = false;
  bool timer = false;
  ULONG timer_us = 0;
  PHW_TIMER timer_routine = nullptr;
  PHW_ENABLE_INTERRUPTS enable_routine = nullptr;
  PHW_ENABLE_INTERRUPTS disable_routine = nullptr;
  std::uint32_t buses_changed = 0;
  std::uint16_t given_back = kNoSlot;  ///< last notified first
  LogicalUnit* units = nullptr;
  bool log_entries = false;
};

/// Who a piece of WMI news is about.
struct WmiSource {
  bool is_adapter = true;
  UnitAddress address;
  friend bool operator==(const WmiSource&, const WmiSource&) = default;
};
/// An event, or without one a wish to be registered anew (SP-143, SP-144).
struct WmiNews {
  WmiSource source;
  std::vector<std::byte> event;
};

struct LogEntry {
  bool has_srb = false;
  SCSI_REQUEST_BLOCK srb{};
  UnitAddress address;
  ULONG code = 0;
  ULONG unique_id = 0;
  std::uint32_t request = 0;
};

/// The call into the miniport that is running, or ran last.
struct MiniportCall {
  Routine routine = Routine::None;
  bool running = false;
  std::uint32_t serial = 0;
  std::int32_t control = -1;  ///< of AdapterControl
  unsigned processor = 0;
  const machine::Thread* thread = nullptr;
  KIRQL irql = 0;
  machine::Duration busy_before{};  ///< machine::busy_time() at its entry
  machine::Duration stalled{};
  bool stall_reported = false;
  bool hang_reported = false;
  bool logged_error = false;
  bool asked_to_disable = false;  ///< CallDisableInterrupts came (SP-141)
};

/// A hardware range the adapter was assigned, on its bus and as the processor reaches it.
struct AssignedRange {
  bool memory = true;
  std::uint64_t bus_start = 0;
  std::uint64_t start = 0;
  std::uint64_t length = 0;
};

struct Mapping {
  PVOID address = nullptr;
  std::uint64_t start = 0;  ///< as the processor reaches it
  ULONG length = 0;
  bool memory = true;
};

/// Memory the device may read and write by DMA.
struct DmaBlock {
  std::byte* address = nullptr;
  PHYSICAL_ADDRESS physical{};
  ULONG length = 0;
  bool common_buffer = false;
  bool contains(const void* pointer) const {
    return static_cast<std::size_t>(static_cast<const std::byte*>(pointer) - address) < length;
  }
};

/// SP-193: of one bus.
struct BusHealth {
  std::uint32_t resets_without_success = 0;
};

enum class Lifecycle : std::uint8_t { Added, Started, StopPending, Stopped, RemovePending, SurpriseRemoved, Removed };

/// What an adapter has done, for reports.
struct Account {
  std::uint64_t started = 0;     ///< passed to HwScsiStartIo, retries included
  std::uint64_t completed = 0;   ///< IRPs completed
  std::uint64_t retried = 0;     ///< given back busy and sent again
  std::uint64_t bus_resets = 0;  ///< calls of HwScsiResetBus
  std::uint64_t hold_offs = 0;
};

inline constexpr unsigned kUnitBuckets = 64;
inline constexpr ULONG kPoolTag = 0x50736353;  // "ScsP"
inline constexpr ULONG kBusDataBytes = 256;

struct Port;

struct Adapter {
  Port* port = nullptr;
  std::uint32_t number = 0;  ///< \Device\ScsiPort<number>
  MiniportDriver* driver = nullptr;
  HW_INITIALIZATION_DATA hw{};
  PVOID hw_context = nullptr;
  DEVICE_OBJECT* fdo = nullptr;
  DEVICE_OBJECT* pdo = nullptr;
  DEVICE_OBJECT* lower = nullptr;
  FdoExtension* kernel = nullptr;
  Lifecycle lifecycle = Lifecycle::Added;
  Lifecycle lifecycle_before_query = Lifecycle::Added;
  bool linked = false;  ///< \DosDevices\Scsi<n>: exists
  bool wmi_registered = false;
  SYSTEM_POWER_STATE system_power = PowerSystemWorking;
  DEVICE_POWER_STATE device_power = PowerDeviceD0;

  // The miniport's side.
  PVOID extension = nullptr;                               ///< HwDeviceExtension: pool
  PORT_CONFIGURATION_INFORMATION* guest_config = nullptr;  ///< pool, access ranges behind it
  PORT_CONFIGURATION_INFORMATION config{};                 ///< as it was after FOUND
  bool tagged_queuing = false, multiple_requests = false, auto_request_sense = false, map_buffers = false;
  bool caches_data = false;
  bool dma64 = false;
  ULONG default_srb_flags = 0;  ///< SP-037
  ULONG sense_length = 0;
  std::array<bool, ScsiAdapterControlMax> controls{};  ///< SP-262
  bool ready_to_run = false;                           ///< between a successful start and the next stop

  // Hardware.
  std::vector<AssignedRange> ranges;
  std::vector<Mapping> mappings;
  bool had_ranges = false;
  std::vector<AssignedRange> validated;               ///< by ScsiPortValidateRange (SP-030)
  bool atdisk_offered[2] = {}, atdisk_taken[2] = {};  ///< primary and secondary (SP-027)
  ULONG interrupt_level = 0, interrupt_vector = 0;    ///< raw
  ULONG translated_vector = 0;
  KIRQL interrupt_irql = 0;
  KAFFINITY interrupt_affinity = 0;
  KINTERRUPT_MODE interrupt_mode = LevelSensitive;
  bool interrupt_shared = false;
  bool has_interrupt_resource = false;
  ULONG bus_number = 0, slot_number = 0;
  KINTERRUPT* interrupt = nullptr;
  DMA_ADAPTER* dma = nullptr;
  DmaBlock uncached;
  PORT_CONFIGURATION_INFORMATION config_at_uncached{};
  PVOID bus_data = nullptr;  ///< SP-298: pool

  // Slots.
  DmaBlock slot_memory;
  ULONG slot_stride = 0;
  std::vector<Slot> slots;
  std::uint16_t first_free_slot = kNoSlot, last_free_slot = kNoSlot;
  unsigned owned = 0;
  unsigned disconnect_disabled_owned = 0;  ///< SP-076

  // Requests.
  std::deque<Request> requests;
  Request* free_requests = nullptr;
  LogicalUnit* buckets[kUnitBuckets] = {};
  std::vector<LogicalUnit*> units;  ///< in order of path, target, lun
  LogicalUnit* ready_first = nullptr;
  LogicalUnit* ready_last = nullptr;

  // Is it ready?
  bool blocked = true;           ///< starting or stopping: nothing is started
  bool ready = false;            ///< NextRequest came since the last start
  std::int32_t next_clock = -1;  ///< SP-224, in ticks
  std::int32_t next_clock_full = 0;
  bool interrupts_held = false;  ///< HwScsiEnableInterruptsCallback runs (SP-105)
  bool interrupt_came_while_held = false;
  std::uint32_t interrupts_over_50us = 0;  ///< SP-116
  bool tick_runs = false;
  bool idle_is_awaited = false;  ///< a stop waits until nothing is owned

  // Bus reset.
  ResetState state = ResetState::Stopped;
  std::uint32_t paths_in_hold_off = 0;  ///< buses whose reset began or renewed this hold-off (SP-190)
  bool reset_unnamed = false;           ///< ResetDetected on an adapter with several buses (SP-208)
  bool next_request_owed = false;       ///< SP-174
  bool last_reset_result = true;
  bool reset_routine_called = false;  ///< in this hold-off
  std::array<BusHealth, SCSI_MAXIMUM_BUSES> buses{};

  // Calls and notifications.
  MiniportCall call;          ///< under the interrupt lock
  MiniportCall passive_call;  ///< HwScsiFindAdapter, and HwScsiAdapterControl where it holds no lock
  MiniportCall last_call;
  std::uint32_t call_serial = 0;
  Notified notified;
  std::vector<LogEntry> log_entries;
  std::vector<WmiNews> wmi_news;
  bool timer_set = false;
  PHW_TIMER timer_routine = nullptr;

  unsigned device_resets = 0;  ///< that are under way or wait (SP-377)

  Watch watch;
  Account account;
};

/// What the bus answered to a query for its reset interface (device_reset.h).
struct ResetRoutines {
  PVOID context = nullptr;     ///< the bus's
  Adapter* adapter = nullptr;  ///< null: it has gone
  PDEVICE_RESET_HANDLER device_reset = nullptr;
  PDEVICE_BUS_SPECIFIC_RESET_HANDLER bus_specific_reset = nullptr;
};

/// What the port keeps in a machine (PartId::ScsiPort).
struct Port {
  Settings settings;
  std::deque<MiniportDriver> drivers;
  std::vector<Adapter*> adapters;
  std::deque<ResetRoutines> reset_routines;
  std::uint32_t next_request = 0;
  Account past;  ///< of adapters that are gone
  std::array<std::uint32_t, kResetRowCount> reset_visits{};
  bool witnessing = false;
};
Port& make_port();
/// Of the machine that runs on this thread; made on first use.
inline Port& port() {
  auto* part = machine::Machine::current().find_part<Port>(machine::PartId::ScsiPort);
  return part ? *part : make_port();
}

/// The call of a miniport routine that the running code belongs to; null if it belongs to none.
MiniportCall* running_call(Adapter& adapter);

/// The adapter whose device extension a miniport passed; null if it is none.
Adapter* adapter_of(const void* device_extension);
MiniportDriver* miniport_driver_of(const DRIVER_OBJECT* driver);

/// The MajorFunction table, AddDevice and Unload of a miniport's driver object (SP-011).
void take_over_driver_object(DRIVER_OBJECT* driver);

// ---- start and stop (fdo.cpp, start.cpp, stop.cpp). IRQL: PASSIVE_LEVEL. ----
/// An adapter with its device object, attached to nothing yet. Null if there was no memory for it.
Adapter* create_adapter(MiniportDriver& driver, const Registration& registration);
/// The adapter is released and owns nothing; its device object goes too.
void delete_adapter(Adapter& adapter);
/// It runs: whoever looks for it finds it.
void adapter_started(Adapter& adapter);
NTSTATUS NTAPI ScsiPortAddDevice(DRIVER_OBJECT* DriverObject, DEVICE_OBJECT* PhysicalDeviceObject);
/// Find, connect, initialise: everything after the bus has started the device and its resources are known.
/// `again` is what HwScsiFindAdapter said about further adapters, for those that no bus enumerates (SP-035).
NTSTATUS start_adapter(Adapter& adapter, bool* again = nullptr);
/// Quiet adapter, nothing released: ScsiStopAdapter, interrupt disconnected (SP-265 to SP-270).
void silence_adapter(Adapter& adapter, bool surprise);
/// Interrupt, timers and DPCs off, without a word to the miniport.
void disconnect_adapter(Adapter& adapter);
/// After it the next start is a full one (SP-274).
void release_adapter(Adapter& adapter);
/// Power up again (SP-271 to SP-273).
NTSTATUS restart_adapter(Adapter& adapter);
/// Ends everything that waits. IRQL: at most DISPATCH_LEVEL, port lock not held.
void fail_waiting(Adapter& adapter, UCHAR srb_status, NTSTATUS status);
/// SP-263: whether the miniport lets itself be stopped while the system runs.
inline bool can_be_stopped(const Adapter& adapter) {
  return adapter.hw.HwAdapterControl != nullptr;
}

NTSTATUS fdo_pnp(Adapter& adapter, DEVICE_OBJECT* device, IRP* irp);
NTSTATUS fdo_power(Adapter& adapter, DEVICE_OBJECT* device, IRP* irp);
NTSTATUS fdo_device_control(Adapter& adapter, DEVICE_OBJECT* device, IRP* irp);
/// An SRB sent to the adapter itself, as class drivers of before Plug and Play do: it names its unit.
NTSTATUS fdo_scsi(Adapter& adapter, IRP* irp);

/// Ends `irp` here.
NTSTATUS complete_irp(IRP* irp, NTSTATUS status, ULONG_PTR information = 0);

// ---- for scenarios and reports ----
/// Of all adapters there are and were.
Account account();
/// Requests a miniport owns now, as lines of text (SP-356).
std::vector<std::string> owned_requests();
/// SP-356 at the end of a run: a finding for each.
void report_lost_requests();
/// SP-248 at the end of a run: a finding against whoever should have released a queue and has not for so long.
void report_frozen_queues(machine::Duration longer_than);

}  // namespace drydock::port::scsiport
