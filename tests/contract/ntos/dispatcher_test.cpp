// What threads wait for and how they wake: events, semaphores, mutexes, timers, resources, work items.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "contract/ntos/kernel_rig.h"
#include "machine/processor.h"
#include "machine/thread.h"
#include "nt/bugcheck.h"
#include "ntos/ex/resource.h"
#include "ntos/ex/rundown.h"
#include "ntos/ex/work_queue.h"
#include "ntos/ke/apc.h"
#include "ntos/ke/clock.h"
#include "ntos/ke/delay.h"
#include "ntos/ke/dpc.h"
#include "ntos/ke/event.h"
#include "ntos/ke/irql.h"
#include "ntos/ke/mutex.h"
#include "ntos/ke/spin_lock.h"
#include "ntos/ke/timer.h"
#include "ntos/ke/wait.h"
#include "ntos/ob/object.h"
#include "ntos/ps/thread.h"
#include "ntos/ps/thread_object.h"

namespace drydock::tests {
namespace {

using machine::OutcomeKind;
using namespace nt;
using namespace ntos;
using namespace std::chrono_literals;

LARGE_INTEGER from_now(machine::Duration delay) {
  return {.QuadPart = -(delay / machine::k100ns)};
}
machine::Time now() {
  return machine::Machine::current().now();
}

NTSTATUS wait(PVOID object, LARGE_INTEGER* timeout = nullptr) {
  return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, timeout);
}

void start(const char* name, std::function<void()> body) {
  ASSERT_NE(ps::create_system_thread(name, std::move(body)), nullptr);
}

TEST(Dispatcher, ANotificationEventLetsEveryoneGoOnASynchronizationEventOne) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    KEVENT all, one;
    KeInitializeEvent(&all, NotificationEvent, FALSE);
    KeInitializeEvent(&one, SynchronizationEvent, FALSE);
    int woken_all = 0, woken_one = 0;
    for (int i = 0; i < 3; ++i) {
      start("all", [&] { wait(&all), ++woken_all; });
      start("one", [&] { wait(&one), ++woken_one; });
    }
    LARGE_INTEGER soon = from_now(1ms);
    KeDelayExecutionThread(KernelMode, FALSE, &soon);
    EXPECT_EQ(KeSetEvent(&all, 0, FALSE), 0);
    EXPECT_EQ(KeSetEvent(&one, 0, FALSE), 0);
    KeDelayExecutionThread(KernelMode, FALSE, &soon);
    EXPECT_EQ(woken_all, 3);
    EXPECT_EQ(woken_one, 1);
    EXPECT_EQ(KeReadStateEvent(&all), 1);
    EXPECT_EQ(KeReadStateEvent(&one), 0);
    EXPECT_EQ(KeResetEvent(&all), 1);
    KeSetEvent(&one, 0, FALSE);
    KeSetEvent(&one, 0, FALSE);
    KeDelayExecutionThread(KernelMode, FALSE, &soon);
    EXPECT_EQ(woken_one, 3);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Dispatcher, ATimeoutTakesItsTimeAndZeroDoesNotWait) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    KEVENT never;
    KeInitializeEvent(&never, NotificationEvent, FALSE);
    machine::Time before = now();
    LARGE_INTEGER timeout = from_now(250ms);
    EXPECT_EQ(wait(&never, &timeout), STATUS_TIMEOUT);
    EXPECT_GE(now() - before, 250ms);
    EXPECT_LT(now() - before, 251ms);
    LARGE_INTEGER zero{.QuadPart = 0};
    before = now();
    EXPECT_EQ(wait(&never, &zero), STATUS_TIMEOUT);
    EXPECT_LT(now() - before, 1ms);
    // Absolute times are UTC since 1601.
    LARGE_INTEGER absolute;
    KeQuerySystemTime(&absolute);
    absolute.QuadPart += 5 * kTicks100nsPerMillisecond;
    before = now();
    EXPECT_EQ(wait(&never, &absolute), STATUS_TIMEOUT);
    EXPECT_GE(now() - before, 4ms);
    EXPECT_LT(now() - before, 6ms);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Dispatcher, WaitingForSeveralObjects) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    KEVENT first, second;
    KSEMAPHORE third;
    KeInitializeEvent(&first, SynchronizationEvent, FALSE);
    KeInitializeEvent(&second, SynchronizationEvent, TRUE);
    KeInitializeSemaphore(&third, 1, 3);
    PVOID objects[] = {&first, &second, &third};
    KWAIT_BLOCK blocks[3];
    LARGE_INTEGER zero{.QuadPart = 0};
    EXPECT_EQ(KeWaitForMultipleObjects(3, objects, WaitAny, Executive, KernelMode, FALSE, &zero, nullptr),
              STATUS_WAIT_1);
    EXPECT_EQ(KeWaitForMultipleObjects(3, objects, WaitAny, Executive, KernelMode, FALSE, &zero, blocks),
              STATUS_WAIT_2);
    EXPECT_EQ(KeWaitForMultipleObjects(3, objects, WaitAny, Executive, KernelMode, FALSE, &zero, nullptr),
              STATUS_TIMEOUT);
    // All or none: what is there stays until the rest is.
    KeSetEvent(&first, 0, FALSE);
    KeReleaseSemaphore(&third, 0, 2, FALSE);
    EXPECT_EQ(KeWaitForMultipleObjects(3, objects, WaitAll, Executive, KernelMode, FALSE, &zero, nullptr),
              STATUS_TIMEOUT);
    EXPECT_EQ(KeReadStateEvent(&first), 1);
    EXPECT_EQ(KeReadStateSemaphore(&third), 2);
    start("setter", [&] { KeSetEvent(&second, 0, FALSE); });
    EXPECT_EQ(KeWaitForMultipleObjects(3, objects, WaitAll, Executive, KernelMode, FALSE, nullptr, nullptr),
              STATUS_SUCCESS);
    EXPECT_EQ(KeReadStateEvent(&first), 0);
    EXPECT_EQ(KeReadStateSemaphore(&third), 1);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Dispatcher, TooManyObjectsStop) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    PVOID objects[] = {&event, &event, &event, &event};
    KeWaitForMultipleObjects(4, objects, WaitAny, Executive, KernelMode, FALSE, nullptr, nullptr);
  }),
            OutcomeKind::BugCheck);
  EXPECT_EQ(rig.stop_code(), MAXIMUM_WAIT_OBJECTS_EXCEEDED);
}

TEST(Dispatcher, AMutexIsItsOwnersAndCounts) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    KMUTANT mutex;
    KeInitializeMutex(&mutex, 0);
    wait(&mutex);
    wait(&mutex);
    EXPECT_EQ(KeReadStateMutex(&mutex), -1);
    EXPECT_TRUE(KeAreApcsDisabled());
    std::string order;
    start("rival", [&] {
      wait(&mutex);
      order += "rival ";
      KeReleaseMutex(&mutex, FALSE);
    });
    LARGE_INTEGER soon = from_now(1ms);
    KeDelayExecutionThread(KernelMode, FALSE, &soon);
    order += "owner ";
    EXPECT_EQ(KeReleaseMutex(&mutex, FALSE), -1);
    KeDelayExecutionThread(KernelMode, FALSE, &soon);
    EXPECT_EQ(order, "owner ");
    EXPECT_EQ(KeReleaseMutex(&mutex, FALSE), 0);
    EXPECT_FALSE(KeAreApcsDisabled());
    KeDelayExecutionThread(KernelMode, FALSE, &soon);
    EXPECT_EQ(order, "owner rival ");
    EXPECT_EQ(KeReadStateMutex(&mutex), 1);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

VOID NTAPI take_note(KAPC*, PKNORMAL_ROUTINE*, PVOID* context, PVOID*, PVOID*) {
  ++*static_cast<int*>(*context);
}
VOID NTAPI do_nothing(PVOID, PVOID, PVOID) {}

TEST(Dispatcher, AnApcDoesNotCutADelayShort) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    int taken = 0, ended = 0;
    const auto sleeper = [&](const std::function<void()>& sleep) {
      start("sleeper", [&, sleep] {
        KAPC apc;
        KeInitializeApc(&apc, KeGetCurrentThread(), OriginalApcEnvironment, take_note, nullptr, do_nothing, KernelMode,
                        &taken);
        const machine::Time begun = now();
        start("waker", [&apc] {
          ke::delay(200ms);
          EXPECT_TRUE(KeInsertQueueApc(&apc, nullptr, nullptr, 0));
        });
        sleep();
        EXPECT_GE(now() - begun, 1s);
        ++ended;
      });
    };
    sleeper([] { ke::delay(1s); });
    sleeper([] {
      LARGE_INTEGER second = from_now(1s);
      EXPECT_EQ(KeDelayExecutionThread(KernelMode, FALSE, &second), STATUS_SUCCESS);
    });
    ke::delay(2s);
    EXPECT_EQ(taken, 2);
    EXPECT_EQ(ended, 2);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Dispatcher, WaitingAtDispatchLevelStops) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    KfRaiseIrql(DISPATCH_LEVEL);
    wait(&event);
  }),
            OutcomeKind::BugCheck);
  EXPECT_EQ(rig.stop_code(), ATTEMPTED_SWITCH_FROM_DPC);
}

TEST(Dispatcher, AWaitThatNothingCanEndIsAFindingThatNamesIt) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    KEVENT event;
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    wait(&event);
  }),
            OutcomeKind::BugCheck);
  EXPECT_NE(rig.what_happened().find("for a synchronization event"), std::string::npos) << rig.what_happened();
}

VOID NTAPI count_dpc(KDPC*, PVOID context, PVOID, PVOID) {
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  ++*static_cast<int*>(context);
}

TEST(Dispatcher, ATimerSignalsAndQueuesItsDpc) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    int runs = 0;
    KDPC dpc;
    KTIMER timer;
    KeInitializeDpc(&dpc, count_dpc, &runs);
    KeInitializeTimer(&timer);
    EXPECT_FALSE(KeSetTimer(&timer, from_now(10ms), &dpc));
    EXPECT_TRUE(KeSetTimer(&timer, from_now(20ms), &dpc));
    machine::Time before = now();
    EXPECT_EQ(wait(&timer), STATUS_SUCCESS);
    EXPECT_GE(now() - before, 19ms);
    KeFlushQueuedDpcs();
    EXPECT_EQ(runs, 1);
    EXPECT_TRUE(KeReadStateTimer(&timer));
    EXPECT_FALSE(KeCancelTimer(&timer));

    KeSetTimer(&timer, from_now(10ms), &dpc);
    EXPECT_FALSE(KeReadStateTimer(&timer));
    EXPECT_TRUE(KeCancelTimer(&timer));
    LARGE_INTEGER later = from_now(50ms);
    KeDelayExecutionThread(KernelMode, FALSE, &later);
    EXPECT_EQ(runs, 1);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Dispatcher, APeriodicTimerGoesOnUntilCancelled) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    int runs = 0;
    KDPC dpc;
    KTIMER timer;
    KeInitializeDpc(&dpc, count_dpc, &runs);
    KeInitializeTimerEx(&timer, SynchronizationTimer);
    KeSetTimerEx(&timer, from_now(10ms), 10, &dpc);
    for (int i = 0; i < 3; ++i) wait(&timer);
    LARGE_INTEGER later = from_now(65ms);
    KeDelayExecutionThread(KernelMode, FALSE, &later);
    EXPECT_TRUE(KeCancelTimer(&timer));
    EXPECT_EQ(runs, 9);
    KeDelayExecutionThread(KernelMode, FALSE, &later);
    EXPECT_EQ(runs, 9);
    EXPECT_EQ(ke::timer_in(&timer, sizeof timer).object, nullptr);
    KeSetTimer(&timer, from_now(10ms), &dpc);
    EXPECT_EQ(ke::timer_in(&timer, sizeof timer).object, &timer);
    KeCancelTimer(&timer);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Dispatcher, AThreadObjectIsSignalledWhenItEnds) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    bool ran = false;
    machine::Thread* thread = ps::create_system_thread("short", [&] {
      LARGE_INTEGER while_ago = from_now(5ms);
      KeDelayExecutionThread(KernelMode, FALSE, &while_ago);
      ran = true;
    });
    KTHREAD* object = thread->object;
    ob::reference(object);
    EXPECT_NE(object, PsGetCurrentThread());
    EXPECT_EQ(wait(object), STATUS_SUCCESS);
    EXPECT_TRUE(ran);
    EXPECT_EQ(ps::machine_thread(object), nullptr);
    ob::dereference(object);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Dispatcher, AFastMutexHoldsOthersAndRaisesToApcLevel) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    FAST_MUTEX mutex;
    ExInitializeFastMutex(&mutex);
    int inside = 0, most = 0, rounds = 0;
    auto contend = [&] {
      for (int i = 0; i < 5; ++i) {
        ExAcquireFastMutex(&mutex);
        EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
        most = std::max(most, ++inside);
        LARGE_INTEGER while_ago = from_now(1ms);
        KeDelayExecutionThread(KernelMode, FALSE, &while_ago);
        --inside;
        ExReleaseFastMutex(&mutex);
        EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
        ++rounds;
      }
    };
    for (int i = 0; i < 3; ++i) start("contender", contend);
    LARGE_INTEGER later = from_now(100ms);
    KeDelayExecutionThread(KernelMode, FALSE, &later);
    EXPECT_EQ(rounds, 15);
    EXPECT_EQ(most, 1);
    EXPECT_TRUE(ExTryToAcquireFastMutex(&mutex));
    ExReleaseFastMutex(&mutex);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Dispatcher, AResourceHasManyReadersOrOneWriter) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    ERESOURCE resource;
    ExInitializeResourceLite(&resource);
    EXPECT_TRUE(ExAcquireResourceSharedLite(&resource, TRUE));
    EXPECT_TRUE(ExAcquireResourceSharedLite(&resource, TRUE));
    std::string order;
    start("reader", [&] {
      EXPECT_TRUE(ExAcquireResourceSharedLite(&resource, FALSE));
      order += "read ";
      ExReleaseResourceLite(&resource);
    });
    LARGE_INTEGER soon = from_now(1ms);
    KeDelayExecutionThread(KernelMode, FALSE, &soon);
    start("writer", [&] {
      EXPECT_FALSE(ExAcquireResourceExclusiveLite(&resource, FALSE));
      ExAcquireResourceExclusiveLite(&resource, TRUE);
      EXPECT_TRUE(ExIsResourceAcquiredExclusiveLite(&resource));
      order += "write ";
      ExReleaseResourceLite(&resource);
    });
    KeDelayExecutionThread(KernelMode, FALSE, &soon);
    EXPECT_EQ(ExGetExclusiveWaiterCount(&resource), 1u);
    start("late reader", [&] {
      ExAcquireResourceSharedLite(&resource, TRUE);
      order += "late ";
      ExReleaseResourceLite(&resource);
    });
    KeDelayExecutionThread(KernelMode, FALSE, &soon);
    EXPECT_EQ(order, "read ");
    ExReleaseResourceLite(&resource);
    ExReleaseResourceLite(&resource);
    KeDelayExecutionThread(KernelMode, FALSE, &soon);
    EXPECT_EQ(order, "read write late ");
    EXPECT_EQ(resource.ActiveEntries, 0u);
    ExDeleteResourceLite(&resource);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Dispatcher, ReleasingAResourceThatIsNotOwnedStops) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    ERESOURCE resource;
    ExInitializeResourceLite(&resource);
    ExReleaseResourceLite(&resource);
  }),
            OutcomeKind::BugCheck);
  EXPECT_EQ(rig.stop_code(), RESOURCE_NOT_OWNED);
}

TEST(Dispatcher, RundownWaitsForTheHolders) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    EX_RUNDOWN_REF reference;
    ExInitializeRundownProtection(&reference);
    EXPECT_TRUE(ExAcquireRundownProtection(&reference));
    bool released = false;
    start("holder", [&] {
      LARGE_INTEGER while_ago = from_now(3ms);
      KeDelayExecutionThread(KernelMode, FALSE, &while_ago);
      released = true;
      ExReleaseRundownProtection(&reference);
    });
    ExWaitForRundownProtectionRelease(&reference);
    EXPECT_TRUE(released);
    EXPECT_FALSE(ExAcquireRundownProtection(&reference));
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

VOID NTAPI count_work(PVOID parameter) {
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  ++*static_cast<int*>(parameter);
}

TEST(Dispatcher, WorkItemsRunAtPassiveLevelAndMayBeQueuedAgain) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    int runs = 0;
    WORK_QUEUE_ITEM item;
    ExInitializeWorkItem(&item, count_work, &runs);
    LARGE_INTEGER soon = from_now(1ms);
    for (int i = 1; i <= 3; ++i) {
      KIRQL irql = KeRaiseIrqlToDpcLevel();
      ExQueueWorkItem(&item, i == 2 ? CriticalWorkQueue : DelayedWorkQueue);
      KeLowerIrql(irql);
      KeDelayExecutionThread(KernelMode, FALSE, &soon);
      EXPECT_EQ(runs, i);
    }
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Dispatcher, AWorkItemQueuedTwiceIsWorkerInvalid) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    int runs = 0;
    WORK_QUEUE_ITEM item;
    ExInitializeWorkItem(&item, count_work, &runs);
    KeRaiseIrqlToDpcLevel();
    ExQueueWorkItem(&item, DelayedWorkQueue);
    ExQueueWorkItem(&item, DelayedWorkQueue);
  }),
            OutcomeKind::BugCheck);
  EXPECT_EQ(rig.stop_code(), WORKER_INVALID);
}

VOID NTAPI return_high(PVOID) {
  KeRaiseIrqlToDpcLevel();
}

TEST(Dispatcher, AWorkerThatReturnsAtARaisedIrqlStops) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    WORK_QUEUE_ITEM item;
    ExInitializeWorkItem(&item, return_high, nullptr);
    ExQueueWorkItem(&item, DelayedWorkQueue);
    LARGE_INTEGER soon = from_now(1ms);
    KeDelayExecutionThread(KernelMode, FALSE, &soon);
  }),
            OutcomeKind::BugCheck);
  EXPECT_EQ(rig.stop_code(), WORKER_THREAD_RETURNED_AT_BAD_IRQL);
}

TEST(Dispatcher, LoweringToAHigherIrqlAndRaisingToALowerStop) {
  KernelRig low, high;
  EXPECT_EQ(low.run([] { KeLowerIrql(DISPATCH_LEVEL); }), OutcomeKind::BugCheck);
  EXPECT_EQ(high.run([] {
    KfRaiseIrql(DISPATCH_LEVEL);
    KfRaiseIrql(APC_LEVEL);
  }),
            OutcomeKind::BugCheck);
}

TEST(Dispatcher, ASpinLockTakenTwiceStops) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    KSPIN_LOCK lock = 0;
    KeAcquireSpinLockRaiseToDpc(&lock);
    KeAcquireSpinLockAtDpcLevel(&lock);
  }),
            OutcomeKind::BugCheck);
  EXPECT_EQ(rig.stop_code(), SPIN_LOCK_ALREADY_OWNED);
}

TEST(Dispatcher, EndingAThreadInsideACriticalRegionStops) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    start("careless", [] { KeEnterCriticalRegion(); });
    LARGE_INTEGER soon = from_now(1ms);
    KeDelayExecutionThread(KernelMode, FALSE, &soon);
  }),
            OutcomeKind::BugCheck);
  EXPECT_EQ(rig.stop_code(), KERNEL_APC_PENDING_DURING_EXIT);
}

}  // namespace
}  // namespace drydock::tests
