#include "machine/remote.h"

#include <cstring>

#include "machine/impl.h"

static_assert(offsetof(drydock::machine::GsBlock, remote_first) == 0x20 &&
              offsetof(drydock::machine::GsBlock, remote_bytes) == 0x28);  // border.S

namespace drydock::machine {

void set_remote_code(void* first, std::size_t bytes, RemoteCode& code) {
  Machine::Impl& i = impl();
  i.remote = &code;
  for (Processor& processor : i.processors) {
    processor.gs->remote_first = reinterpret_cast<std::uint64_t>(first);
    processor.gs->remote_bytes = bytes;
  }
}

host::Slot& slot_of_machine() {
  return *impl().slot;
}

/// drydock_call_guest_4 comes here, its arguments untouched.
extern "C" std::uint64_t NTAPI drydock_call_remote_4(std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d,
                                                     const void* function, std::uint64_t) {
  const std::uint64_t args[4] = {a, b, c, d};
  return impl().remote->call(function, args, 4);
}

RemoteBorder::RemoteBorder(TrapFrame& registers, const ExportSlot* slot) {
  GsBlock& gs = *impl().executing->gs;
  record_.previous = gs.border;
  record_.kind = slot ? BorderKind::ImportCall : BorderKind::Trap;
  record_.irql = current_irql();
  record_.rsp = registers.rsp;
  record_.rbx = registers.rbx, record_.rbp = registers.rbp, record_.rsi = registers.rsi, record_.rdi = registers.rdi;
  record_.r12 = registers.r12, record_.r13 = registers.r13, record_.r14 = registers.r14, record_.r15 = registers.r15;
  std::memcpy(record_.xmm6_to_15, registers.fx + 160 + 6 * 16, sizeof record_.xmm6_to_15);
  record_.slot = slot;
  record_.trap = slot ? nullptr : &registers;
  record_.host_sp = gs.host_sp;
  gs.border = &record_;
}

RemoteBorder::~RemoteBorder() {
  impl().executing->gs->border = record_.previous;
}

}  // namespace drydock::machine
