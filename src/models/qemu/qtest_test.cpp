// The qtest protocol against a peer that the test plays.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "host/descriptor.h"
#include "host/socket.h"
#include "models/qemu/device_types.h"
#include "models/qemu/qtest.h"

namespace drydock::models::qemu {
namespace {

using testing::ElementsAre;
using testing::Pair;

/// The other end: what it is told to answer lies in the socket before it is asked for.
class QtestTest : public testing::Test {
 protected:
  QtestTest() : pair_(std::move(host::make_socket_pair()).value()), qtest_(pair_.ours.get(), nullptr) {
    qtest_.on_line([this](unsigned line, bool raised) { lines_.emplace_back(line, raised); });
    qtest_.on_end([this] { ++ends_; });
  }
  void will_say(const std::string& text) { host::send_all(pair_.theirs.get(), text.data(), text.size()); }
  std::string asked() {
    std::string text(4096, '\0');
    text.resize(host::receive(pair_.theirs.get(), text.data(), text.size(), false).bytes);
    return text;
  }

  /// What is asked for while these answers are given, each to one line.
  std::string calming_edu(std::initializer_list<const char*> answers) {
    std::string heard;
    std::thread edu([&] {
      for (const char* answer : answers) {
        char line[64];
        heard.append(line, host::receive(pair_.theirs.get(), line, sizeof(line), true).bytes);
        will_say(answer);
      }
    });
    device_type("edu").calm(qtest_, 0x1000);
    edu.join();
    return heard;
  }

  host::SocketPair pair_;
  Qtest qtest_;
  std::vector<std::pair<unsigned, bool>> lines_;
  int ends_ = 0;
};

TEST_F(QtestTest, OneThatNeverAnswersIsGone) {
  host::limit_waiting(pair_.ours.get(), std::chrono::seconds(1));
  EXPECT_EQ(qtest_.read(0x1000, 4), 0xFFFFFFFFu);
  EXPECT_TRUE(qtest_.ended());
  EXPECT_TRUE(qtest_.stands_still());
  EXPECT_EQ(ends_, 1);
  EXPECT_EQ(qtest_.read(0x1000, 4), 0xFFFFFFFFu);
}

TEST_F(QtestTest, AsksAndTakesTheValue) {
  will_say("OK 0x00000000cafe\n");
  EXPECT_EQ(qtest_.read(0xB0000000, 4), 0xCAFEu);
  EXPECT_EQ(asked(), "readl 0xb0000000\n");
  will_say("OK\n");
  qtest_.out(0xCF8, 4, 0x80000060);
  EXPECT_EQ(asked(), "outl 0xcf8 0x80000060\n");
}

TEST_F(QtestTest, TakesInterruptLinesBeforeAndBehindAReply) {
  will_say("IRQ raise 23\nOK 0x1\nIRQ lower 23\nIRQ raise 20\n");
  EXPECT_EQ(qtest_.read(0, 1), 1u);
  EXPECT_THAT(lines_, ElementsAre(Pair(23, true), Pair(23, false), Pair(20, true)));
}

TEST_F(QtestTest, TakesWhatComesUnasked) {
  will_say("IRQ raise 21\nIRQ lo");
  qtest_.take();
  will_say("wer 21\n");
  qtest_.take();
  EXPECT_THAT(lines_, ElementsAre(Pair(21, true), Pair(21, false)));
}

TEST_F(QtestTest, PostedWritesAreCollectedBeforeTheNextAnswer) {
  qtest_.post_write(0x1000, 4, 1);
  qtest_.post_write(0x1000, 4, 2);
  will_say("OK\nOK\nOK 0x5\n");
  EXPECT_EQ(qtest_.read(0x1000, 4), 5u);
  EXPECT_EQ(qtest_.round_trips(), 1u);
}

TEST_F(QtestTest, AnEduIsCalmOnceAComputationWithoutInterruptHasEnded) {
  EXPECT_EQ(calming_edu({"OK\n", "OK 0x1\n", "OK 0x0\n", "OK\n", "OK 0x1\n", "OK 0x0\n"}),
            "writel 0x1020 0x0\nreadl 0x1020\nreadl 0x1020\n"
            "writel 0x1008 0x0\nreadl 0x1020\nreadl 0x1020\n");
  pair_.theirs.close();
  device_type("edu").calm(qtest_, 0x1000);  // all ones, for ever
}

TEST_F(QtestTest, AnEduWhoseWindowIsNotThereIsLeft) {
  EXPECT_EQ(calming_edu({"OK\n", "OK 0xffffffff\n"}), "writel 0x1020 0x0\nreadl 0x1020\n");
  EXPECT_FALSE(qtest_.ended());
}

TEST(QtestOnTape, AnEduThatComputesForEverIsLeft) {
  std::vector<std::byte> busy;
  for (unsigned i = 0; i < 2'000'000; ++i)
    for (const unsigned each : {static_cast<unsigned>(machine::TapeEntry::Reply), 1u})
      busy.push_back(static_cast<std::byte>(each));
  machine::Tape tape = machine::Tape::replaying(std::move(busy));
  Qtest qtest(-1, &tape);
  device_type("edu").calm(qtest, 0x1000);
  EXPECT_EQ(tape.take(machine::TapeEntry::Reply), 1u);
}

TEST_F(QtestTest, AnEndThatGoesReadsAsAllOnes) {
  pair_.theirs.close();
  EXPECT_EQ(qtest_.read(0x1000, 2), 0xFFFFu);
  EXPECT_EQ(qtest_.read(0x1000, 8), ~0ull);
  EXPECT_TRUE(qtest_.ended());
  EXPECT_EQ(ends_, 1);
}

}  // namespace
}  // namespace drydock::models::qemu
