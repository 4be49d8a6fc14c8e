#include "machine/trap_registers.h"

#include "host/check.h"

namespace drydock::machine {

std::uint64_t TrapFrame::*const kRegisterOrder[16] = {
    &TrapFrame::rax, &TrapFrame::rcx, &TrapFrame::rdx, &TrapFrame::rbx, &TrapFrame::rsp, &TrapFrame::rbp,
    &TrapFrame::rsi, &TrapFrame::rdi, &TrapFrame::r8,  &TrapFrame::r9,  &TrapFrame::r10, &TrapFrame::r11,
    &TrapFrame::r12, &TrapFrame::r13, &TrapFrame::r14, &TrapFrame::r15};

std::uint64_t TrapFrame::*TrapRegisters::slot(ZydisRegister which) {
  ZydisRegister large = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, which);
  HOST_CHECK(large >= ZYDIS_REGISTER_RAX && large <= ZYDIS_REGISTER_R15);
  return kRegisterOrder[large - ZYDIS_REGISTER_RAX];
}

std::uint64_t TrapRegisters::read(ZydisRegister which) const {
  if (which == ZYDIS_REGISTER_RIP) return frame_.rip;
  if (which == ZYDIS_REGISTER_NONE) return 0;
  if (is_high_byte(which)) return frame_.*kRegisterOrder[which - ZYDIS_REGISTER_AH] >> 8 & 0xFF;
  std::uint64_t value = frame_.*slot(which);
  switch (ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LONG_64, which)) {
    case 8:
      return value & 0xFF;
    case 16:
      return value & 0xFFFF;
    case 32:
      return value & 0xFFFF'FFFF;
    default:
      return value;
  }
}

void TrapRegisters::write(ZydisRegister which, std::uint64_t value) {
  if (is_high_byte(which)) {
    std::uint64_t& whole = frame_.*kRegisterOrder[which - ZYDIS_REGISTER_AH];
    whole = (whole & ~0xFF00ull) | (value & 0xFF) << 8;
    return;
  }
  std::uint64_t& whole = frame_.*slot(which);
  switch (ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LONG_64, which)) {
    case 8:
      whole = (whole & ~0xFFull) | (value & 0xFF);
      break;
    case 16:
      whole = (whole & ~0xFFFFull) | (value & 0xFFFF);
      break;
    case 32:
      whole = value & 0xFFFF'FFFF;
      break;  // the upper half is cleared
    default:
      whole = value;
  }
}

void TrapRegisters::set_flag(unsigned bit, bool value) {
  frame_.rflags = (frame_.rflags & ~(std::uint64_t{1} << bit)) | std::uint64_t{value} << bit;
}

void TrapRegisters::flags_result(std::uint64_t value, unsigned size) {
  std::uint64_t mask = size == 8 ? ~0ull : (std::uint64_t{1} << size * 8) - 1;
  set_flag(6, (value & mask) == 0);
  set_flag(7, value >> (size * 8 - 1) & 1);
  set_flag(2, __builtin_parityll(value & 0xFF) == 0);
}

void TrapRegisters::flags_logic(std::uint64_t value, unsigned size) {
  flags_result(value, size);
  set_flag(0, false);
  set_flag(11, false);
}

void TrapRegisters::flags_subtract(std::uint64_t left, std::uint64_t right, unsigned size) {
  std::uint64_t mask = size == 8 ? ~0ull : (std::uint64_t{1} << size * 8) - 1;
  left &= mask, right &= mask;
  std::uint64_t value = (left - right) & mask;
  flags_result(value, size);
  set_flag(0, left < right);
  set_flag(4, (left ^ right ^ value) & 0x10);
  set_flag(11, ((left ^ right) & (left ^ value)) >> (size * 8 - 1) & 1);
}

void TrapRegisters::flags_add(std::uint64_t left, std::uint64_t right, unsigned size) {
  std::uint64_t mask = size == 8 ? ~0ull : (std::uint64_t{1} << size * 8) - 1;
  left &= mask, right &= mask;
  std::uint64_t value = (left + right) & mask;
  flags_result(value, size);
  set_flag(0, value < left);
  set_flag(4, (left ^ right ^ value) & 0x10);
  set_flag(11, (~(left ^ right) & (left ^ value)) >> (size * 8 - 1) & 1);
}

}  // namespace drydock::machine
