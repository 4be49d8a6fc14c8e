// What QEMU's devices cost: a register read over qtest, and beside it the bare round trip of a line through a socket
// to a process that only answers.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus/board/board.h"
#include "host/socket.h"
#include "models/qemu/computer.h"

namespace drydock {
namespace {

using Clock = std::chrono::steady_clock;

/// Answers each line that arrives with one line, until the socket closes.
class Echo {
 public:
  Echo() : pair_(std::move(host::make_socket_pair()).value()) {
    process_ = fork();
    if (process_ != 0) return;
    pair_.ours.close();
    char line[256];
    while (host::receive(pair_.theirs.get(), line, sizeof(line), true).bytes != 0)
      host::send_all(pair_.theirs.get(), kAnswer, std::strlen(kAnswer));
    _exit(0);
  }
  ~Echo() {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  void round_trip() {
    constexpr const char* kQuestion = "readl 0xe1000000\n";
    host::send_all(pair_.ours.get(), kQuestion, std::strlen(kQuestion));
    char line[256];
    host::receive(pair_.ours.get(), line, sizeof(line), true);
  }

 private:
  static constexpr const char* kAnswer = "OK 0x0000000000000000\n";
  host::SocketPair pair_;
  pid_t process_ = 0;
};

void socket_round_trip(benchmark::State& state) {
  Echo echo;
  for (auto _ : state) echo.round_trip();
}
BENCHMARK(socket_round_trip)->UseRealTime();

/// The counter times_bare_socket compares medians of interleaved batches, so that both meet the same neighbours.
void qtest_register_read(benchmark::State& state) {
  auto board = bus::board::load_board("qemu-edu");
  if (auto started = bus::board::start_qemu(*board); !started) {
    state.SkipWithError(started.failure().message.c_str());
    return;
  }
  models::qemu::Computer& computer = *board->qemu;
  if (!computer.power_on()) {
    state.SkipWithError("QEMU refuses to be powered on");
    return;
  }
  Echo echo;
  constexpr int kBatch = 200;
  std::vector<double> bare, qtest;
  const auto measure = [](std::vector<double>& to, auto&& act) {
    const auto began = Clock::now();
    for (int i = 0; i < kBatch; ++i) act();
    to.push_back(std::chrono::duration<double, std::micro>(Clock::now() - began).count() / kBatch);
  };
  constexpr std::uint64_t kExtendedConfig = 0xB0000000;  // the host bridge's own: answered by QEMU like any register
  for (auto _ : state) {
    measure(qtest, [&] { computer.qtest().read(kExtendedConfig, 4); });
    state.PauseTiming();
    measure(bare, [&] { echo.round_trip(); });
    state.ResumeTiming();
  }
  const auto median = [](std::vector<double>& all) {
    std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end());
    return all[all.size() / 2];
  };
  state.counters["qtest_us"] = median(qtest);
  state.counters["bare_socket_us"] = median(bare);
  state.counters["times_bare_socket"] = median(qtest) / median(bare);
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(qtest_register_read)->UseRealTime();

}  // namespace
}  // namespace drydock
