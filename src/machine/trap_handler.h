#pragma once
// One trap of a driver's code being handled, on the fiber's host stack, where interrupts and DPCs may run.
// The frame is the driver's state: what an emulated instruction changes there, the driver finds when it goes on.

#include <Zydis/Zydis.h>

#include <cstdint>

#include "machine/impl.h"
#include "machine/trap_registers.h"

namespace drydock::machine {

inline constexpr Duration kRegisterAccessCost = 500ns;
inline constexpr Duration kTimeQueryCost = 20ns;

/// What the signal handler saw.
struct TrapCause {
  unsigned number = 0;  ///< the processor's exception vector
  std::uint64_t error_code = 0;
  std::uint64_t address = 0;
  bool tick = false;  ///< no exception: the watchdog's clock
};

struct Instruction {
  ZydisDecodedInstruction code;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

class TrapHandler {
 public:
  TrapHandler(Machine& machine, TrapFrame& frame, const TrapCause& cause)
      : machine_(machine), frame_(frame), cause_(cause), registers_(frame) {}

  /// Emulates the instruction, or hands the fault to the kernel's exception dispatcher, which may not return.
  void handle();

  /// Only what the loader replaced: of another process's code nothing else is the machine's to do.
  bool emulate_replaced();

 private:
  // trap.cpp
  void fault(FaultInfo::Kind kind, std::uint32_t code = 0);
  void spins_for_ever();
  bool stack_overflow() const;
  void next_instruction(const Instruction& instruction);
  /// Up to 15 instruction bytes at RIP without touching a page the driver could not execute.
  std::size_t fetch(std::uint8_t (&bytes)[16]) const;

  // trap_privileged.cpp: false means that it is for the driver to suffer
  bool general_protection();
  bool privileged(const Instruction& instruction);
  void cpuid();
  bool port_access(const Instruction& instruction);
  std::uint64_t port_read(std::uint16_t port, unsigned size);
  void port_write(std::uint16_t port, unsigned size, std::uint64_t value);

  // trap_device.cpp: false means that no device memory was touched
  bool page_fault();
  bool device_move(const Instruction& instruction);
  bool operate(const Instruction& instruction, std::uint64_t address, unsigned size);
  bool vector_move(const ZydisDecodedOperand& operand, std::uint64_t address, unsigned size, bool to_memory);
  bool string_move(const Instruction& instruction);
  std::uint64_t address_of(const Instruction& instruction, const ZydisDecodedOperand& operand) const;
  bool is_device(std::uint64_t address) const;
  bool is_ours(std::uint64_t address) const;
  bool readable(const void* address, unsigned size) const;
  std::uint64_t load(std::uint64_t address, unsigned size);
  void store(std::uint64_t address, unsigned size, std::uint64_t value);

  /// A string instruction's step, once or RCX times. False: a step could not be done.
  template <class Step>
  bool repeat(const Instruction& instruction, Step step) {
    bool repeats = instruction.code.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE);
    if (!repeats) return step();
    while (frame_.rcx != 0) {
      if (!step()) return false;
      --frame_.rcx;
    }
    return true;
  }
  void advance(std::uint64_t& pointer, unsigned size) {
    pointer += frame_.rflags & 0x400 ? -std::uint64_t{size} : size;
  }

  Machine& machine_;
  TrapFrame& frame_;
  TrapCause cause_;
  TrapRegisters registers_;
};

bool decode(const std::uint8_t* bytes, std::size_t length, Instruction& out);

}  // namespace drydock::machine
