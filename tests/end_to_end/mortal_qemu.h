#pragma once
// A QEMU that is killed while it runs.

#include "end_to_end/command.h"

namespace drydock::end_to_end {

/// The first QEMU that is found by path() is killed two seconds after its start; those after it live, or cannot start.
class MortalQemu {
 public:
  explicit MortalQemu(bool others_live = true) : place_(std::filesystem::temp_directory_path() / ("mortal-" + std::to_string(getpid()))) {
    std::filesystem::create_directory(place_);
    const std::string program = place_ + "/qemu-system-x86_64";
    std::ofstream(program) << "#!/bin/sh\nPATH=${PATH#*:}\n"
                              "if mkdir " << place_ << "/started; then (sleep 2; kill -KILL $$) &" << (others_live ? "" : "else exit 1;") << " fi\n"
                              "exec qemu-system-x86_64 \"$@\"\n";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  }
  ~MortalQemu() { std::filesystem::remove_all(place_); }
  /// What stands ahead of the command.
  std::string path() const { return "env PATH=" + place_ + ":$PATH "; }

 private:
  std::string place_;
};

}  // namespace drydock::end_to_end
