// The watchdog's tick comes between any two instructions of ours.

#include <csignal>
#include <ctime>

#include <gtest/gtest.h>

#include "machine/machine.h"

namespace drydock::machine {
namespace {

TEST(Tick, MayComeWhileAMachineIsMade) {
  ASSERT_TRUE(Machine::create({}));  // from here on the tick has its handler
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGVTALRM;
  timer_t timer;
  ASSERT_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
  itimerspec period{};
  period.it_value.tv_nsec = period.it_interval.tv_nsec = 20'000;
  ASSERT_EQ(timer_settime(timer, 0, &period, nullptr), 0);
  for (int i = 0; i < 5'000; ++i) ASSERT_TRUE(Machine::create({}));
  timer_delete(timer);
}

}  // namespace
}  // namespace drydock::machine
