#pragma once
// `drydock serve` in the background, and what its clients are started with.

#include <chrono>
#include <csignal>
#include <cstring>
#include <random>
#include <thread>

#include "end_to_end/command.h"

namespace drydock::end_to_end {

using namespace std::chrono_literals;

inline int shell(const std::string& line) {
  const int status = std::system(("{ " + line + "; } > /dev/null 2>&1").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// `drydock serve` in the background, until finish().
class Server {
 public:
  explicit Server(const std::string& options, const std::string& before = "exec") {
    std::filesystem::remove(socket());
    const std::string command = before + " '" DRYDOCK_BUILD_DIR "/drydock' serve " + guest("pvscsi") + " --socket " +
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

inline std::string random_bytes(std::size_t bytes) {
  std::mt19937_64 random(7);
  std::string all(bytes, '\0');
  for (std::size_t i = 0; i + 8 <= bytes; i += 8) {
    const std::uint64_t word = random();
    std::memcpy(all.data() + i, &word, 8);
  }
  return all;
}

}  // namespace drydock::end_to_end
