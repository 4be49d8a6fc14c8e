// An errand between two processes.

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include "host/errand.h"
#include "host/socket.h"

namespace drydock::host {
namespace {

TEST(Errand, TheSupervisorGetsTheDescriptorsAndTheWorkerTheSentence) {
  Errand errand = std::move(Errand::create()).value();
  EXPECT_TRUE(errand.at_home());
  EXPECT_TRUE(errand.take().empty());
  const pid_t worker = fork();
  if (worker == 0) {
    SocketPair pair = std::move(make_socket_pair()).value();
    bool good = !errand.at_home();
    const Status refused = errand.send(pair.theirs, pair.ours);
    good = good && !refused && refused.failure().message == "not today, nor tomorrow";
    good = good && errand.send(pair.theirs, pair.ours);
    _exit(good ? 0 : 1);
  }
  const auto wait_for_order = [&] {
    std::vector<Descriptor> order;
    while (order.empty()) order = errand.take();
    return order;
  };
  const std::vector<Descriptor> order = wait_for_order();
  ASSERT_EQ(order.size(), 2u);
  char byte = 0;  // the two are the ends of one line
  EXPECT_TRUE(send_all(order[0].get(), "x", 1));
  EXPECT_EQ(receive(order[1].get(), &byte, 1, true).bytes, 1u);
  EXPECT_EQ(byte, 'x');
  errand.done(error("not today,\nnor tomorrow"));
  wait_for_order();
  errand.done({});
  int status = 0;
  waitpid(worker, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace drydock::host
