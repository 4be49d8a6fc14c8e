#include "host/helper_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

namespace drydock::host {

namespace {

constexpr std::size_t kErrorsShown = 4096;
constexpr auto kPatience = std::chrono::milliseconds(500);  // after SIGTERM, before SIGKILL

}  // namespace

HelperProcess::HelperProcess(HelperProcess&& other) noexcept
    : id_(std::exchange(other.id_, -1)), end_(std::move(other.end_)), errors_(std::move(other.errors_)) {}

HelperProcess& HelperProcess::operator=(HelperProcess&& other) noexcept {
  if (this != &other) {
    kill();
    id_ = std::exchange(other.id_, -1);
    end_ = std::move(other.end_);
    errors_ = std::move(other.errors_);
  }
  return *this;
}

Result<HelperProcess> HelperProcess::start(const std::vector<std::string>& arguments, const std::vector<int>& inherited) {
  HelperProcess child;
  TRY(child.start_again(arguments, inherited));
  return child;
}

Status HelperProcess::start_again(const std::vector<std::string>& arguments, const std::vector<int>& inherited) {
  kill();
  end_.clear();
  if (!errors_) errors_ = TRY(make_shared_memory("drydock-stderr", 0));
  std::vector<char*> words;
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t id = fork();
  if (id < 0) return error("cannot start ", arguments.front(), ": ", std::strerror(errno));
  if (id == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    setpgid(0, 0);  // Ctrl-C is the supervisor's, which ends us
    const int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(errors_.get(), STDERR_FILENO);
    for (int descriptor : inherited) fcntl(descriptor, F_SETFD, 0);
    execvp(words[0], words.data());
    _exit(127);
  }
  id_ = id;
  return {};
}

bool HelperProcess::running() {
  if (id_ < 0) return false;
  int status = 0;
  if (waitpid(id_, &status, WNOHANG) != id_) return true;
  id_ = -1;
  end_ = WIFEXITED(status) ? "exit code " + std::to_string(WEXITSTATUS(status))
                           : "signal " + std::to_string(WTERMSIG(status));
  return false;
}

void HelperProcess::kill() {
  if (!running()) return;
  ::kill(id_, SIGTERM);
  ::kill(id_, SIGCONT);  // it may stand still
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (running()) {
    if (std::chrono::steady_clock::now() > until) ::kill(id_, SIGKILL);
    usleep(500);
  }
}

std::size_t HelperProcess::error_bytes() const {
  const off_t bytes = errors_ ? lseek(errors_.get(), 0, SEEK_END) : 0;
  return bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

std::string HelperProcess::errors(std::size_t from) const {
  const std::size_t bytes = error_bytes();
  if (bytes > kErrorsShown) from = std::max(from, bytes - kErrorsShown);
  std::string text(bytes > from ? bytes - from : 0, '\0');
  if (text.empty()) return text;
  const ssize_t got = pread(errors_.get(), text.data(), text.size(), static_cast<off_t>(from));
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

bool is_installed(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::string_view left = path ? path : "/usr/bin:/bin";
  while (!left.empty()) {
    const std::size_t colon = left.find(':');
    const std::string candidate = std::string(left.substr(0, colon)) + "/" + program;
    if (access(candidate.c_str(), X_OK) == 0) return true;
    left = colon == std::string_view::npos ? std::string_view{} : left.substr(colon + 1);
  }
  return false;
}

}  // namespace drydock::host
