#pragma once
// The command, run as a user runs it.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <places.h>

namespace drydock::end_to_end {

struct Ran {
  int exit_code = -1;
  std::string output;  ///< standard output and error together

  bool says(const std::string& text) const { return output.find(text) != std::string::npos; }
  /// What stands after `head` on the last line that begins with it.
  std::string after(const std::string& head) const {
    std::size_t at = output.rfind("\n" + head);
    if (at == std::string::npos) return {};
    at += 1 + head.size();
    return output.substr(at, output.find('\n', at) - at);
  }
  std::string last_line() const {
    std::string text = output;
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text.substr(text.rfind('\n') + 1);
  }
};

inline std::string quoted(const std::string& word) {
  std::string result = "'";
  for (char c : word) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

#if defined(__SANITIZE_ADDRESS__)
inline constexpr const char* kTimeLimit = "timeout 240 ";  // the command is as slow as we are
#else
inline constexpr const char* kTimeLimit = "timeout 240 ";
#endif

/// `line` is what stands behind "drydock" on a shell's line, `before` what stands ahead of it ("env PATH=/nowhere ").
inline Ran drydock(const std::string& line, const std::string& before = {}) {
  const std::string command = kTimeLimit + before + quoted(DRYDOCK_BUILD_DIR "/drydock") + " " + line + " 2>&1";
  Ran ran;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return ran;
  char buffer[4096];
  for (std::size_t got; (got = std::fread(buffer, 1, sizeof buffer, pipe)) != 0;) ran.output.append(buffer, got);
  const int status = pclose(pipe);
  ran.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

inline std::string guest(const std::string& name) {
  return DRYDOCK_BUILD_DIR "/guest/" + name + ".sys";
}

/// A file that goes with the test.
class TemporaryFile {
 public:
  TemporaryFile(const std::string& name, const std::string& contents)
      : path_(std::filesystem::temp_directory_path() / (std::to_string(getpid()) + "-" + name)) {
    std::ofstream(path_, std::ios::binary) << contents;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

inline std::string contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace drydock::end_to_end
