#include "port/scsiport/queue.h"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

namespace drydock::port::scsiport {
namespace {

class QueueTest : public testing::Test {
 protected:
  Request* request(ULONG key) {
    Request& one = requests_.emplace_back();
    one.sort_key = key;
    one.number = static_cast<std::uint32_t>(requests_.size());
    queue_.insert(&one);
    return &one;
  }
  std::vector<ULONG> issue(unsigned count) {
    std::vector<ULONG> keys;
    for (; count && queue_.head(); --count) {
      Request* head = queue_.head();
      keys.push_back(head->sort_key);
      queue_.take(head);
    }
    return keys;
  }
  std::deque<Request> requests_;
  RequestQueue queue_;
};

using Keys = std::vector<ULONG>;

TEST_F(QueueTest, SP_054_IssuesInAscendingOrderOfKeys) {
  for (ULONG key : {30, 10, 20}) request(key);
  EXPECT_EQ(issue(9), (Keys{10, 20, 30}));
}

TEST_F(QueueTest, SP_054_GoesOnFromTheKeyIssuedLastAndThenWraps) {
  for (ULONG key : {10, 50}) request(key);
  EXPECT_EQ(issue(1), Keys{10});
  EXPECT_EQ(issue(1), Keys{50});
  for (ULONG key : {20, 60, 55, 5}) request(key);
  EXPECT_EQ(issue(9), (Keys{55, 60, 5, 20}));
}

TEST_F(QueueTest, SP_054_EqualKeysAreFirstInFirstOut) {
  Request* first = request(7);
  Request* second = request(7);
  Request* third = request(7);
  queue_.take(first);
  Request* fourth = request(7);
  EXPECT_EQ(queue_.head(), second);
  queue_.take(second);
  EXPECT_EQ(queue_.head(), third);
  queue_.take(third);
  EXPECT_EQ(queue_.head(), fourth);
}

TEST_F(QueueTest, SP_053_HoldsAsManyAsCome) {
  for (ULONG key = 10'000; key > 0; --key) request(key % 97);
  EXPECT_EQ(queue_.size(), 10'000u);
  EXPECT_EQ(issue(20'000).size(), 10'000u);
  EXPECT_TRUE(queue_.empty());
}

TEST_F(QueueTest, WithdrawsFromEitherSweep) {
  request(40);
  issue(1);
  Request* later = request(10);
  Request* now = request(50);
  queue_.withdraw(later);
  EXPECT_EQ(queue_.head(), now);
  queue_.withdraw(now);
  EXPECT_EQ(queue_.head(), nullptr);
}

TEST_F(QueueTest, TakesEverythingInTheOrderItWouldHaveGone) {
  request(40);
  issue(1);
  for (ULONG key : {10, 50, 45}) request(key);
  Keys keys;
  RequestList all = queue_.take_all();
  while (Request* one = all.pop_front()) keys.push_back(one->sort_key);
  EXPECT_EQ(keys, (Keys{45, 50, 10}));
  EXPECT_TRUE(queue_.empty());
}

TEST(RequestList, PrependKeepsTheOrderOfBoth) {
  std::deque<Request> requests(4);
  RequestList front, back;
  front.push_back(&requests[0]);
  front.push_back(&requests[1]);
  back.push_back(&requests[2]);
  back.push_back(&requests[3]);
  back.prepend(front);
  EXPECT_TRUE(front.empty());
  EXPECT_EQ(back.size(), 4u);
  for (Request& one : requests) EXPECT_EQ(back.pop_front(), &one);
  back.prepend(front);
  EXPECT_TRUE(back.empty());
}

}  // namespace
}  // namespace drydock::port::scsiport
