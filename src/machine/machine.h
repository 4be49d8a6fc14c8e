#pragma once
// A computer is an object. Everything mutable in it lives in its slot; dropping it frees all.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/result.h"
#include "machine/decisions.h"
#include "machine/finding.h"
#include "machine/guest_call.h"
#include "machine/memory.h"
#include "machine/processor.h"
#include "machine/thread.h"
#include "machine/trace.h"
#include "machine/wires.h"

namespace drydock::machine {

struct MachineConfig {
  unsigned processors = 1;                  ///< 1 .. 8
  std::size_t ram_bytes = 64 << 20;         ///< address space only; pages cost memory when touched
  PhysicalAddress ram_above_4gb = 0;        ///< so many bytes of it lie above 4 GiB
  std::function<std::unique_ptr<Strategy>()> strategy;  ///< called inside the machine's arena; default steady()
  bool keep_records = false;
  bool refusals = true;                     ///< whether refused() asks at all; without, the world refuses nothing
  Time time_max = std::chrono::hours{24};   ///< virtual
  std::uint64_t points_max = ~0ull;         ///< scheduling steps, then Budget
};

/// How a drive of the machine ended.
struct Outcome {
  OutcomeKind kind = OutcomeKind::Completed;
  bool passed() const { return kind == OutcomeKind::Completed; }
};

/// A fault or raise in driver code, for the kernel's exception dispatcher.
struct FaultInfo {
  enum class Kind { AccessViolation, DivideByZero, IllegalInstruction, Breakpoint, FastFail, GeneralProtection, StackOverflow } kind;
  enum class Touch : std::uint8_t { Read, Write, Execute } touch = Touch::Read;
  std::uint64_t address = 0;      ///< touched
  std::uint64_t instruction = 0;  ///< driver instruction, or the return address into the driver if `in_host`
  std::uint32_t code = 0;         ///< fast-fail code
  bool in_host = false;           ///< our code touched a driver's pointer (RtlCopyMemory, an event's header)
};

/// What the kernel (ntos) does for the machine. Set once, before any driver runs.
class KernelHooks {
 public:
  virtual ~KernelHooks() = default;
  /// Driver code faulted. Either fixes `frame` and returns (continue there), or does not return (handler found, bug check).
  /// With `in_host`, frame is null and it never returns.
  virtual void fault(TrapFrame* frame, const FaultInfo& info) = 0;
  /// Thread has APCs pending and may take them now. IRQL: APC_LEVEL on entry for kernel APCs.
  virtual void deliver_apcs(Thread& thread) = 0;
  /// What drivers see of a thread that was created without an object; null is possible only before there is a kernel.
  virtual nt::KTHREAD* thread_object(Thread&) { return nullptr; }
  /// Call frames, driver's and ours, from the innermost border outwards (`trap` null: from the running call).
  virtual std::vector<StackFrame> capture_stack(const TrapFrame* trap) = 0;
  /// The value a driver reads at offset of KUSER_SHARED_DATA.
  virtual std::uint64_t kuser_read(unsigned offset, unsigned size) = 0;
  /// The bytes that the loader replaced by `hlt` at `instruction`; 0 if it did not.
  virtual unsigned original_instruction(std::uint64_t instruction, std::uint8_t (&bytes)[16]) = 0;
  /// A call outside its IRQL limits.
  virtual void irql_violation(const ExportSlot& slot, nt::KIRQL irql) = 0;
};

/// Names the rooms that keep state in a machine (Machine::part).
enum class PartId { Kernel, Images, Verifier, Pci, Acpi, ScsiPort, Storport, Disk, Framework, Board, Scenario, Count };

class Machine {
 public:
  /// Takes a free slot (the lowest). Fails if the host refuses memory.
  static host::Result<std::unique_ptr<Machine>> create(const MachineConfig& config);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// The machine that runs on this thread. Undefined outside run() and enter().
  static Machine& current() { return *current_; }
  static bool running() { return current_ != nullptr; }

  /// Runs `setup` inside the machine's arena but on no thread of the machine: attach parts, plug devices.
  void enter(const std::function<void()>& setup);

  /// Runs `body` as a system thread at PASSIVE_LEVEL until it returns, a fatal finding, or nothing can happen any more.
  Outcome run(const std::function<void()>& body);
  /// Runs until a thread calls pause(); run_on() continues after it. For snapshots in the middle of a body.
  Outcome run_until_pause(const std::function<void()>& body);
  Outcome run_on();
  /// Called by a body: control returns to run_until_pause()'s caller.
  static void pause();

  /// All state, copied; valid as long as this machine. Only while nothing runs.
  class Snapshot;
  std::unique_ptr<Snapshot> snapshot();
  void restore(const Snapshot& snapshot);

  // ---- components ----
  Memory& memory() { return *memory_; }
  Decisions& decisions() { return *decisions_; }
  Trace& trace() { return *trace_; }
  Time now() const;
  EventId at(Time due, std::function<void()> action);       ///< runs as hardware: between instructions, on no thread
  EventId after(Duration delay, std::function<void()> action) { return at(now() + delay, std::move(action)); }
  void cancel(EventId event);
  std::uint32_t choose(const char* site, std::uint32_t n) {
    const std::uint32_t answer = decisions_->choose(site, n);
    if (answer != 0 && trace_->keeps_records()) [[unlikely]] keep_decision(site, answer, n);
    return answer;
  }
  /// Adds to digest and records.
  void NTAPI record(Event event, std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0);
  /// An event of the second kind (trace.h): only if records are kept.
  void detail(Event event, std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0) {
    if (trace_->keeps_records()) [[unlikely]] keep_detail(event, a, b, c);
  }
  void note(std::string_view text);  ///< verbose trace only
  Computer& computer();              ///< for the fabric
  /// `witness` lives as long as the machine.
  void add_witness(DeviceWitness& witness);
  IoFabric* fabric() { return fabric_; }
  void set_fabric(IoFabric* fabric) { fabric_ = fabric; }
  KernelHooks* hooks() { return hooks_; }
  void set_hooks(KernelHooks* hooks) { hooks_ = hooks; }

  /// State of a room above: created in the machine's arena by `enter`, found by anyone.
  template <class T>
  T& part(PartId id) {
    return *static_cast<T*>(parts_[static_cast<unsigned>(id)]);
  }
  template <class T>
  T* find_part(PartId id) {
    return static_cast<T*>(parts_[static_cast<unsigned>(id)]);
  }
  void set_part(PartId id, void* part) { parts_[static_cast<unsigned>(id)] = part; }

  // ---- what goes wrong ----
  /// Files a finding. Fatal ones end the run and do not return when called on a machine thread.
  void report(Finding finding);
  /// A stop as Windows raises it; never returns. `summary` says it in a sentence.
  [[noreturn]] void bug_check(std::uint32_t code, std::uint64_t p1, std::uint64_t p2, std::uint64_t p3, std::uint64_t p4,
                              std::string summary = {}, const TrapFrame* trap = nullptr);
  /// The driver called `name`, which we do not have. Ends the run (exit code 3).
  [[noreturn]] void not_implemented(std::string_view name, std::string_view why);
  const std::vector<Finding>& findings() const { return *findings_; }
  std::uint64_t register_traps() const;  ///< accesses to device memory and ports that trapped
  std::uint64_t points() const;

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  class Inside;
  Machine() = default;
  Outcome drive();
  void keep_decision(const char* site, std::uint32_t answer, std::uint32_t n);
  void keep_detail(Event event, std::uint64_t a, std::uint64_t b, std::uint64_t c);
  static constinit thread_local Machine* current_;  // constinit: read without a guard
  Impl* impl_ = nullptr;
  Memory* memory_ = nullptr;
  Decisions* decisions_ = nullptr;
  Trace* trace_ = nullptr;
  std::vector<Finding>* findings_ = nullptr;
  IoFabric* fabric_ = nullptr;
  KernelHooks* hooks_ = nullptr;
  void* parts_[static_cast<unsigned>(PartId::Count)] = {};
  friend struct Impl;
};

/// One of our functions asks whether the world refuses it this time (allocation fails, ...). False under steady.
bool refused(const char* site);

}  // namespace drydock::machine
