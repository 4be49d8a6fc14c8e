#pragma once
// The registers and flags of a trapped driver, by Zydis' names: what an emulated instruction reads and changes.

#include <Zydis/Zydis.h>

#include <cstdint>

#include "machine/gs.h"

namespace drydock::machine {

/// TrapFrame's general registers in the processor's order: rax is 0, r15 is 15.
extern std::uint64_t TrapFrame::*const kRegisterOrder[16];

class TrapRegisters {
 public:
  explicit TrapRegisters(TrapFrame& frame) : frame_(frame) {}

  /// Zero-extended from the register's own width. No register at all reads as 0.
  std::uint64_t read(ZydisRegister which) const;
  /// As the processor does: 32 bits clear the upper half, 8 and 16 leave the rest alone.
  void write(ZydisRegister which, std::uint64_t value);

  void set_carry(bool value) { set_flag(0, value); }
  /// ZF, SF, PF, CF, OF (and AF) after AND/OR/XOR/TEST, SUB/CMP and ADD of `size` bytes.
  void flags_logic(std::uint64_t value, unsigned size);
  void flags_subtract(std::uint64_t left, std::uint64_t right, unsigned size);
  void flags_add(std::uint64_t left, std::uint64_t right, unsigned size);

 private:
  static bool is_high_byte(ZydisRegister which) { return which >= ZYDIS_REGISTER_AH && which <= ZYDIS_REGISTER_BH; }
  static std::uint64_t TrapFrame::*slot(ZydisRegister which);
  void set_flag(unsigned bit, bool value);
  void flags_result(std::uint64_t value, unsigned size);

  TrapFrame& frame_;
};

}  // namespace drydock::machine
