// Privileged instructions, ports, and those that would tell one host from another: IRQL in CR8, time, processor.
#include <cstring>

#include "machine/trap_handler.h"

namespace drydock::machine {
namespace {

constexpr Duration kPauseCost = 20ns;

}  // namespace

bool TrapHandler::general_protection() {
  std::uint8_t bytes[16];
  std::size_t length = machine_.hooks()->original_instruction(frame_.rip, bytes);
  bool patched = length != 0;
  if (!patched) length = fetch(bytes);
  if (length >= 2 && bytes[0] == 0xCD && bytes[1] == 0x29) {
    fault(FaultInfo::Kind::FastFail, static_cast<std::uint32_t>(frame_.rcx));
    return true;
  }
  Instruction instruction;
  if (!decode(bytes, length, instruction)) return false;
  if (!privileged(instruction)) return false;
  next_instruction(instruction);
  return true;
}

bool TrapHandler::privileged(const Instruction& instruction) {
  const auto* operands = instruction.operands;
  switch (instruction.code.mnemonic) {
    case ZYDIS_MNEMONIC_MOV:
      if (operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER && operands[0].reg.value == ZYDIS_REGISTER_CR8) {
        auto irql = static_cast<nt::KIRQL>(registers_.read(operands[1].reg.value));
        if (irql > nt::HIGH_LEVEL) return false;
        irql < current_irql() ? lower_irql(irql) : void(raise_irql(irql));
        return true;
      }
      if (operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER && operands[1].reg.value == ZYDIS_REGISTER_CR8) {
        registers_.write(operands[0].reg.value, current_irql());
        return true;
      }
      return device_move(instruction);  // a non-canonical address faults like this
    case ZYDIS_MNEMONIC_IN:
    case ZYDIS_MNEMONIC_OUT:
    case ZYDIS_MNEMONIC_INSB:
    case ZYDIS_MNEMONIC_INSW:
    case ZYDIS_MNEMONIC_INSD:
    case ZYDIS_MNEMONIC_OUTSB:
    case ZYDIS_MNEMONIC_OUTSW:
    case ZYDIS_MNEMONIC_OUTSD:
      return port_access(instruction);
    case ZYDIS_MNEMONIC_PAUSE:
      spend(kPauseCost);
      return true;
    case ZYDIS_MNEMONIC_RDTSC:
    case ZYDIS_MNEMONIC_RDTSCP: {
      spend(kTimeQueryCost);
      auto ticks = static_cast<std::uint64_t>(machine_.now().count());  // a 1 GHz time stamp counter
      frame_.rax = ticks & 0xFFFF'FFFF;
      frame_.rdx = ticks >> 32;
      if (instruction.code.mnemonic == ZYDIS_MNEMONIC_RDTSCP) frame_.rcx = current_processor_number();
      return true;
    }
    case ZYDIS_MNEMONIC_RDPID:
      registers_.write(operands[0].reg.value, current_processor_number());
      return true;
    case ZYDIS_MNEMONIC_CPUID:
      cpuid();
      return true;
    case ZYDIS_MNEMONIC_RDRAND:
    case ZYDIS_MNEMONIC_RDSEED: {
      std::uint64_t value = 0;
      for (unsigned n = 0; n < 8; ++n) value = value << 8 | machine_.choose("rdrand", 256);
      registers_.write(operands[0].reg.value, value);
      registers_.set_carry(true);  // carry: a number was there
      return true;
    }
    case ZYDIS_MNEMONIC_XGETBV:
      frame_.rax = 3, frame_.rdx = 0;
      return true;
    case ZYDIS_MNEMONIC_HLT:
    case ZYDIS_MNEMONIC_CLI:
    case ZYDIS_MNEMONIC_STI:
    default:
      return false;
  }
}

/// A fixed processor: "Drydock CPU", SSE2 level, no AVX, so that no driver takes a path that differs by host.
void TrapHandler::cpuid() {
  auto leaf = static_cast<std::uint32_t>(frame_.rax);
  std::uint32_t a = 0, b = 0, c = 0, d = 0;
  switch (leaf) {
    case 0:
      a = 1, b = 0x64797244, d = 0x6B636F64, c = 0x20555043;
      break;
    case 1:
      a = 0x000006F0, b = current_processor_number() << 24, c = 0, d = 0x0781'8111 | 1u << 26 | 1u << 25;
      break;
    case 0x8000'0000:
      a = 0x8000'0001;
      break;
    case 0x8000'0001:
      d = 1u << 29 | 1u << 20;
      break;  // long mode, NX
    default:
      break;
  }
  frame_.rax = a, frame_.rbx = b, frame_.rcx = c, frame_.rdx = d;
}

bool TrapHandler::port_access(const Instruction& instruction) {
  auto mnemonic = instruction.code.mnemonic;
  auto port_of = [&](const ZydisDecodedOperand& operand) {
    return static_cast<std::uint16_t>(operand.type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? operand.imm.value.u : frame_.rdx);
  };
  if (mnemonic == ZYDIS_MNEMONIC_IN) {
    unsigned size = instruction.operands[0].size / 8;
    registers_.write(instruction.operands[0].reg.value, port_read(port_of(instruction.operands[1]), size));
    return true;
  }
  if (mnemonic == ZYDIS_MNEMONIC_OUT) {
    unsigned size = instruction.operands[1].size / 8;
    port_write(port_of(instruction.operands[0]), size, registers_.read(instruction.operands[1].reg.value));
    return true;
  }
  bool in = mnemonic == ZYDIS_MNEMONIC_INSB || mnemonic == ZYDIS_MNEMONIC_INSW || mnemonic == ZYDIS_MNEMONIC_INSD;
  unsigned size = mnemonic == ZYDIS_MNEMONIC_INSB || mnemonic == ZYDIS_MNEMONIC_OUTSB   ? 1
                  : mnemonic == ZYDIS_MNEMONIC_INSW || mnemonic == ZYDIS_MNEMONIC_OUTSW ? 2
                                                                                        : 4;
  std::uint64_t& pointer = in ? frame_.rdi : frame_.rsi;
  return repeat(instruction, [&] {
    auto* memory = reinterpret_cast<void*>(pointer);
    auto port = static_cast<std::uint16_t>(frame_.rdx);
    if (!readable(memory, size)) return false;
    std::uint64_t value = 0;
    if (in) {
      value = port_read(port, size);
      std::memcpy(memory, &value, size);
    } else {
      std::memcpy(&value, memory, size);
      port_write(port, size, value);
    }
    advance(pointer, size);
    return true;
  });
}

std::uint64_t TrapHandler::port_read(std::uint16_t port, unsigned size) {
  IoFabric* fabric = machine_.fabric();
  spend(kRegisterAccessCost);
  machine_.impl().ports_touched(port, size);
  std::uint64_t value = fabric ? fabric->read_port(port, size) : ~0ull >> (64 - size * 8);
  ++machine_.impl().register_traps;
  machine_.record(Event::PortRead, port, size, value);
  return value;
}

void TrapHandler::port_write(std::uint16_t port, unsigned size, std::uint64_t value) {
  spend(kRegisterAccessCost);
  machine_.impl().ports_touched(port, size);
  ++machine_.impl().register_traps;
  machine_.record(Event::PortWrite, port, size, value);
  if (IoFabric* fabric = machine_.fabric()) fabric->write_port(port, size, static_cast<std::uint32_t>(value));
}

}  // namespace drydock::machine
