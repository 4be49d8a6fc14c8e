#include "host/child_process.h"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace drydock::host {

namespace {

constexpr std::size_t kOutputMax = 4u << 20;

using Clock = std::chrono::steady_clock;

/// Closes what it holds on every way out.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  int number() const { return number_; }
  void set(int number) { number_ = number; }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_;
};

}  // namespace

Result<ChildOutput> run_program(const std::string& program, const std::vector<std::string>& arguments,
                                std::chrono::milliseconds limit) {
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) return error(program, " cannot be run: ", std::strerror(errno));
  Descriptor reading(pipe_ends[0]), writing(pipe_ends[1]);

  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& each : arguments) argv.push_back(const_cast<char*>(each.c_str()));
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, writing.number(), 1);
  posix_spawn_file_actions_adddup2(&actions, writing.number(), 2);
  pid_t child = 0;
  const int failure = posix_spawnp(&child, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure == ENOENT) return error(program, " is not installed");
  if (failure != 0) return error(program, " cannot be run: ", std::strerror(failure));
  writing.close();

  ChildOutput output;
  std::string trouble;
  const Clock::time_point deadline = Clock::now() + limit;
  while (trouble.empty()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd watched{reading.number(), POLLIN, 0};
    const int ready = left.count() > 0 ? poll(&watched, 1, static_cast<int>(left.count())) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      trouble = fmt::format("{} did not end within {} s", program, limit.count() / 1000);
      break;
    }
    char buffer[4096];
    const ssize_t got = read(reading.number(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    output.text.append(buffer, static_cast<std::size_t>(got));
    if (output.text.size() > kOutputMax) trouble = program + " had too much to say";
  }
  if (!trouble.empty()) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!trouble.empty()) return error(trouble);
  output.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return output;
}

}  // namespace drydock::host
