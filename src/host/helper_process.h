#pragma once
// Helper processes of the supervisor: started with exactly the descriptors they are to have, gone when we are.

#include <string>
#include <vector>

#include "host/descriptor.h"
#include "host/result.h"

namespace drydock::host {

/// One running child. It is killed when this is dropped, and by the kernel when this process dies.
class HelperProcess {
 public:
  HelperProcess() = default;
  HelperProcess(HelperProcess&& other) noexcept;
  HelperProcess& operator=(HelperProcess&& other) noexcept;
  ~HelperProcess() { kill(); }

  /// Looks for `arguments[0]` on PATH. The child has standard input and output on /dev/null, keeps its standard error in
  /// memory (errors()), and inherits `inherited` under the same numbers.
  static Result<HelperProcess> start(const std::vector<std::string>& arguments, const std::vector<int>& inherited);
  /// One in this one's place, which is killed if it still runs; errors() go on where they end.
  Status start_again(const std::vector<std::string>& arguments, const std::vector<int>& inherited);

  /// False once it has ended.
  bool running();
  /// Terminates it and waits for its end.
  void kill();
  /// Its end in words: "exit code 1", "signal 11"; empty while it runs.
  std::string end() const { return end_; }
  /// What it has written to standard error so far, without the first `from` bytes; at most the last 4 KiB.
  std::string errors(std::size_t from = 0) const;
  /// How much it has written there.
  std::size_t error_bytes() const;
  int id() const { return id_; }

 private:
  int id_ = -1;
  std::string end_;
  Descriptor errors_;
};

/// Whether a program of this name is on PATH.
bool is_installed(const std::string& program);

}  // namespace drydock::host
