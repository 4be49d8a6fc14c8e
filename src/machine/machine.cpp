#include "machine/machine.h"

#include <cstring>
#include <fmt/format.h>

#include "host/check.h"
#include "host/signals.h"
#include "machine/gs.h"
#include "machine/impl.h"
#include "nt/bugcheck.h"

namespace drydock::machine {

bool on_interrupted(host::InterruptedContext& context);
void write_shared_stubs(std::byte* thunks);

thread_local Machine* Machine::current_ = nullptr;

namespace {

// Memory kept with a slot when its machine is dropped; beyond it goes back to the host.
constexpr std::size_t kKeepRam = 8 << 20;
constexpr std::size_t kKeepArena = 8 << 20;

}  // namespace

namespace {

/// Stands in until a kernel is installed: every fault is a finding, nothing else is known.
class NoKernel final : public KernelHooks {
 public:
  void fault(TrapFrame*, const FaultInfo& info) override {
    Machine::current().report(finding("DRIVER_FAULT", fmt::format("driver code at {:#x} faulted on address {:#x}; no kernel is installed",
                                                                  info.instruction, info.address)));
  }
  void deliver_apcs(Thread&) override {}
  std::vector<StackFrame> capture_stack(const TrapFrame*) override { return {}; }
  std::uint64_t kuser_read(unsigned, unsigned) override { return 0; }
  unsigned original_instruction(std::uint64_t, std::uint8_t (&)[16]) override { return 0; }
  void irql_violation(const ExportSlot& slot, nt::KIRQL irql) override {
    Machine::current().report(finding("IRQL_VIOLATION", fmt::format("{} called at IRQL {}", slot.name, irql)));
  }
};

}  // namespace

/// While open, this thread runs the machine: operator new takes from its arena.
class Machine::Inside {
 public:
  explicit Inside(Machine& machine, host::Arena* arena) : scope_(arena), previous_(std::exchange(current_, &machine)) {}
  ~Inside() { current_ = previous_; }

 private:
  host::ArenaScope scope_;
  Machine* previous_;
};

Machine::Impl::Impl(Machine& machine, host::Slot* its_slot, host::Arena* its_arena, const MachineConfig& its_config)
    : owner(machine), slot(its_slot), arena(its_arena), config(its_config) {
  main_thread.name = "host";
}

host::Result<std::unique_ptr<Machine>> Machine::create(const MachineConfig& config) {
  if (config.processors < 1 || config.processors > kProcessorsMax)
    return host::error("a machine has 1 to ", kProcessorsMax, " processors, not ", config.processors);
  if (config.ram_bytes < 16 << 20 || config.ram_bytes > std::size_t{3} << 30 || config.ram_bytes % (1 << 20) != 0)
    return host::error("a machine has 16 to 3072 MiB of memory, in whole MiB");
  host::Slot* slot = TRY(host::Slot::take(config.ram_bytes));
  host::install_fault_handler(on_interrupted);
  std::unique_ptr<Machine> machine(new Machine);
  auto* arena = host::Arena::create(slot->base() + host::kHostArena, host::kHostArenaSize);
  {
    // Before the machine is the one that runs here: a tick may come at any moment and asks the running one's Impl.
    host::ArenaScope scope(arena);
    machine->impl_ = new Impl(*machine, slot, arena, config);
  }
  Inside inside(*machine, arena);
  Impl& i = *machine->impl_;
  machine->memory_ = new Memory(slot->base(), config.ram_bytes, config.ram_above_4gb);
  machine->decisions_ = new Decisions(config.strategy ? config.strategy() : steady());
  machine->trace_ = new Trace;
  machine->trace_->keep_records(config.keep_records);
  machine->findings_ = new std::vector<Finding>;
  machine->hooks_ = new NoKernel;
  i.point_countdown = machine->decisions_->points_per_question();
  write_shared_stubs(slot->base() + host::kThunks);

  i.processors.resize(config.processors);
  for (unsigned n = 0; n < config.processors; ++n) {
    Processor& processor = i.processors[n];
    processor.number = n;
    // Guard, private block and control region, guard.
    auto* pages = static_cast<std::byte*>(machine->memory_->allocate_pages(4));
    std::memset(pages, 0, 4 * kPageSize);
    machine->memory_->protect(pages, 1, Access::None);
    machine->memory_->protect(pages + 3 * kPageSize, 1, Access::None);
    processor.kpcr = reinterpret_cast<nt::KPCR*>(pages + 2 * kPageSize);
    processor.gs = reinterpret_cast<GsBlock*>(processor.kpcr) - 1;
    processor.gs->attention = machine->decisions_->asks_at_points() ? 2 : 0;
    processor.gs->calls_left = kCallsPerSlice;
    processor.kpcr->Self = processor.kpcr;
    processor.kpcr->CurrentPrcb = &processor.kpcr->Prcb;
    processor.kpcr->MajorVersion = 1;
    processor.kpcr->MinorVersion = 1;
    processor.kpcr->Prcb.Number = n;
    processor.kpcr->Prcb.LegacyNumber = static_cast<nt::UCHAR>(n);
    for (std::byte** top : {&processor.isr_stack_top, &processor.dpc_stack_top}) {
      auto* stack = static_cast<std::byte*>(machine->memory_->allocate_pages(kDriverStackSize / kPageSize + 1));
      machine->memory_->protect(stack, 1, Access::None);
      std::memset(stack + kPageSize, 0xA5, kDriverStackSize);
      *top = stack + kPageSize + kDriverStackSize - 0x100;
    }
    processor.idle = i.new_thread(fmt::format("idle {}", n), [&i, n] { i.idle_loop(i.processors[n]); }, nullptr, 0);
    i.threads.pop_back();
    processor.idle->processor = &processor;
    processor.idle->state = ThreadState::Running;
    processor.current = processor.idle;
  }
  return machine;
}

Machine::~Machine() {
  if (!impl_) return;
  host::Slot* slot = impl_->slot;
  std::byte* base = slot->base();
  std::size_t arena_used = static_cast<std::size_t>(impl_->arena->end() - impl_->arena->begin());
  // Every page becomes read-write and zero again; the next machine of the slot must not see this one.
  const std::vector<Access> table = memory_->mapped();
  for (std::size_t page = 0; page < table.size();) {
    std::size_t end = page;
    while (end < table.size() && table[end] != Access::ReadWrite) ++end;
    if (end > page) host::protect_pages(base + page * kPageSize, (end - page) * kPageSize, host::Protection::ReadWrite);
    page = end + 1;
  }
  if (!memory_->aliases().empty()) host::unmap_pages(base + host::kAliasWindow, host::kAliasWindowSize);
  const std::vector<Memory::Run> touched = memory_->touched();
  std::size_t kept = 0;
  for (Memory::Run run : touched) {
    std::size_t offset = run.first * kPageSize, bytes = run.pages * kPageSize;
    kept += bytes;
    if (kept > kKeepRam)
      slot->discard_ram(offset, bytes);
    else
      std::memset(memory_->device_view() + offset, 0, bytes);
  }
  slot->trim_arena(arena_used, kKeepArena);
  slot->give_back();
}

void Machine::enter(const std::function<void()>& setup) {
  Inside inside(*this, impl_->arena);
  if (!impl_->executing) leave_processor();
  setup();
}

Outcome Machine::drive() {
  Impl& i = *impl_;
  if (i.dead) return {i.outcome};
  host::ThreadSignals::ensure();
  i.stop = false;
  i.gs_loaded = nullptr;  // another machine may have run on this thread
  Processor* next = i.pick_processor();
  if (next) i.resume(next->current);
  return {i.outcome};
}

Outcome Machine::run(const std::function<void()>& body) { return run_until_pause(body); }

Outcome Machine::run_until_pause(const std::function<void()>& body) {
  Inside inside(*this, impl_->arena);
  HOST_CHECK(impl_->running == &impl_->main_thread && impl_->body_thread == nullptr);
  if (impl_->dead) return {impl_->outcome};
  impl_->outcome = OutcomeKind::Completed;
  impl_->body_thread = create_thread("scenario", body);
  Outcome outcome = drive();
  if (!impl_->paused) impl_->body_thread = nullptr;
  return outcome;
}

Outcome Machine::run_on() {
  Inside inside(*this, impl_->arena);
  HOST_CHECK(impl_->paused || impl_->dead);
  impl_->paused = false;
  Outcome outcome = drive();
  if (!impl_->paused) impl_->body_thread = nullptr;
  return outcome;
}

void Machine::pause() {
  Impl& i = current().impl();
  i.paused = true;
  i.stop = true;
  i.resume(&i.main_thread);
}

// ---- components ----

Computer& Machine::computer() { return *impl_; }
void Machine::add_witness(DeviceWitness& witness) { impl_->witnesses.push_back(&witness); }

/// Out of the way of record(), which runs twice an IRP.
[[gnu::cold, gnu::noinline]] static void NTAPI keep_record(Trace& trace, const Machine::Impl& impl, Event event, std::uint64_t a,
                                                           std::uint64_t b, std::uint64_t c) {
  trace.add(impl.clock, impl.executing ? impl.executing->number : 0, event, a, b, c);
}

void NTAPI Machine::record(Event event, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  if (trace_->keeps_records()) [[unlikely]]
    return keep_record(*trace_, *impl_, event, a, b, c);
  trace_->add_to_digest(impl_->clock, impl_->executing ? impl_->executing->number : 0, event, a, b, c);
}

void Machine::keep_decision(const char* site, std::uint32_t answer, std::uint32_t n) {
  Impl& i = *impl_;
  const SiteCounts::Asked asked = decisions_->last_asked();
  trace_->name(Thing::DecisionSite, asked.site, site);
  std::uint64_t place = 0;
  if (i.executing && !i.in_hardware && !i.fatal_in_progress) {
    i.fatal_in_progress = true;
    for (const StackFrame& frame : hooks_->capture_stack(nullptr)) {
      if (frame.address == 0) continue;
      place = frame.address;
      trace_->name(Thing::Place, place, frame.symbol);
      break;
    }
    i.fatal_in_progress = false;
  }
  const TraceRecord record = decision_record({asked.site, asked.nth, answer, n, place});
  detail(record.event, record.a, record.b, record.c);
}

void Machine::keep_detail(Event event, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  trace_->add_detail(impl_->clock, impl_->executing ? impl_->executing->number : 0, event, a, b, c);
}

void Machine::note(std::string_view text) {
  trace_->note(impl_->clock, impl_->executing ? impl_->executing->number : 0, text);
}

std::uint64_t Machine::register_traps() const { return impl_->register_traps; }
std::uint64_t Machine::points() const { return impl_->point_count; }

// ---- what goes wrong ----

void Machine::report(Finding finding) {
  Impl& i = *impl_;
  finding.at = i.clock;
  if (i.executing) {
    finding.processor = i.executing->number;
    finding.irql = i.executing->irql();
    finding.thread = i.executing->in_dpc ? "a DPC" : i.executing->isr_depth ? "an interrupt" : i.running->name;
  }
  if (finding.stack.empty() && i.executing && !i.in_hardware && !i.fatal_in_progress) {
    bool outer = std::exchange(i.fatal_in_progress, true);
    finding.stack = hooks_->capture_stack(nullptr);
    i.fatal_in_progress = outer;
  }
  bool fatal = finding.severity == Severity::Fatal;
  record(Event::Finding, findings_->size(), finding.bug_check ? finding.bug_check->code : 0);
  findings_->push_back(std::move(finding));
  if (!fatal) return;
  i.outcome = OutcomeKind::BugCheck;
  i.dead = i.stop = true;
  if (i.running != &i.main_thread) i.abandon_to_main();
}

void Machine::bug_check(std::uint32_t code, std::uint64_t p1, std::uint64_t p2, std::uint64_t p3, std::uint64_t p4,
                        std::string summary, const TrapFrame* trap) {
  record(Event::BugCheck, code);
  Finding finding;
  const char* name = nt::bugcheck_name(code);
  finding.rule = name ? name : fmt::format("BUG_CHECK_{:#X}", code);
  finding.summary = summary.empty() ? finding.rule : std::move(summary);
  finding.bug_check = BugCheck{code, {p1, p2, p3, p4}};
  if (trap) finding.stack = hooks_->capture_stack(trap);
  report(std::move(finding));
  HOST_CHECK(!"a bug check outside of a running machine");
  __builtin_unreachable();
}

void Machine::not_implemented(std::string_view name, std::string_view why) {
  Finding finding;
  finding.rule = "NOT_IMPLEMENTED";
  finding.summary = fmt::format("{} is not implemented{}{}", name, why.empty() ? "" : ": ", why);
  finding.severity = Severity::Recorded;
  report(std::move(finding));
  impl_->outcome = OutcomeKind::NotImplemented;
  impl_->dead = impl_->stop = true;
  HOST_CHECK(impl_->running != &impl_->main_thread);
  impl_->abandon_to_main();
}

}  // namespace drydock::machine
