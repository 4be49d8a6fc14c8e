// The computer without any Windows: threads, waits, time, interrupts, snapshots; driver code hand-assembled.

#include "machine/machine.h"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cstring>
#include <new>

#include "host/arena.h"
#include "machine/snapshot.h"
#include "nt/status.h"

namespace drydock::machine {
namespace {

std::unique_ptr<Machine> make(MachineConfig config = {}) {
  auto machine = Machine::create(config);
  EXPECT_TRUE(machine) << (machine ? "" : machine.failure().message);
  return std::move(machine).value();
}

MachineConfig with_processors(unsigned count) {
  MachineConfig config;
  config.processors = count;
  return config;
}

TEST(Machine, RunsABodyToItsEnd) {
  auto machine = make();
  int ran = 0;
  EXPECT_TRUE(machine->run([&] { ++ran; }).passed());
  EXPECT_TRUE(machine->run([&] { ++ran; }).passed());
  EXPECT_EQ(ran, 2);
}

TEST(Machine, TimeIsVirtual) {
  auto machine = make();
  Time woke{};
  EXPECT_TRUE(machine->run([&] {
    delay_until(Machine::current().now() + 4s, false, false);
    woke = Machine::current().now();
  }).passed());
  EXPECT_EQ(woke, 4s);
}

TEST(Machine, AnEventWakesAThread) {
  auto machine = make();
  std::vector<std::string> order;
  EXPECT_TRUE(machine->run([&] {
    nt::KEVENT event{};
    event.Header.Type = nt::EventSynchronizationObject;
    create_thread("waiter", [&] {
      nt::DISPATCHER_HEADER* objects[] = {&event.Header};
      EXPECT_EQ(wait_for(objects, nt::WaitAny, false, false, nullptr, "the test's event"), nt::STATUS_SUCCESS);
      order.push_back("woke");
    });
    delay_until(1ms, false, false);
    order.push_back("set");
    event.Header.SignalState = 1;
    object_signalled(&event.Header);
    delay_until(2ms, false, false);
    order.push_back("end");
  }).passed());
  EXPECT_EQ(order, (std::vector<std::string>{"set", "woke", "end"}));
}

TEST(Machine, SaysWhoWaitsForWhatWhenNothingCanHappen) {
  auto machine = make();
  Outcome outcome = machine->run([&] {
    nt::KEVENT event{};
    nt::DISPATCHER_HEADER* objects[] = {&event.Header};
    wait_for(objects, nt::WaitAny, false, false, nullptr, "an event nobody sets");
  });
  EXPECT_EQ(outcome.kind, OutcomeKind::BugCheck);
  ASSERT_EQ(machine->findings().size(), 1u);
  EXPECT_EQ(machine->findings()[0].rule, "NOTHING_CAN_HAPPEN_ANY_MORE");
  ASSERT_FALSE(machine->findings()[0].details.empty());
  EXPECT_NE(machine->findings()[0].details[0].find("an event nobody sets"), std::string::npos);
}

TEST(Machine, AWaitAtDispatchLevelIsNamed) {
  auto machine = make();
  Outcome outcome = machine->run([&] {
    raise_irql(nt::DISPATCH_LEVEL);
    delay_until(1s, false, false);
  });
  EXPECT_EQ(outcome.kind, OutcomeKind::BugCheck);
  EXPECT_EQ(machine->findings().at(0).rule, "ATTEMPTED_SWITCH_FROM_DPC");
}

TEST(Machine, ASpinLockHeldElsewhereLetsTheOthersRun) {
  auto machine = make(with_processors(2));
  bool released = false, entered = false;
  EXPECT_TRUE(machine->run([&] {
    nt::KSPIN_LOCK lock = 0;
    bool ended = false;
    nt::KIRQL old = raise_irql(nt::DISPATCH_LEVEL);
    acquire_spin_lock(&lock);
    create_thread("rival", [&] {
      nt::KIRQL before = raise_irql(nt::DISPATCH_LEVEL);
      acquire_spin_lock(&lock);
      entered = released;
      release_spin_lock(&lock);
      lower_irql(before);
      ended = true;
    });
    stall(1ms);
    released = true;
    release_spin_lock(&lock);
    lower_irql(old);
    while (!ended) delay_until(Machine::current().now() + 1ms, false, false);
  }).passed());
  EXPECT_TRUE(entered);
}

TEST(Machine, ASpinLockTakenTwiceIsNamed) {
  auto machine = make();
  machine->run([&] {
    nt::KSPIN_LOCK lock = 0;
    raise_irql(nt::DISPATCH_LEVEL);
    acquire_spin_lock(&lock);
    acquire_spin_lock(&lock);
  });
  EXPECT_EQ(machine->findings().at(0).rule, "SPIN_LOCK_ALREADY_OWNED");
}

TEST(Machine, DpcsWaitUntilIrqlFalls) {
  auto machine = make();
  std::vector<int> order;
  EXPECT_TRUE(machine->run([&] {
    nt::KIRQL old = raise_irql(nt::DISPATCH_LEVEL);
    queue_dpc(0, [&] { order.push_back(in_dpc() ? 2 : -1); });
    order.push_back(1);
    lower_irql(old);
    order.push_back(3);
  }).passed());
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(Machine, ACallOnAllProcessorsReachesEach) {
  auto machine = make(with_processors(4));
  std::vector<unsigned> seen;
  EXPECT_TRUE(machine->run([&] {
    call_on_all_processors([&](unsigned processor) { seen.push_back(processor); }, nt::DISPATCH_LEVEL);
  }).passed());
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, (std::vector<unsigned>{0, 1, 2, 3}));
}

struct Line {
  std::vector<int> log;
  unsigned line = 0;
};

nt::BOOLEAN NTAPI service_line(void*, void* context) {
  auto* line = static_cast<Line*>(context);
  line->log.push_back(current_irql());
  set_interrupt_line(line->line, false);
  return 1;
}

InterruptHandler handler_of(Line& line) {
  InterruptHandler handler;
  handler.vector = vector_of_line(line.line);
  handler.irql = handler.synchronize_irql = irql_of_vector(handler.vector);
  handler.service = service_line;
  handler.context = &line;
  return handler;
}

TEST(Machine, AnInterruptComesAtItsIrqlAndWaitsWhileMasked) {
  auto machine = make();
  Line line{{}, 16};
  EXPECT_TRUE(machine->run([&] {
    std::uint32_t id = connect_interrupt(handler_of(line));
    set_interrupt_line(16, true);
    point();
    EXPECT_EQ(line.log.size(), 1u);
    nt::KIRQL old = raise_irql(nt::HIGH_LEVEL);
    set_interrupt_line(16, true);
    point();
    EXPECT_EQ(line.log.size(), 1u);
    lower_irql(old);
    EXPECT_EQ(line.log.size(), 2u);
    disconnect_interrupt(id);
  }).passed());
  EXPECT_EQ(line.log.at(0), irql_of_vector(vector_of_line(16)));
}

// KeSynchronizeExecution against the service routine on another processor: never both at once.
struct Shared {
  nt::KSPIN_LOCK lock = 0;
  bool inside = false;
  int overlaps = 0, services = 0;
};
nt::BOOLEAN NTAPI service_shared(void*, void* context) {
  auto* shared = static_cast<Shared*>(context);
  shared->overlaps += shared->inside;
  shared->inside = true;
  stall(10us);
  shared->inside = false;
  ++shared->services;
  set_interrupt_line(17, false);
  return 1;
}
nt::BOOLEAN NTAPI synchronized(void* context) {
  auto* shared = static_cast<Shared*>(context);
  shared->overlaps += shared->inside;
  shared->inside = true;
  stall(10us);
  shared->inside = false;
  return 1;
}

TEST(Machine, SynchronizeExecutionExcludesTheServiceRoutineElsewhere) {
  auto config = with_processors(2);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    config.strategy = [seed] { return random(seed); };
    auto machine = make(config);
    Shared shared;
    EXPECT_TRUE(machine->run([&] {
      InterruptHandler handler;
      handler.vector = vector_of_line(17);
      handler.irql = handler.synchronize_irql = irql_of_vector(handler.vector);
      handler.service = service_shared;
      handler.context = &shared;
      handler.lock = &shared.lock;
      connect_interrupt(handler);
      for (int n = 0; n < 20; ++n) {
        Machine::current().after(Duration{n * 1700}, [] { set_interrupt_line(17, true); });
        synchronize_execution(handler, synchronized, &shared);
        spend(500ns);
      }
    }).passed());
    EXPECT_EQ(shared.overlaps, 0);
    EXPECT_GT(shared.services, 0);
  }
}

// ---- driver code ----

/// Puts instructions into executable guest memory.
template <class Function>
Function assemble(std::initializer_list<std::uint8_t> code) {
  auto* page = static_cast<std::byte*>(Machine::current().memory().allocate_pages(1));
  std::memcpy(page, code.begin(), code.size());
  Machine::current().memory().protect(page, 1, Access::ReadExecute);
  return reinterpret_cast<Function>(page);
}

using Add = std::uint64_t(NTAPI*)(std::uint64_t, std::uint64_t);

TEST(Machine, CallsDriverCodeOnItsOwnStack) {
  auto machine = make();
  EXPECT_TRUE(machine->run([&] {
    auto add = assemble<Add>({0x48, 0x8D, 0x04, 0x11, 0xC3});  // lea rax,[rcx+rdx]; ret
    EXPECT_EQ(call_driver(add, std::uint64_t{40}, std::uint64_t{2}), 42u);
    auto stack = assemble<std::uint64_t(NTAPI*)()>({0x48, 0x89, 0xE0, 0xC3});  // mov rax,rsp; ret
    EXPECT_TRUE(Machine::current().memory().is_ram(reinterpret_cast<void*>(call_driver(stack))));
  }).passed());
}

std::uint64_t NTAPI six(std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d, std::uint64_t e, std::uint64_t f) {
  char on_our_stack;
  EXPECT_FALSE(Machine::current().memory().is_ram(&on_our_stack));
  return a + 10 * b + 100 * c + 1000 * d + 10000 * e + 100000 * f;
}
constexpr ExportSlot kSix{reinterpret_cast<void*>(0), 0, 15, 2, 0, "test", "six"};

TEST(Machine, AnImportThunkCopiesStackArguments) {
  auto machine = make();
  EXPECT_TRUE(machine->run([&] {
    ExportSlot slot = kSix;
    slot.entry = reinterpret_cast<void*>(six);
    using Function = std::uint64_t(NTAPI*)(std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t,
                                           std::uint64_t, void*);
    // A driver function of 7 parameters that calls its seventh with the first six:
    // sub rsp,38h; mov rax,[rsp+60h]; mov [rsp+20h],rax; mov rax,[rsp+68h]; mov [rsp+28h],rax; call [rsp+70h]; add rsp,38h; ret
    auto forward = assemble<Function>({0x48, 0x83, 0xEC, 0x38, 0x48, 0x8B, 0x44, 0x24, 0x60, 0x48, 0x89, 0x44, 0x24, 0x20,
                                       0x48, 0x8B, 0x44, 0x24, 0x68, 0x48, 0x89, 0x44, 0x24, 0x28, 0xFF, 0x54, 0x24, 0x70,
                                       0x48, 0x83, 0xC4, 0x38, 0xC3});
    std::uint64_t sum = call_driver(forward, std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3}, std::uint64_t{4},
                                    std::uint64_t{5}, std::uint64_t{6}, guest_entry(&slot));
    EXPECT_EQ(sum, 654321u);
  }).passed());
}

// A register access by a driver function of any number of parameters: the record of the trap must find its place aligned.
TEST(Machine, TrapsBelowACallWithStackArguments) {
  auto machine = make();
  EXPECT_TRUE(machine->run([&] {
    using Function = std::uint64_t(NTAPI*)(std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t);
    auto irql_and_sixth = assemble<Function>({0x44, 0x0F, 0x20, 0xC0, 0x48, 0x03, 0x44, 0x24, 0x30, 0xC3});  // mov rax,cr8; add rax,[rsp+30h]
    for (std::uint64_t sixth : {7, 8}) EXPECT_EQ(call_driver(irql_and_sixth, 0u, 0u, 0u, 0u, 0u, sixth), sixth);
  }).passed());
}

/// The driver's call that goes on through continue_guest, with a more urgent thread waiting for its processor.
struct Continued {
  nt::KEVENT event{};
};
void NTAPI go_on_lower(Continued* shared) {
  BorderRecord* left_by = innermost_border();
  TrapFrame frame{};
  frame.rip = *reinterpret_cast<std::uint64_t*>(left_by->rsp);
  frame.rsp = left_by->rsp + 8;
  frame.rbx = left_by->rbx, frame.rbp = left_by->rbp, frame.rsi = left_by->rsi, frame.rdi = left_by->rdi;
  frame.r12 = left_by->r12, frame.r13 = left_by->r13, frame.r14 = left_by->r14, frame.r15 = left_by->r15;
  frame.rflags = 0x202;
  frame.fx[0] = 0x7F, frame.fx[1] = 0x03, frame.fx[24] = 0x80, frame.fx[25] = 0x1F;  // the control words as they start
  std::memcpy(frame.fx + 160 + 6 * 16, left_by->xmm6_to_15, sizeof left_by->xmm6_to_15);
  raise_irql(nt::DISPATCH_LEVEL);
  shared->event.Header.SignalState = 1;
  object_signalled(&shared->event.Header);
  continue_guest(frame, left_by);
}

TEST(Machine, AThreadThatMovesWhileItGoesOnLeavesTheIrqlOfItsOldProcessor) {
  auto machine = make(with_processors(2));
  Continued shared;
  shared.event.Header.Type = nt::EventSynchronizationObject;
  nt::KIRQL irql_there = 0;
  bool gone_on = false;
  EXPECT_TRUE(machine->run([&] {
    unsigned here = current_processor_number();
    Thread* urgent = create_thread("urgent", [&] {
      nt::DISPATCHER_HEADER* objects[] = {&shared.event.Header};
      wait_for(objects, nt::WaitAny, false, false, nullptr, "the driver's call");
      nt::KIRQL before = raise_irql(nt::DISPATCH_LEVEL);
      spin_until([&] { return gone_on; }, "for the driver to go on");
      irql_there = current_irql();
      if (irql_there == nt::DISPATCH_LEVEL) lower_irql(before);
    }, nullptr, 20);
    urgent->affinity = 1ull << here;
    delay_until(Machine::current().now() + 1ms, false, false);
    while (current_processor_number() != here) delay_until(Machine::current().now() + 1ms, false, false);
    ExportSlot slot = kSix;
    slot.stack_args = 0;
    slot.entry = reinterpret_cast<void*>(go_on_lower);
    // sub rsp,28h; call rdx; add rsp,28h; ret
    auto call_second = assemble<void(NTAPI*)(void*, void*)>({0x48, 0x83, 0xEC, 0x28, 0xFF, 0xD2, 0x48, 0x83, 0xC4, 0x28, 0xC3});
    call_driver(call_second, &shared, guest_entry(&slot));
    gone_on = true;
    EXPECT_NE(current_processor_number(), here);
    EXPECT_EQ(current_irql(), nt::PASSIVE_LEVEL);
    delay_until(Machine::current().now() + 5ms, false, false);
  }).passed());
  EXPECT_EQ(irql_there, nt::DISPATCH_LEVEL);
}

TEST(Machine, Cr8IsTheIrql) {
  auto machine = make();
  EXPECT_TRUE(machine->run([&] {
    // mov rax,cr8; mov cr8,rcx; ret
    auto exchange = assemble<std::uint64_t(NTAPI*)(std::uint64_t)>({0x44, 0x0F, 0x20, 0xC0, 0x44, 0x0F, 0x22, 0xC1, 0xC3});
    EXPECT_EQ(call_driver(exchange, std::uint64_t{2}), 0u);
    EXPECT_EQ(current_irql(), 2);
    EXPECT_EQ(call_driver(exchange, std::uint64_t{0}), 2u);
  }).passed());
}

struct EchoFabric final : IoFabric {
  std::uint64_t last = 0;
  std::uint64_t read_memory(PhysicalAddress address, unsigned size) override { return address << 8 | size; }
  void write_memory(PhysicalAddress, unsigned, std::uint64_t value) override { last = value; }
  std::uint32_t read_port(std::uint16_t port, unsigned) override { return port + 1u; }
  void write_port(std::uint16_t, unsigned, std::uint32_t value) override { last = value; }
  std::uint32_t read_config(unsigned, unsigned, unsigned, unsigned, unsigned) override { return ~0u; }
  void write_config(unsigned, unsigned, unsigned, unsigned, unsigned, std::uint32_t) override {}
};

TEST(Machine, RegisterAccessReachesTheFabric) {
  auto machine = make();
  EchoFabric fabric;
  machine->enter([&] { Machine::current().set_fabric(&fabric); });
  EXPECT_TRUE(machine->run([&] {
    void* registers = Machine::current().memory().device_va(0xC000'0010);
    auto read = assemble<std::uint64_t(NTAPI*)(void*)>({0x8B, 0x01, 0xC3});                // mov eax,[rcx]; ret
    auto write = assemble<std::uint64_t(NTAPI*)(void*, std::uint64_t)>({0x89, 0x11, 0xC3});  // mov [rcx],edx; ret
    auto in = assemble<std::uint64_t(NTAPI*)(std::uint64_t)>({0x89, 0xCA, 0x31, 0xC0, 0xEC, 0xC3});  // mov edx,ecx; in al,dx
    EXPECT_EQ(call_driver(read, registers), (0xC000'0010ull << 8 | 4) & 0xFFFF'FFFF);
    call_driver(write, registers, std::uint64_t{77});
    EXPECT_EQ(fabric.last, 77u);
    EXPECT_EQ(call_driver(in, std::uint64_t{0x3F0}), 0xF1u);
  }).passed());
  EXPECT_EQ(machine->register_traps(), 3u);
}

TEST(Machine, ARunRestoredFromASnapshotGoesOnAsTheOriginalDid) {
  MachineConfig config = with_processors(2);
  config.strategy = [] { return random(7); };
  auto machine = make(config);
  struct Result {
    int counter = 0;
  };
  auto body = [] {
    auto* shared = static_cast<std::uint64_t*>(Machine::current().memory().allocate_pages(1));
    *shared = 1;
    auto bump = assemble<std::uint64_t(NTAPI*)(std::uint64_t*)>({0x48, 0xFF, 0x01, 0x48, 0x8B, 0x01, 0xC3});  // inc [rcx]
    bool stop = false;
    create_thread("other", [&] {
      while (!stop) {
        call_driver(bump, shared);
        delay_until(Machine::current().now() + 3ms, false, false);
      }
    });
    for (int n = 0; n < 50; ++n) {
      if (n == 20) Machine::pause();
      call_driver(bump, shared);
      Machine::current().record(Event::ScenarioStep, *shared);
      delay_until(Machine::current().now() + 2ms, false, false);
    }
    stop = true;
    delay_until(Machine::current().now() + 10ms, false, false);
  };
  EXPECT_TRUE(machine->run_until_pause(body).passed());
  auto snapshot = machine->snapshot();
  std::string before = machine->trace().digest();
  EXPECT_TRUE(machine->run_on().passed());
  std::string end = machine->trace().digest();
  EXPECT_NE(before, end);
  for (int again = 0; again < 3; ++again) {
    machine->restore(*snapshot);
    EXPECT_EQ(machine->trace().digest(), before);
    EXPECT_TRUE(machine->run_on().passed());
    EXPECT_EQ(machine->trace().digest(), end);
  }
}

TEST(Machine, TheSameSeedGivesTheSameDigest) {
  auto digest_of = [](std::uint64_t seed) {
    MachineConfig config = with_processors(4);
    config.strategy = [seed] { return random(seed); };
    auto machine = make(config);
    machine->run([] {
      for (int n = 0; n < 6; ++n)
        create_thread("worker", [n] {
          for (int step = 0; step < 10; ++step) {
            Machine::current().record(Event::ScenarioStep, static_cast<unsigned>(n), static_cast<unsigned>(step));
            spend(Duration{100 * n});
            yield_thread();
          }
        });
      delay_until(1s, false, false);
    });
    EXPECT_GT(machine->decisions().count(), 10u);
    return machine->trace().digest();
  };
  EXPECT_EQ(digest_of(1), digest_of(1));
  EXPECT_EQ(digest_of(2), digest_of(2));
  EXPECT_NE(digest_of(1), digest_of(2));
}

TEST(Machine, TwoMachinesDoNotKnowOfEachOther) {
  auto one = make();
  auto two = make();
  EXPECT_TRUE(one->run([] { delay_until(1s, false, false); }).passed());
  EXPECT_EQ(two->now(), 0s);
  EXPECT_TRUE(two->run([] { delay_until(2s, false, false); }).passed());
  EXPECT_EQ(one->now(), 1s);
}

/// What GoogleTest remembers of an assertion in a body must not go with the machine.
TEST(Machine, HoldsWhateverFormOfNewItsCodeUses) {
  auto machine = make();
  machine->enter([] {
    constexpr auto kPage = std::align_val_t{4096};
    const auto here = [](void* block) { return block && host::in_machine_slot(block); };
    void* plain = operator new(24, std::nothrow);
    void* many = operator new[](24, std::nothrow);
    void* aligned = operator new(24, kPage, std::nothrow);
    void* many_aligned = operator new[](24, kPage, std::nothrow);
    EXPECT_TRUE(here(plain) && here(many) && here(aligned) && here(many_aligned));
    operator delete(plain);
    operator delete[](many, std::nothrow);
    operator delete(aligned, kPage, std::nothrow);
    operator delete[](many_aligned, kPage);
  });
  void* outside = operator new(24, std::nothrow);
  EXPECT_FALSE(host::in_machine_slot(outside));
  operator delete(outside, std::nothrow);
}

TEST(Machine, AnAssertionThatFailsInABodyOutlivesTheMachine) {
  testing::TestPartResultArray results;
  {
    auto machine = make();
    testing::ScopedFakeTestPartResultReporter instead(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
    EXPECT_TRUE(machine
                    ->run([] {
                      SCOPED_TRACE("a scope that is told with every failure in it");
                      EXPECT_EQ(1, 2) << "a message that no short string holds";
                    })
                    .passed());
  }
  ASSERT_EQ(results.size(), 1);
  const char* message = results.GetTestPartResult(0).message();
  ASSERT_FALSE(host::in_machine_slot(message));
  ASSERT_FALSE(host::in_machine_slot(&results.GetTestPartResult(0)));
  EXPECT_NE(std::string_view(message).find("a message that no short string holds"), std::string_view::npos);
  EXPECT_NE(std::string_view(message).find("a scope that is told"), std::string_view::npos);
  // The list of scopes has grown in the machine's time: it is used again here.
  SCOPED_TRACE("another scope");
}

TEST(Decisions, TextRoundTrips) {
  for (const std::vector<std::uint32_t>& answers :
       {std::vector<std::uint32_t>{}, {1}, {0, 0, 0, 5}, {1, 2, 3, 0, 0, 40, 0, 7}}) {
    bool well_formed = false;
    EXPECT_EQ(answers_of(to_text(answers), well_formed), answers);
    EXPECT_TRUE(well_formed);
  }
  for (const char* bad : {"", "x!", "1..2", "-", "99999999"}) {
    bool well_formed = true;
    answers_of(bad, well_formed);
    EXPECT_EQ(well_formed, std::string_view(bad) == "-");
  }
}

TEST(Decisions, AnAnswerBySiteIsItsSitesOwn) {
  Decisions decisions(by_site({{"b", 1, 2}, {"a", 2, 1}, {"never", 0, 1}, {"b", 3, 9}}));
  EXPECT_EQ(decisions.choose("a", 2), 0u);
  EXPECT_EQ(decisions.choose("b", 3), 0u);
  EXPECT_EQ(decisions.choose("b", 3), 2u);
  EXPECT_EQ(decisions.choose("a", 2), 0u);
  EXPECT_EQ(decisions.choose("b", 1), 0u);  // no question
  EXPECT_EQ(decisions.choose("a", 2), 1u);
  EXPECT_EQ(decisions.last_asked().nth, 2u);
  EXPECT_EQ(decisions.choose("b", 3), 0u);
  EXPECT_EQ(decisions.choose("b", 3), 0u);  // 9 is no answer to it
  EXPECT_EQ(decisions.choose("a", 2), 0u);
  // The same answers in another order are the same strategy.
  Decisions other(by_site({{"a", 2, 1}, {"b", 1, 2}}));
  EXPECT_EQ(other.choose("b", 3), 0u);
  EXPECT_EQ(other.choose("b", 3), 2u);
}

TEST(Decisions, ARecordHoldsAllOfOne) {
  const DecisionRecord decision{.site = 700, .nth = 1ull << 40, .answer = 255, .of = 256, .place = 0xFFFFF80000001234};
  const DecisionRecord read = decision_of(decision_record(decision));
  EXPECT_EQ(read.site, decision.site);
  EXPECT_EQ(read.nth, decision.nth);
  EXPECT_EQ(read.answer, decision.answer);
  EXPECT_EQ(read.of, decision.of);
  EXPECT_EQ(read.place, decision.place);
}

}  // namespace
}  // namespace drydock::machine
