#pragma once
// QEMU's machine protocol (QMP), as far as plugging and resetting needs it.

#include <string>
#include <string_view>

#include "host/result.h"

namespace drydock::models::qemu {

class Qmp {
 public:
  explicit Qmp(int socket) : socket_(socket) {}

  /// Reads the greeting and leaves negotiation mode. Fails if QEMU ends first.
  host::Status greet();
  /// Sends a command (JSON) and waits for its answer; events in between are dropped. Fails with QEMU's own words.
  host::Status command(std::string_view json);
  /// It has not answered: it has ended, or stands still.
  bool gone() const { return gone_; }
  bool stands_still() const { return stands_still_; }

 private:
  bool next_line(std::string& line);

  int socket_;
  bool gone_ = false, stands_still_ = false;
};

}  // namespace drydock::models::qemu
