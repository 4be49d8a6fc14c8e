#pragma once
// Driver code that another process runs: a range of RAM whose functions the machine calls through an object of ours.

#include <cstddef>
#include <cstdint>

#include "machine/guest_call.h"

namespace drydock::host {
class Slot;
}

namespace drydock::machine {

class RemoteCode {
 public:
  virtual ~RemoteCode() = default;
  /// A function in the range, with the driver's calling convention. On a machine thread, at any IRQL a caller may have.
  virtual std::uint64_t call(const void* function, const std::uint64_t* args, unsigned count) = 0;
};

/// From now on, in the running machine, whoever calls into [first, first + bytes) gets `code`.call(). One range a machine.
void set_remote_code(void* first, std::size_t bytes, RemoteCode& code);
/// Whose RAM the running machine has.
host::Slot& slot_of_machine();

/// The innermost border while code of the range waits for a call to be served (`slot`: of what), or was stopped by a
/// fault (null). `registers` are the code's.
class RemoteBorder {
 public:
  RemoteBorder(TrapFrame& registers, const ExportSlot* slot);
  ~RemoteBorder();
  RemoteBorder(const RemoteBorder&) = delete;

 private:
  BorderRecord record_{};
};

/// The instruction at `registers`.rip is one that the loader replaced: does what it asks of the machine (the time, a
/// random number, ...) and goes past it. False if it is none.
bool emulate_replaced_instruction(TrapFrame& registers);

}  // namespace drydock::machine
