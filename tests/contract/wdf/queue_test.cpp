// Queues of every kind, on wdf_io.sys.

#include "contract/wdf/wdf_io_rig.h"
#include "wdf/structures.h"

namespace drydock::tests {
namespace {

using namespace wdf;

TEST_F(WdfIo, DeliversFromAParallelQueueAndCompletes) {
  with_device([](io::user::File& file) {
    std::byte got[16]{};
    const auto read = file.read(got, kWdfIoComplete);
    EXPECT_EQ(read.status, STATUS_SUCCESS);
    EXPECT_EQ(read.information, 16u);
    EXPECT_EQ(got[15], std::byte{0x5A});
    std::byte filled[8]{};
    EXPECT_EQ(file.ioctl(IOCTL_WDF_IO_DIRECT_OUT, bytes_of("xyzw"), filled).information, 8u);
    EXPECT_EQ(std::memcmp(filled, "xyzwxyzw", 8), 0);
  });
}

TEST_F(WdfIo, CompletesWhatNoCallbackTakesWithInvalidDeviceRequest) {
  with_device([](io::user::File& file) {
    EXPECT_EQ(file.write(bytes_of("nobody")).status, STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(file.flush().status, STATUS_INVALID_DEVICE_REQUEST);
  });
}

TEST_F(WdfIo, CompletesARequestOfNoBytesItself) {
  with_device([](io::user::File& file) {
    EXPECT_EQ(file.read({}, kWdfIoKeep).status, STATUS_SUCCESS);
    EXPECT_EQ(report(file).Kept, 0u);
  });
}

TEST_F(WdfIo, ASequentialQueueHandsOutOneAtATime) {
  with_device([](io::user::File& file) {
    auto first = file.start_read(4, kWdfIoSequential);
    auto second = file.start_read(4, kWdfIoSequential);
    auto third = file.start_read(4, kWdfIoSequential);
    auto now = report(file, kWdfQueueSequential);
    EXPECT_EQ(now.Delivered, 1u);
    EXPECT_EQ(now.Waiting, 2u);
    EXPECT_EQ(finish(file), STATUS_SUCCESS);
    EXPECT_TRUE(first->done());
    now = report(file, kWdfQueueSequential);
    EXPECT_EQ(now.Delivered, 1u);
    EXPECT_EQ(now.Waiting, 1u);
    finish(file);
    finish(file);
    EXPECT_EQ(second->wait().status, STATUS_SUCCESS);
    EXPECT_EQ(third->wait().status, STATUS_SUCCESS);
  });
}

TEST_F(WdfIo, AParallelQueueHandsOutNoMoreThanItMay) {
  with_device([](io::user::File& file) {
    auto first = file.start_read(4, kWdfIoParallel);
    auto second = file.start_read(4, kWdfIoParallel);
    auto third = file.start_read(4, kWdfIoParallel);
    EXPECT_EQ(report(file, kWdfQueueParallel).Delivered, 2u);
    EXPECT_EQ(report(file, kWdfQueueParallel).Waiting, 1u);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(finish(file), STATUS_SUCCESS);
    for (auto* each : {&first, &second, &third}) EXPECT_EQ((*each)->wait().status, STATUS_SUCCESS);
  });
}

TEST_F(WdfIo, AManualQueueIsRetrievedFromInOrder) {
  with_device([](io::user::File& file) {
    EXPECT_EQ(take(file, kWdfQueueManual), STATUS_NO_MORE_ENTRIES);
    auto first = file.start_read(4, kWdfIoManual);
    auto second = file.start_read(4, kWdfIoManual);
    EXPECT_EQ(report(file, kWdfQueueManual).Waiting, 2u);
    EXPECT_EQ(take(file, kWdfQueueManual, kWdfIoTakeRequeue), STATUS_SUCCESS);  // to the head
    EXPECT_EQ(take(file, kWdfQueueManual), STATUS_SUCCESS);
    EXPECT_TRUE(first->done());
    EXPECT_FALSE(second->done());
    EXPECT_EQ(take(file, kWdfQueueManual, kWdfIoTakeFound), STATUS_SUCCESS);
    EXPECT_TRUE(second->done());
    auto third = file.start_read(4, kWdfIoManual);
    EXPECT_EQ(take(file, kWdfQueueManual, kWdfIoTakeByFile), STATUS_SUCCESS);
    EXPECT_TRUE(third->done());
    EXPECT_EQ(take(file, kWdfQueueParallel), STATUS_INVALID_DEVICE_STATE);
  });
}

TEST_F(WdfIo, TellsWhenAManualQueueIsNoLongerEmpty) {
  with_device([](io::user::File& file) {
    EXPECT_EQ(control(file, kWdfQueueManual, kWdfIoReadyNotify), STATUS_SUCCESS);
    EXPECT_EQ(control(file, kWdfQueueManual, kWdfIoReadyNotify), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(control(file, kWdfQueueSequential, kWdfIoReadyNotify), STATUS_INVALID_DEVICE_REQUEST);
    auto first = file.start_read(4, kWdfIoManual);
    auto second = file.start_read(4, kWdfIoManual);
    EXPECT_EQ(report(file, kWdfQueueManual).Ready, 1u);  // not once more for the second
    take(file, kWdfQueueManual);
    take(file, kWdfQueueManual);
    auto third = file.start_read(4, kWdfIoManual);
    EXPECT_EQ(report(file, kWdfQueueManual).Ready, 2u);
    take(file, kWdfQueueManual);
  });
}

// ---- Stop, start, drain, purge ----

TEST_F(WdfIo, AStoppedQueueAcceptsAndDoesNotDeliver) {
  with_device([](io::user::File& file) {
    control(file, kWdfQueueSequential, kWdfIoStop);
    EXPECT_EQ(report(file).Stopped, 1u);
    auto read = file.start_read(4, kWdfIoSequential);
    auto now = report(file, kWdfQueueSequential);
    EXPECT_EQ(now.Delivered, 0u);
    EXPECT_EQ(now.Waiting, 1u);
    EXPECT_EQ(now.State & (WdfIoQueueAcceptRequests | WdfIoQueueDispatchRequests), 0u + WdfIoQueueAcceptRequests);
    control(file, kWdfQueueSequential, kWdfIoStart);
    EXPECT_EQ(report(file, kWdfQueueSequential).Delivered, 1u);
    finish(file);
    EXPECT_EQ(read->wait().status, STATUS_SUCCESS);
  });
}

TEST_F(WdfIo, StopIsCompleteWhenTheDriverHasGivenBackWhatItHad) {
  with_device([](io::user::File& file) {
    auto first = file.start_read(4, kWdfIoSequential);
    auto second = file.start_read(4, kWdfIoSequential);
    control(file, kWdfQueueSequential, kWdfIoStop);
    EXPECT_EQ(report(file).Stopped, 0u);
    finish(file);
    auto now = report(file, kWdfQueueSequential);
    EXPECT_EQ(now.Stopped, 1u);
    EXPECT_EQ(now.Waiting, 1u);
    control(file, kWdfQueueSequential, kWdfIoStart);
    finish(file);
    EXPECT_EQ(second->wait().status, STATUS_SUCCESS);
  });
}

TEST_F(WdfIo, ADrainedQueueDeliversWhatItHasAndTakesNoMore) {
  with_device([](io::user::File& file) {
    auto first = file.start_read(4, kWdfIoSequential);
    auto second = file.start_read(4, kWdfIoSequential);
    control(file, kWdfQueueSequential, kWdfIoDrain);
    finish(file);
    EXPECT_EQ(report(file).Emptied, 0u);
    finish(file);
    EXPECT_EQ(first->wait().status, STATUS_SUCCESS);
    EXPECT_EQ(second->wait().status, STATUS_SUCCESS);
    EXPECT_EQ(report(file).Emptied, 1u);
  });
}

TEST_F(WdfIo, WDF_294_WDF_295_APurgeCancelsWhatWaitsAndTurnsAwayWhatComes) {
  with_device([](io::user::File& file) {
    auto kept = file.start_read(4, kWdfIoKeepCancelable);
    auto waiting = file.start_read(4, kWdfIoManual);
    control(file, kWdfQueueManual, kWdfIoPurge);
    EXPECT_EQ(waiting->wait().status, STATUS_CANCELLED);
    EXPECT_EQ(report(file).Emptied, 1u);
    EXPECT_EQ(file.start_read(4, kWdfIoManual)->wait().status, STATUS_DEVICE_BUSY);  // forwarding gave STATUS_WDF_BUSY
    control(file, kWdfQueueManual, kWdfIoStart);
    auto again = file.start_read(4, kWdfIoManual);
    EXPECT_EQ(take(file, kWdfQueueManual), STATUS_SUCCESS);
    EXPECT_EQ(again->wait().status, STATUS_SUCCESS);
    EXPECT_FALSE(kept->done());  // of another queue
    finish(file);
  });
}

TEST_F(WdfIo, APurgeIsOverWhenTheDriverHasGivenBackWhatItHas) {
  with_device([](io::user::File& file) {
    auto read = file.start_read(4, kWdfIoManual);
    EXPECT_EQ(take(file, kWdfQueueManual, kWdfIoTakeKeep), STATUS_SUCCESS);
    control(file, kWdfQueueManual, kWdfIoPurge);
    EXPECT_EQ(report(file).Emptied, 0u);
    finish(file);
    EXPECT_EQ(report(file).Emptied, 1u);
    EXPECT_EQ(read->wait().status, STATUS_SUCCESS);
  });
}

TEST_F(WdfIo, WDF_295_ARequeueDuringAPurgeCancels) {
  with_device([](io::user::File& file) {
    auto read = file.start_read(4, kWdfIoManual);
    EXPECT_EQ(take(file, kWdfQueueManual, kWdfIoTakeKeep), STATUS_SUCCESS);
    control(file, kWdfQueueManual, kWdfIoPurge);
    EXPECT_EQ(control(file, kWdfQueueManual, kWdfIoRequeueKept), STATUS_SUCCESS);
    EXPECT_EQ(read->wait().status, STATUS_CANCELLED);
    EXPECT_EQ(report(file).CanceledOnQueue, 1u);
    EXPECT_EQ(report(file).Emptied, 1u);
  });
}

TEST_F(WdfIo, StopAndPurgeCancelsButGoesOnAccepting) {
  with_device([](io::user::File& file) {
    auto waiting = file.start_read(4, kWdfIoManual);
    control(file, kWdfQueueManual, kWdfIoStopAndPurge);
    EXPECT_EQ(waiting->wait().status, STATUS_CANCELLED);
    auto later = file.start_read(4, kWdfIoManual);
    EXPECT_FALSE(later->done());
    EXPECT_EQ(take(file, kWdfQueueManual), STATUS_WDF_PAUSED);
    control(file, kWdfQueueManual, kWdfIoStart);
    EXPECT_EQ(take(file, kWdfQueueManual), STATUS_SUCCESS);
  });
}

// ---- Cancellation ----

TEST_F(WdfIo, ACancelledRequestInTheDriversHandsIsTheDriversToComplete) {
  with_device([](io::user::File& file) {
    auto read = file.start_read(4, kWdfIoKeepCancelable);
    EXPECT_TRUE(read->cancel());
    EXPECT_EQ(read->wait().status, STATUS_CANCELLED);
    EXPECT_EQ(report(file).Cancelled, 1u);
    auto unmarked = file.start_read(4, kWdfIoKeepCancelable);
    EXPECT_EQ(finish(file), STATUS_SUCCESS);
    EXPECT_EQ(unmarked->wait().status, STATUS_SUCCESS);
    EXPECT_EQ(report(file).Cancelled, 1u);
  });
}

TEST_F(WdfIo, WDF_302_CanceledOnQueueRunsForWhatTheDriverHadBefore) {
  with_device([](io::user::File& file) {
    auto read = file.start_read(4, kWdfIoManual);  // delivered by the default queue, then forwarded
    EXPECT_TRUE(read->cancel());
    EXPECT_EQ(read->wait().status, STATUS_CANCELLED);
    EXPECT_EQ(report(file).CanceledOnQueue, 1u);
    control(file, kWdfQueueDefault, kWdfIoStop);
    // The device takes no more controls now: what waits in its default queue was never delivered.
    auto waiting = file.start_read(4, kWdfIoManual);
    EXPECT_TRUE(waiting->cancel());
    EXPECT_EQ(waiting->wait().status, STATUS_CANCELLED);
  });
}

TEST_F(WdfIo, ClosingCancelsWhatWaitsOfThatFile) {
  with_device([](io::user::File& file) {
    io::user::File other = io::user::open(u"\\Device\\WdfIo");
    auto theirs = other.start_read(4, kWdfIoManual);
    auto mine = file.start_read(4, kWdfIoManual);
    other.close();
    EXPECT_EQ(theirs->wait().status, STATUS_CANCELLED);
    EXPECT_FALSE(mine->done());
    EXPECT_EQ(take(file, kWdfQueueManual), STATUS_SUCCESS);
  });
}

// ---- Files and contexts ----

TEST_F(WdfIo, WDF_304_WDF_359_FilesAreCreatedCleanedUpAndClosed) {
  with_device([](io::user::File& file) {
    {
      io::user::File other = io::user::open(u"\\Device\\WdfIo");
      EXPECT_EQ(report(file).FileCreates, 2u);
      EXPECT_EQ(report(file).FileCleanups, 0u);
    }
    EXPECT_EQ(report(file).FileCleanups, 1u);
    EXPECT_EQ(report(file).FileCloses, 1u);
  });
}

TEST_F(WdfIo, WDF_348_WDF_349_WDF_358_ARequestIsCleanedUpOnceWhenItIsCompleted) {
  with_device([](io::user::File& file) {
    const auto before = report(file);
    std::byte got[4];
    file.read(got, kWdfIoComplete);
    const auto after = report(file);  // the request of `before`'s own control is over too
    EXPECT_EQ(after.Cleanups, before.Cleanups + 2);
    EXPECT_EQ(after.Destroys, before.Destroys + 2);
    EXPECT_EQ(file.write(bytes_of("never handed over")).status, STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(report(file).Cleanups, after.Cleanups + 1);  // of the control alone
  });
}

// ---- The driver's own view ----

TEST_F(WdfIo, WDF_396_RequestsSayWhatTheyAre) {
  self_test(kWdfIoSubjectRequest);
}
TEST_F(WdfIo, MemoryIsCopiedWithinItsBounds) {
  self_test(kWdfIoSubjectMemory);
}
TEST_F(WdfIo, CollectionsKeepOrder) {
  self_test(kWdfIoSubjectCollection);
}
TEST_F(WdfIo, StringsAreCopies) {
  self_test(kWdfIoSubjectString);
}
TEST_F(WdfIo, LocksRaiseAndWait) {
  self_test(kWdfIoSubjectLocks);
}
TEST_F(WdfIo, WDF_352_TimersDpcsAndWorkItemsRunAndAreRunDown) {
  self_test(kWdfIoSubjectDeferred);
}
TEST_F(WdfIo, RegistryKeysReadAndWrite) {
  self_test(kWdfIoSubjectRegistry);
}
TEST_F(WdfIo, TargetsTakeRequestsInEveryWay) {
  self_test(kWdfIoSubjectTarget);
}
TEST_F(WdfIo, WDF_413_QueueConfigurationsAreChecked) {
  self_test(kWdfIoSubjectQueueConfig);
}

}  // namespace
}  // namespace drydock::tests
