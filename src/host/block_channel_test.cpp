// Requests through shared memory, between two threads that stand for two processes.

#include "host/block_channel.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <thread>
#include <vector>

namespace drydock::host {
namespace {

TEST(BlockChannel, EveryRequestIsServedOnce) {
  BlockChannel asking = std::move(BlockChannel::create()).value();
  BlockChannel serving =
      std::move(BlockChannel::open(dup(asking.ring_descriptor()), dup(asking.bell_descriptor()))).value();
  constexpr unsigned kRounds = 1000;
  std::thread server([&] {
    for (unsigned served = 0; served < kRounds;) {
      if (serving.gather() == 0) continue;
      const unsigned index = serving.take();
      EXPECT_EQ(serving.request(index).offset, served);
      std::memset(serving.data(index), static_cast<int>(served), 512);
      serving.complete(index, served % 7 == 0 ? 5 : 0);
      serving.wake_waiters();
      ++served;
    }
  });
  for (unsigned round = 0; round < kRounds; ++round) {
    const unsigned index = round % BlockChannel::kRequestsMax;
    asking.request(index).offset = round;
    asking.submit(index);
    ASSERT_TRUE(asking.await(index));
    EXPECT_EQ(asking.request(index).error, round % 7 == 0 ? 5 : 0);
    EXPECT_EQ(asking.data(index)[511], static_cast<std::byte>(round));
  }
  server.join();
  EXPECT_EQ(serving.gather(), 0u);
  EXPECT_EQ(serving.take(), BlockChannel::kRequestsMax);
}

TEST(BlockChannel, ThreadsThatAskSideBySideAreAllAnswered) {
  BlockChannel channel = std::move(BlockChannel::create()).value();
  constexpr unsigned kThreads = 8, kRounds = 500;
  std::vector<std::thread> asking;
  for (unsigned index = 0; index < kThreads; ++index)
    asking.emplace_back([&channel, index] {
      for (unsigned round = 0; round < kRounds; ++round) {
        channel.submit(index);
        EXPECT_TRUE(channel.await(index));
      }
    });
  for (unsigned served = 0; served < kThreads * kRounds;) {
    channel.gather();
    for (unsigned index; (index = channel.take()) != BlockChannel::kRequestsMax; ++served) channel.complete(index, 0);
    channel.wake_waiters();
  }
  for (std::thread& thread : asking) thread.join();
}

TEST(BlockChannel, TheBellRingsOnceForAnEndThatSleeps) {
  BlockChannel channel = std::move(BlockChannel::create()).value();
  EXPECT_TRUE(channel.may_sleep());
  channel.submit(3);
  channel.submit(4);
  EXPECT_EQ(take_events(channel.bell_descriptor()), 1u);
  channel.awake();
  channel.submit(5);
  EXPECT_EQ(take_events(channel.bell_descriptor()), 0u);
  EXPECT_FALSE(channel.may_sleep());
  EXPECT_EQ(channel.gather(), 3u);
  EXPECT_EQ(channel.gather(), 0u);
  EXPECT_TRUE(channel.may_sleep());
}

TEST(BlockChannel, OneWakeReachesAllWhoseRequestsAreServed) {
  BlockChannel channel = std::move(BlockChannel::create()).value();
  std::vector<std::thread> waiters;
  for (unsigned index = 0; index < BlockChannel::kRequestsMax; ++index) channel.submit(index);
  EXPECT_EQ(channel.gather(), BlockChannel::kRequestsMax);
  for (unsigned index = 0; index < BlockChannel::kRequestsMax; ++index)
    waiters.emplace_back([&channel, index] { EXPECT_TRUE(channel.await(index)); });
  for (unsigned n = 0; n < BlockChannel::kRequestsMax; ++n) channel.complete(channel.take(), 0);
  channel.wake_waiters();
  for (std::thread& waiter : waiters) waiter.join();
}

TEST(BlockChannel, WhoeverWaitsIsToldThatNobodyServes) {
  BlockChannel channel = std::move(BlockChannel::create()).value();
  channel.submit(0);
  channel.hang_up();
  EXPECT_FALSE(channel.await(0));
}

}  // namespace
}  // namespace drydock::host
