// drydock serve, with clients that others wrote.

#include <chrono>
#include <csignal>
#include <cstring>
#include <random>
#include <thread>

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

using namespace std::chrono_literals;

int shell(const std::string& line) {
  const int status = std::system((line + " > /dev/null 2>&1").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// `drydock serve` in the background, until finish().
class Server {
 public:
  explicit Server(const std::string& options) {
    std::filesystem::remove(socket());
    const std::string command = "exec '" DRYDOCK_BUILD_DIR "/drydock' serve " + guest("pvscsi") + " --socket " +
                                socket() + " " + options + " > " + log() + " 2>&1 & echo $!";
    std::FILE* pipe = popen(command.c_str(), "r");
    if (std::fscanf(pipe, "%d", &process_) != 1) process_ = -1;
    pclose(pipe);
    for (int i = 0; i < 600 && contents_of(log()).find("Ctrl-C ends it") == std::string::npos; ++i)
      std::this_thread::sleep_for(100ms);
  }
  ~Server() {
    finish();
    std::filesystem::remove(log());
  }

  std::string socket() const { return base() + ".sock"; }
  std::string uri() const { return "'nbd+unix:///?socket=" + socket() + "'"; }
  /// Ctrl-C; what it said.
  std::string finish() {
    if (process_ > 0) kill(process_, SIGINT);
    for (int i = 0; i < 600 && process_ > 0 && kill(process_, 0) == 0; ++i) std::this_thread::sleep_for(100ms);
    process_ = -1;
    return contents_of(log());
  }

 private:
  std::string base() const { return "/tmp/drydock-" + std::to_string(getpid()); }
  std::string log() const { return base() + ".log"; }
  int process_ = -1;
};

std::string random_bytes(std::size_t bytes) {
  std::mt19937_64 random(7);
  std::string all(bytes, '\0');
  for (std::size_t i = 0; i + 8 <= bytes; i += 8) {
    const std::uint64_t word = random();
    std::memcpy(all.data() + i, &word, 8);
  }
  return all;
}

void copy_in_and_out(const std::string& options, std::size_t bytes) {
  const TemporaryFile in("in.img", random_bytes(bytes));
  const TemporaryFile out("out.img", std::string(bytes, '\0'));
  Server server(options);
  EXPECT_EQ(shell("timeout 200 nbdcopy " + in.path() + " " + server.uri()), 0);
  EXPECT_EQ(shell("timeout 200 nbdcopy " + server.uri() + " " + out.path()), 0);
  const std::string said = server.finish();
  EXPECT_TRUE(contents_of(in.path()) == contents_of(out.path()));
  EXPECT_NE(said.find("PASS"), std::string::npos) << said;
  EXPECT_NE(said.find(", 0 failed\n"), std::string::npos) << said;
}

TEST(Serve, WhatIsCopiedInComesOut) {
  copy_in_and_out("", 64 << 20);
}

TEST(Serve, NoByteIsLostWhileTheBusIsResetAndTheAdapterPulled) {
  copy_in_and_out("--board qemu-pvscsi --chaos bus-reset=200ms,unplug=1s", 64 << 20);
}

TEST(Serve, TheSocketMustBeFreeAndItsPathShort) {
  const TemporaryFile taken("taken.sock", "");
  Ran ran = drydock("serve " + guest("pvscsi") + " --socket " + taken.path());
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.says("this name is taken")) << ran.output;
  ran = drydock("serve " + guest("pvscsi") + " --socket /tmp/" + std::string(120, 'x'));
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.says("at most 107 characters")) << ran.output;
  ran = drydock("serve " + guest("pvscsi") + " --socket /nowhere/d.sock");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.says("there is no directory /nowhere")) << ran.output;
}

TEST(Serve, ChaosIsSpeltOut) {
  const Ran ran = drydock("serve " + guest("pvscsi") + " --socket /tmp/never.sock --chaos fire=1s");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.says("bus-reset=5s, function-reset=10s and unplug=30s")) << ran.output;
}

}  // namespace
}  // namespace drydock::end_to_end
