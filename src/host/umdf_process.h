#pragma once
// UMDF host processes: the program of wudfhost/, which this program carries in itself. Each has a window of a slot's RAM
// at the same address as we, and nothing else of ours.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "host/pages.h"
#include "host/result.h"
#include "host/umdf_protocol.h"

namespace drydock::host {

class Slot;

/// Starts the keeper, which makes host processes for this process. Once; before a sandbox, from which it cannot be
/// started. Without it the first UmdfProcess does it.
Status start_umdf_keeper();

/// Whether the host process offers drivers an import.
bool umdf_offers(std::string_view module, std::string_view function);

/// One host process. A handle without an owner: it may be dropped with its machine, since the slot remembers what it
/// has running and ends that when it is given back.
class UmdfProcess {
 public:
  /// `window` lies in the slot's RAM; its first page becomes the mailbox, `teb` is what gs: shows driver code, which
  /// returns to `return_address`.
  static Result<UmdfProcess> start(Slot& slot, std::byte* window, std::size_t bytes, const std::byte* teb,
                                   std::uint64_t return_address);

  /// What it said when it came up. Gone with the first turn.
  const UmdfHello& hello() const { return *reinterpret_cast<const UmdfHello*>(window_); }
  UmdfMailbox& mailbox() const { return *reinterpret_cast<UmdfMailbox*>(window_); }

  void protect(void* first, std::size_t bytes, Protection protection);
  /// Goes on with driver code at the mailbox's registers until something happens there: a UmdfEvent. 0: the process is
  /// gone, or has not answered for half a minute of the wall clock.
  std::uint32_t run();
  /// Ends it. How it had ended, if it did by itself: "exit code 3", "signal 9 (Killed)"; else empty.
  std::string end();
  bool alive() const { return socket_ >= 0; }

 private:
  int socket_ = -1;
  int process_ = -1;
  std::byte* window_ = nullptr;
};

/// Ends the processes of a slot that is given back.
void end_umdf_processes(const Slot& slot);

}  // namespace drydock::host
