#include "host/brake.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

namespace drydock::host {
namespace {

/// "R", "S", "T" ... of /proc.
char state_of(int process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  return text.at(text.rfind(')') + 2);
}

TEST(Brake, HoldsAProcessAndLetsItGoOn) {
  auto process = HelperProcess::start({"sleep", "60"}, {});
  ASSERT_TRUE(process);
  auto brake = Brake::of(*process);
  ASSERT_TRUE(brake);
  for (int turn = 0; turn < 100; ++turn) {
    brake->hold();
    EXPECT_EQ(state_of(process->id()), 'T');
    brake->release();
  }
  for (int turn = 0; turn < 1000 && state_of(process->id()) == 'T'; ++turn) usleep(1000);
  EXPECT_NE(state_of(process->id()), 'T');
}

TEST(Brake, OneThatHasEndedHoldsNobodyUp) {
  auto process = HelperProcess::start({"true"}, {});
  ASSERT_TRUE(process);
  auto brake = Brake::of(*process);
  ASSERT_TRUE(brake);
  siginfo_t what{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(process->id()), &what, WEXITED | WNOWAIT), 0);
  brake->hold();  // ended, its end not yet collected
  brake->release();
  while (process->running()) usleep(1000);
  EXPECT_EQ(process->end(), "exit code 0");
  brake->hold();
}

TEST(Brake, AHeldProcessEndsWhenItIsToldTo) {
  auto process = HelperProcess::start({"sleep", "60"}, {});
  ASSERT_TRUE(process);
  auto brake = Brake::of(*process);
  ASSERT_TRUE(brake);
  brake->hold();
  process->kill();
  EXPECT_EQ(process->end(), "signal 15");
}

}  // namespace
}  // namespace drydock::host
