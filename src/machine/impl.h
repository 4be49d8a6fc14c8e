#pragma once
// Inside the machine room: what Machine, scheduler, interrupts and traps share.

#include <array>
#include <bitset>
#include <deque>
#include <map>
#include <unordered_map>

#include "host/arena.h"
#include "host/pages.h"
#include "host/slot.h"
#include "machine/machine.h"
#include "machine/outside.h"
#include "machine/remote.h"

namespace drydock::machine {

/// The block below a processor's KPCR that border.S reaches through gs:.
struct GsBlock {
  std::uint64_t host_sp;
  std::uint64_t guest_sp;
  BorderRecord* border;
  std::uint32_t attention;
  std::uint32_t calls_left;  ///< calls of a driver until time passes (kCallsPerSlice)
  std::uint64_t remote_first, remote_bytes;  ///< where the code of other processes lies (remote.h)
  std::uint32_t reserved[52];
};

/// Calls cost nothing one by one; so many together cost kSliceTime, so that a loop over calls sees the clock move.
inline constexpr std::uint32_t kCallsPerSlice = 1 << 16;
inline constexpr Duration kSliceTime = 500us;
static_assert(sizeof(GsBlock) == 0x100);

inline constexpr unsigned kVectors = 256;
inline constexpr unsigned kLines = 24;
inline constexpr unsigned kEndMessageVector = 0xC0;
inline constexpr unsigned kFirstMessageVector = 0x90;

enum class Activity : std::uint8_t {
  Running,   ///< executing, or parked at a point ready to go on
  Idle,      ///< its idle thread waits for work
  Stalled,   ///< busy until busy_until
  Spinning,  ///< until spin_ends() holds
};

struct Processor {
  unsigned number = 0;
  nt::KPCR* kpcr = nullptr;
  GsBlock* gs = nullptr;
  Thread* current = nullptr;
  Thread* idle = nullptr;
  Activity activity = Activity::Running;
  Time busy_until{};
  nt::KSPIN_LOCK* spin_lock = nullptr;
  const std::function<bool()>* spin_ends = nullptr;
  const char* spin_what = "";
  std::deque<DpcEntry> dpcs;
  bool in_dpc = false;
  std::bitset<kVectors> pending;
  unsigned isr_depth = 0;
  std::uint32_t vector_in_service = 0;
  bool need_dispatch = false;
  std::byte* isr_stack_top = nullptr;
  std::byte* dpc_stack_top = nullptr;
  Duration spent{};  ///< since it last let others run
  Duration busy{};   ///< busy_time()

  nt::KIRQL irql() const { return kpcr->Irql; }
  void set_irql(nt::KIRQL irql) { kpcr->Irql = irql; }
};

struct WaitEntry {
  Thread* thread;
  unsigned index;
};

/// Ready threads by priority, first come first served; linked through the threads.
class ReadyQueues {
 public:
  void push_back(Thread& thread);
  void push_front(Thread& thread);
  void remove(Thread& thread);
  /// The first of the highest priority above `above` that may run on `processor`, taken out; null if there is none.
  Thread* take(unsigned processor, int above);
  bool any_for(unsigned processor) const;
  bool any_for(unsigned processor, int priority) const;

 private:
  struct List {
    Thread* first = nullptr;
    Thread* last = nullptr;
  };
  std::array<List, 32> lists_;
  std::uint32_t used_ = 0;  ///< bit n: list n has threads
};

/// The wait a thread is in.
struct Wait {
  std::vector<nt::DISPATCHER_HEADER*> objects;
  nt::WAIT_TYPE type = nt::WaitAny;
  EventId timer = 0;
};

struct Vector {
  std::vector<InterruptHandler> handlers;
  bool asserted = false;  ///< level of the line behind it
  bool message = false;
  bool allocated = false;
  std::uint32_t deliveries = 0;  ///< since the line last dropped
};

struct Machine::Impl final : Computer {
  Impl(Machine& machine, host::Slot* its_slot, host::Arena* its_arena, const MachineConfig& its_config);

  // ---- Computer: what the fabric asks of us ----
  bool ram_read(PhysicalAddress from, std::span<std::byte> to) override { return owner.memory().read(from, to); }
  bool ram_write(PhysicalAddress to, std::span<const std::byte> from) override { return owner.memory().write(to, from); }
  void set_interrupt_line(unsigned line, bool asserted) override { machine::set_interrupt_line(line, asserted); }
  void send_interrupt_message(std::uint64_t, std::uint32_t data) override { machine::send_interrupt_message(data); }
  Time now() const override { return clock; }
  EventId after(Duration delay, std::function<void()> action) override { return owner.after(delay, std::move(action)); }
  void cancel(EventId event) override { owner.cancel(event); }
  std::uint32_t choose(const char* site, std::uint32_t n) override { return owner.choose(site, n); }
  void note(std::string_view text) override { owner.note(text); }
  void dma_written(BusAddress from, PhysicalAddress to, std::size_t bytes) override {
    for (DeviceWitness* witness : witnesses) witness->dma_written(from, to, bytes);
  }
  void line_changed(BusAddress from, bool up) override {
    for (DeviceWitness* witness : witnesses) witness->line_changed(from, up);
  }
  void message_sent(BusAddress from) override {
    for (DeviceWitness* witness : witnesses) witness->message_sent(from);
  }
  void command_ended(BusAddress from, std::span<const PhysicalAddress> memory) override {
    for (DeviceWitness* witness : witnesses) witness->command_ended(from, memory);
  }
  void bus_reset(BusAddress from, unsigned bus) override {
    for (DeviceWitness* witness : witnesses) witness->bus_reset(from, bus);
  }
  void registers_touched(PhysicalAddress at, unsigned bytes) override {
    for (DeviceWitness* witness : witnesses) witness->registers_touched(at, bytes);
  }
  void ports_touched(std::uint16_t port, unsigned bytes) override {
    for (DeviceWitness* witness : witnesses) witness->ports_touched(port, bytes);
  }

  // ---- fibers (fiber.cpp) ----
  Thread* new_thread(std::string name, std::function<void()> body, nt::KTHREAD* object, int priority);
  /// Leaves the running fiber for `next`; returns when somebody resumes it.
  void resume(Thread* next);
  [[noreturn]] void abandon_to_main();
  void release_stacks(Thread& thread);

  // ---- scheduling (scheduler.cpp) ----
  void make_ready(Thread& thread, bool at_front = false);
  /// The current processor's thread has been put aside: runs the best ready one, or the idle thread.
  void switch_away();
  /// The current processor lets others run; returns when it is chosen again.
  void relinquish();
  /// The processor to run next: moves the clock when none can. Null: back to the host.
  Processor* pick_processor();
  bool can_run(Processor& processor);
  bool has_deliverable(Processor& processor);
  /// Interrupts, DPCs, APCs and a due thread switch on the current processor, as its IRQL allows.
  void service();
  void preempt();
  void decide_at_point();
  void run_due_events();
  /// Live: moves the clock on and takes what came from outside, at most every kLookInterval.
  void look_outside();
  /// Live: waits for the outside until something is due. False: the run is over.
  bool wait_outside(Time due);
  [[noreturn]] void idle_loop(Processor& processor);
  void nothing_can_happen();
  bool satisfied(nt::DISPATCHER_HEADER* object, Thread& thread) const;
  void consume(nt::DISPATCHER_HEADER* object, Thread& thread);
  bool try_satisfy(Thread& thread, unsigned preferred, unsigned& index);
  void end_wait(Thread& thread, nt::NTSTATUS status);

  // ---- interrupts (interrupt.cpp) ----
  void deliver(std::uint32_t vector);
  void drain_dpcs();
  void raise_vector(std::uint32_t vector);
  int highest_pending(const Processor& processor) const;  ///< vector, or -1
  void attention(Processor& processor) { processor.gs->attention |= 1; }

  Machine& owner;
  host::Slot* slot;
  host::Arena* arena;
  MachineConfig config;
  class Refusal* refusal = nullptr;  ///< of a test or scenario, while it lasts
  Thread main_thread;            ///< stands for whoever drives the machine
  Thread* running = &main_thread;
  Processor* executing = nullptr;
  Processor* gs_loaded = nullptr;  ///< whose block gs: shows; null if unknown
  std::vector<Processor> processors;
  std::vector<Thread*> threads;  ///< living ones, by id
  std::uint32_t next_thread_id = 1;
  ReadyQueues ready;
  std::unordered_map<const nt::DISPATCHER_HEADER*, std::deque<WaitEntry>> waiters;  // looked up, never iterated
  std::unordered_map<Thread*, Wait> waits;                                          // looked up, never iterated
  std::vector<std::size_t> free_host_stacks;
  std::size_t host_stacks_used = 0;
  std::vector<std::byte*> free_driver_stacks;
  Thread* to_reap = nullptr;

  Time clock{};
  std::map<std::pair<Time, EventId>, std::function<void()>> events;
  std::unordered_map<EventId, Time> event_due;  // looked up, never iterated
  EventId next_event = 1;
  bool in_hardware = false;  ///< an event's action runs: no points
  OutsideWorld* outside = nullptr;  ///< live mode
  Time looked_outside{};

  RemoteCode* remote = nullptr;
  std::vector<DeviceWitness*> witnesses;
  std::array<Vector, kVectors> vectors;
  std::uint32_t next_handler_id = 1;

  std::unordered_map<const ExportSlot*, std::uint32_t> thunks;  // looked up, never iterated
  std::uint32_t thunk_count = 0;

  bool stop = false;  ///< the host wants control back
  bool paused = false;  ///< a body called pause()
  bool dead = false;  ///< a fatal finding: nothing runs here any more
  OutcomeKind outcome = OutcomeKind::Completed;
  Thread* body_thread = nullptr;
  bool fatal_in_progress = false;

  unsigned lock_spinners = 0;  ///< processors that spin for a lock
  std::uint64_t point_count = 0;
  std::uint32_t point_countdown = 1;
  std::uint64_t register_traps = 0;
  unsigned ticks_without_point = 0;
  std::uint64_t progress_at_tick = 0;
};

inline Machine::Impl& impl() { return Machine::current().impl(); }

}  // namespace drydock::machine
