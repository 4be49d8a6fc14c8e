// Instructions whose memory operand is a device's registers (or the shared user page), carried out one access at a
// time.
#include <algorithm>
#include <cstring>

#include "machine/trap.h"
#include "machine/trap_handler.h"

namespace drydock::machine {
namespace {

constexpr std::uint64_t kSharedUserData = 0xFFFF'F780'0000'0000;

struct StringMove {
  ZydisMnemonic mnemonic;
  unsigned size;
  bool stores;
};
constexpr StringMove kStringMoves[] = {
    {ZYDIS_MNEMONIC_MOVSB, 1, false}, {ZYDIS_MNEMONIC_MOVSW, 2, false}, {ZYDIS_MNEMONIC_MOVSD, 4, false},
    {ZYDIS_MNEMONIC_MOVSQ, 8, false}, {ZYDIS_MNEMONIC_STOSB, 1, true},  {ZYDIS_MNEMONIC_STOSW, 2, true},
    {ZYDIS_MNEMONIC_STOSD, 4, true},  {ZYDIS_MNEMONIC_STOSQ, 8, true},
};

bool is_shared_data(std::uint64_t address) {
  return address - kSharedUserData < kPageSize;
}

bool is_general(const ZydisDecodedOperand& operand) {
  if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER) return false;
  ZydisRegisterClass kind = ZydisRegisterGetClass(operand.reg.value);
  return kind == ZYDIS_REGCLASS_GPR8 || kind == ZYDIS_REGCLASS_GPR16 || kind == ZYDIS_REGCLASS_GPR32 ||
         kind == ZYDIS_REGCLASS_GPR64;
}

}  // namespace

bool TrapHandler::page_fault() {
  if (cause_.error_code & 0x10) return false;  // instruction fetch
  std::uint8_t bytes[16];
  std::size_t length = fetch(bytes);
  Instruction instruction;
  if (!decode(bytes, length, instruction)) return false;
  return device_move(instruction);
}

std::uint64_t TrapHandler::address_of(const Instruction& instruction, const ZydisDecodedOperand& operand) const {
  const auto& memory = operand.mem;
  std::uint64_t address =
      registers_.read(memory.base) + registers_.read(memory.index) * (memory.scale ? memory.scale : 1);
  if (memory.disp.has_displacement) address += static_cast<std::uint64_t>(memory.disp.value);
  if (memory.base == ZYDIS_REGISTER_RIP) address += instruction.code.length;
  return address;
}

bool TrapHandler::is_device(std::uint64_t address) const {
  return machine_.memory().device_pa(reinterpret_cast<const void*>(address)) != kNoPhysicalAddress;
}

bool TrapHandler::is_ours(std::uint64_t address) const {
  return is_device(address) || is_shared_data(address);
}

bool TrapHandler::readable(const void* address, unsigned size) const {
  auto& memory = machine_.memory();
  return memory.access_of(address) != Access::None &&
         memory.access_of(static_cast<const std::byte*>(address) + size - 1) != Access::None;
}

std::uint64_t TrapHandler::load(std::uint64_t address, unsigned size) {
  if (is_shared_data(address)) {
    spend(kTimeQueryCost);
    return machine_.hooks()->kuser_read(static_cast<unsigned>(address - kSharedUserData), size);
  }
  PhysicalAddress pa = machine_.memory().device_pa(reinterpret_cast<const void*>(address));
  return read_device(machine_, pa, size);
}

void TrapHandler::store(std::uint64_t address, unsigned size, std::uint64_t value) {
  PhysicalAddress pa = machine_.memory().device_pa(reinterpret_cast<const void*>(address));
  write_device(machine_, pa, size, value);
}

/// Emulates an instruction one of whose memory operands is device memory (or the shared page). False: it is not.
bool TrapHandler::device_move(const Instruction& instruction) {
  if (string_move(instruction)) return true;
  const ZydisDecodedOperand* memory = nullptr;
  for (unsigned n = 0; n < instruction.code.operand_count_visible; ++n)
    if (instruction.operands[n].type == ZYDIS_OPERAND_TYPE_MEMORY) memory = &instruction.operands[n];
  if (!memory) return false;
  std::uint64_t address = address_of(instruction, *memory);
  if (!is_ours(address)) return false;
  if (is_shared_data(address) && (memory->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)) return false;
  unsigned size = memory->size / 8;
  if (!operate(instruction, address, size)) {
    char text[96] = "?";
    ZydisFormatter formatter;
    ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
    ZydisFormatterFormatInstruction(&formatter, &instruction.code, instruction.operands,
                                    instruction.code.operand_count_visible, text, sizeof text, frame_.rip, nullptr);
    machine_.not_implemented(text, "this instruction on device memory is not emulated");
  }
  next_instruction(instruction);
  return true;
}

bool TrapHandler::operate(const Instruction& instruction, std::uint64_t address, unsigned size) {
  const auto& first = instruction.operands[0];
  const auto& second = instruction.operands[1];
  bool to_memory = first.type == ZYDIS_OPERAND_TYPE_MEMORY;
  auto source = [&]() -> std::uint64_t {
    return second.type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? second.imm.value.u : registers_.read(second.reg.value);
  };
  switch (instruction.code.mnemonic) {
    case ZYDIS_MNEMONIC_MOV:
    case ZYDIS_MNEMONIC_MOVNTI:
      if (size > 8) return false;
      if (to_memory) {
        if (second.type != ZYDIS_OPERAND_TYPE_IMMEDIATE && !is_general(second)) return false;
        store(address, size, source());
      } else {
        if (!is_general(first)) return false;
        registers_.write(first.reg.value, load(address, size));
      }
      return true;
    case ZYDIS_MNEMONIC_MOVZX:
      registers_.write(first.reg.value, load(address, size));
      return true;
    case ZYDIS_MNEMONIC_MOVSX:
    case ZYDIS_MNEMONIC_MOVSXD: {
      auto shift = 64 - size * 8;
      auto value = static_cast<std::int64_t>(load(address, size) << shift) >> shift;
      registers_.write(first.reg.value, static_cast<std::uint64_t>(value));
      return true;
    }
    case ZYDIS_MNEMONIC_XCHG: {
      const auto& other = to_memory ? second : first;
      std::uint64_t old = load(address, size);
      store(address, size, registers_.read(other.reg.value));
      registers_.write(other.reg.value, old);
      return true;
    }
    case ZYDIS_MNEMONIC_TEST:
      registers_.flags_logic(load(address, size) & source(), size);
      return true;
    case ZYDIS_MNEMONIC_CMP: {
      std::uint64_t left = to_memory ? load(address, size) : registers_.read(first.reg.value);
      std::uint64_t right = to_memory ? source() : load(address, size);
      registers_.flags_subtract(left, right, size);
      return true;
    }
    case ZYDIS_MNEMONIC_AND:
    case ZYDIS_MNEMONIC_OR:
    case ZYDIS_MNEMONIC_XOR: {
      std::uint64_t left = to_memory ? load(address, size) : registers_.read(first.reg.value);
      std::uint64_t right = to_memory ? source() : load(address, size);
      std::uint64_t value = instruction.code.mnemonic == ZYDIS_MNEMONIC_AND  ? left & right
                            : instruction.code.mnemonic == ZYDIS_MNEMONIC_OR ? left | right
                                                                             : left ^ right;
      registers_.flags_logic(value, size);
      to_memory ? store(address, size, value) : registers_.write(first.reg.value, value);
      return true;
    }
    case ZYDIS_MNEMONIC_ADD:
      if (to_memory || size != 4) return false;
      {
        std::uint64_t left = registers_.read(first.reg.value), right = load(address, size);
        registers_.flags_add(left, right, size);
        registers_.write(first.reg.value, left + right);
      }
      return true;
    case ZYDIS_MNEMONIC_BT: {
      std::uint64_t bit = source() & (size * 8 - 1);
      registers_.set_carry(load(address, size) >> bit & 1);
      return true;
    }
    case ZYDIS_MNEMONIC_MOVQ:
    case ZYDIS_MNEMONIC_MOVD:
    case ZYDIS_MNEMONIC_MOVUPS:
    case ZYDIS_MNEMONIC_MOVAPS:
    case ZYDIS_MNEMONIC_MOVDQA:
    case ZYDIS_MNEMONIC_MOVDQU:
      return vector_move(to_memory ? second : first, address, size, to_memory);
    default:
      return false;
  }
}

bool TrapHandler::vector_move(const ZydisDecodedOperand& operand, std::uint64_t address, unsigned size,
                              bool to_memory) {
  if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER || ZydisRegisterGetClass(operand.reg.value) != ZYDIS_REGCLASS_XMM)
    return false;
  std::uint8_t* xmm = frame_.fx + 160 + 16 * (operand.reg.value - ZYDIS_REGISTER_XMM0);
  if (!to_memory) std::memset(xmm, 0, 16);
  for (unsigned done = 0; done < size; done += 8) {
    unsigned part = size - done < 8 ? size - done : 8;
    std::uint64_t value = 0;
    if (to_memory) {
      std::memcpy(&value, xmm + done, part);
      store(address + done, part, value);
    } else {
      value = load(address + done, part);
      std::memcpy(xmm + done, &value, part);
    }
  }
  return true;
}

bool TrapHandler::string_move(const Instruction& instruction) {
  const auto found = std::ranges::find(kStringMoves, instruction.code.mnemonic, &StringMove::mnemonic);
  if (found == std::end(kStringMoves)) return false;
  const unsigned size = found->size;
  const bool stores = found->stores;
  if (ZydisRegisterGetClass(instruction.operands[0].reg.value) == ZYDIS_REGCLASS_XMM) return false;  // SSE2's movsd
  if (!is_device(frame_.rdi) && (stores || !is_ours(frame_.rsi))) return false;
  bool ended = repeat(instruction, [&] {
    std::uint64_t value = frame_.rax;
    if (!stores) {
      if (is_ours(frame_.rsi))
        value = load(frame_.rsi, size);
      else if (readable(reinterpret_cast<const void*>(frame_.rsi), size))
        std::memcpy(&value, reinterpret_cast<const void*>(frame_.rsi), size);
      else
        return false;
    }
    if (is_device(frame_.rdi))
      store(frame_.rdi, size, value);
    else if (readable(reinterpret_cast<const void*>(frame_.rdi), size))
      std::memcpy(reinterpret_cast<void*>(frame_.rdi), &value, size);
    else
      return false;
    advance(frame_.rdi, size);
    if (!stores) advance(frame_.rsi, size);
    return true;
  });
  if (!ended) return false;
  next_instruction(instruction);
  return true;
}

std::uint64_t read_device(Machine& machine, PhysicalAddress pa, unsigned size) {
  spend(kRegisterAccessCost);
  machine.impl().registers_touched(pa, size);
  IoFabric* fabric = machine.fabric();
  std::uint64_t value = fabric ? fabric->read_memory(pa, size) : ~0ull >> (64 - size * 8);
  ++machine.impl().register_traps;
  machine.record(Event::RegisterRead, pa, size, value);
  return value;
}

void write_device(Machine& machine, PhysicalAddress pa, unsigned size, std::uint64_t value) {
  spend(kRegisterAccessCost);
  machine.impl().registers_touched(pa, size);
  ++machine.impl().register_traps;
  machine.record(Event::RegisterWrite, pa, size, value);
  if (IoFabric* fabric = machine.fabric()) fabric->write_memory(pa, size, value);
}

}  // namespace drydock::machine
