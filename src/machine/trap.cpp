// Traps: instructions of a driver that the host processor refuses. The signal handler only moves execution to the
// fiber's host stack; everything else happens there, where interrupts and DPCs may run.

#include <Zydis/Zydis.h>

#include <cstring>
#include <fmt/format.h>

#include "host/check.h"
#include "host/signals.h"
#include "machine/impl.h"
#include "machine/trap.h"
#include "nt/bugcheck.h"

namespace drydock::machine {

namespace {

constexpr std::uint64_t kSharedUserData = 0xFFFF'F780'0000'0000;
constexpr Duration kRegisterAccessCost = 500ns;
constexpr Duration kPauseCost = 20ns;
constexpr Duration kTimeQueryCost = 20ns;
// CPU-time ticks (of 20 ms) that driver code may run without a point.
constexpr unsigned kTicksWithoutPointMax = 10;

/// What the signal handler saw, for the continuation on the host stack. Written and read on one OS thread.
struct PendingTrap {
  unsigned number = 0;
  std::uint64_t error_code = 0;
  std::uint64_t address = 0;
  bool tick = false;
};
thread_local PendingTrap pending_trap;

std::uint64_t TrapFrame::*const kRegisterOrder[16] = {
    &TrapFrame::rax, &TrapFrame::rcx, &TrapFrame::rdx, &TrapFrame::rbx, &TrapFrame::rsp, &TrapFrame::rbp,
    &TrapFrame::rsi, &TrapFrame::rdi, &TrapFrame::r8,  &TrapFrame::r9,  &TrapFrame::r10, &TrapFrame::r11,
    &TrapFrame::r12, &TrapFrame::r13, &TrapFrame::r14, &TrapFrame::r15};

bool in_driver(const host::InterruptedContext& context, const Machine& machine) {
  auto& memory = const_cast<Machine&>(machine).memory();
  auto pointer = [&](host::Register which) { return reinterpret_cast<const void*>(context.get(which)); };
  return memory.is_ram(pointer(host::Register::Rip)) || memory.is_ram(pointer(host::Register::Rsp));
}

void copy_registers(const host::InterruptedContext& context, TrapFrame& frame) {
  for (unsigned n = 0; n < 16; ++n) frame.*kRegisterOrder[n] = context.get(static_cast<host::Register>(n));
  frame.rip = context.get(host::Register::Rip);
  frame.rflags = context.get(host::Register::Rflags);
  std::memcpy(frame.fx, context.fx().data(), sizeof frame.fx);
}

}  // namespace

extern "C" void drydock_trap_entry();
extern "C" [[noreturn]] void drydock_host_fault_entry();

/// Signal context: moves execution, does nothing else.
bool on_interrupted(host::InterruptedContext& context) {
  if (!Machine::running()) return context.is_tick();
  Machine& machine = Machine::current();
  Machine::Impl& i = machine.impl();
  Processor* processor = i.executing;
  if (!processor) return context.is_tick();

  if (context.is_tick()) {
    std::uint64_t progress = i.point_count << 32 | processor->gs->calls_left;
    if (progress != i.progress_at_tick) {
      i.progress_at_tick = progress;
      i.ticks_without_point = 0;
      return true;
    }
    if (!in_driver(context, machine)) {
      i.ticks_without_point = 0;
      return true;
    }
    if (++i.ticks_without_point < kTicksWithoutPointMax) return true;
  }
  pending_trap = {context.trap_number(), context.error_code(), context.fault_address(), context.is_tick()};

  constexpr std::uint64_t kUnwantedFlags = 0x100 | 0x400 | 0x40000;  // trap, direction, alignment check
  std::uint64_t flags = context.get(host::Register::Rflags) & ~kUnwantedFlags;
  if (in_driver(context, machine)) {
    std::uint64_t top = processor->gs->host_sp;
    auto* frame = reinterpret_cast<TrapFrame*>(top - sizeof(TrapFrame));
    copy_registers(context, *frame);
    context.set(host::Register::Rip, reinterpret_cast<std::uint64_t>(&drydock_trap_entry));
    context.set(host::Register::Rsp, reinterpret_cast<std::uint64_t>(frame));
    context.set(host::Register::Rdi, reinterpret_cast<std::uint64_t>(frame));
    context.set(host::Register::Rflags, flags);
    return true;
  }
  // Our code, called by a driver, touched what the driver gave it. Without a driver below it is our own bug.
  if (!processor->gs->border) return false;
  context.set(host::Register::Rip, reinterpret_cast<std::uint64_t>(&drydock_host_fault_entry));
  context.set(host::Register::Rsp, ((context.get(host::Register::Rsp) - 256) & ~std::uint64_t{15}) - 8);
  context.set(host::Register::Rflags, flags);
  return true;
}

namespace {

/// One trapped instruction, decoded.
struct Instruction {
  ZydisDecodedInstruction code;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

bool decode(const std::uint8_t* bytes, std::size_t length, Instruction& out) {
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  return ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes, length, &out.code, out.operands));
}

/// Copies up to 15 instruction bytes without touching a page the driver could not execute.
std::size_t fetch(const Memory& memory, std::uint64_t rip, std::uint8_t (&bytes)[16]) {
  std::size_t length = 0;
  for (; length < 15; ++length) {
    auto* at = reinterpret_cast<const std::uint8_t*>(rip + length);
    if (!memory.is_ram(at) || memory.access_of(at) == Access::None) break;
    bytes[length] = *at;
  }
  return length;
}

/// Registers of a frame by Zydis' names.
class Registers {
 public:
  explicit Registers(TrapFrame& frame) : frame_(frame) {}

  std::uint64_t read(ZydisRegister which) const {
    if (which == ZYDIS_REGISTER_RIP) return frame_.rip;
    if (which == ZYDIS_REGISTER_NONE) return 0;
    if (is_high_byte(which)) return frame_.*kRegisterOrder[which - ZYDIS_REGISTER_AH] >> 8 & 0xFF;
    std::uint64_t value = frame_.*slot(which);
    switch (ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LONG_64, which)) {
      case 8: return value & 0xFF;
      case 16: return value & 0xFFFF;
      case 32: return value & 0xFFFF'FFFF;
      default: return value;
    }
  }

  void write(ZydisRegister which, std::uint64_t value) {
    if (is_high_byte(which)) {
      std::uint64_t& whole = frame_.*kRegisterOrder[which - ZYDIS_REGISTER_AH];
      whole = (whole & ~0xFF00ull) | (value & 0xFF) << 8;
      return;
    }
    std::uint64_t& whole = frame_.*slot(which);
    switch (ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LONG_64, which)) {
      case 8: whole = (whole & ~0xFFull) | (value & 0xFF); break;
      case 16: whole = (whole & ~0xFFFFull) | (value & 0xFFFF); break;
      case 32: whole = value & 0xFFFF'FFFF; break;  // the upper half is cleared
      default: whole = value;
    }
  }

 private:
  static bool is_high_byte(ZydisRegister which) { return which >= ZYDIS_REGISTER_AH && which <= ZYDIS_REGISTER_BH; }
  static std::uint64_t TrapFrame::*slot(ZydisRegister which) {
    ZydisRegister large = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, which);
    HOST_CHECK(large >= ZYDIS_REGISTER_RAX && large <= ZYDIS_REGISTER_R15);
    return kRegisterOrder[large - ZYDIS_REGISTER_RAX];
  }

  TrapFrame& frame_;
};

bool is_general(const ZydisDecodedOperand& operand) {
  if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER) return false;
  ZydisRegisterClass kind = ZydisRegisterGetClass(operand.reg.value);
  return kind == ZYDIS_REGCLASS_GPR8 || kind == ZYDIS_REGCLASS_GPR16 || kind == ZYDIS_REGCLASS_GPR32 ||
         kind == ZYDIS_REGCLASS_GPR64;
}

/// One trap being handled.
class Trap {
 public:
  Trap(Machine& machine, TrapFrame& frame, const PendingTrap& cause)
      : machine_(machine), frame_(frame), cause_(cause), registers_(frame) {}

  void handle() {
    if (cause_.tick) return spins_for_ever();
    switch (cause_.number) {
      case 0: return fault(FaultInfo::Kind::DivideByZero);
      case 3: return fault(FaultInfo::Kind::Breakpoint);
      case 6: return fault(FaultInfo::Kind::IllegalInstruction);
      case 13:
        if (general_protection()) return;
        return fault(FaultInfo::Kind::GeneralProtection);
      case 14:
        if (page_fault()) return;
        return fault(stack_overflow() ? FaultInfo::Kind::StackOverflow : FaultInfo::Kind::AccessViolation);
      default: return fault(FaultInfo::Kind::GeneralProtection);
    }
  }

  /// Only what the loader replaced: of another process's code nothing else is the machine's to do.
  bool emulate_replaced() {
    std::uint8_t bytes[16];
    const std::size_t length = machine_.hooks()->original_instruction(frame_.rip, bytes);
    Instruction instruction;
    if (length == 0 || !decode(bytes, length, instruction) || !privileged(instruction)) return false;
    frame_.rip += instruction.code.length;
    point();
    return true;
  }

 private:
  void fault(FaultInfo::Kind kind, std::uint32_t code = 0) {
    FaultInfo info;
    info.kind = kind;
    info.address = cause_.number == 14 ? cause_.address : 0;
    info.touch = cause_.error_code & 0x10  ? FaultInfo::Touch::Execute
                 : cause_.error_code & 0x2 ? FaultInfo::Touch::Write
                                           : FaultInfo::Touch::Read;
    info.instruction = frame_.rip;
    info.code = code;
    machine_.hooks()->fault(&frame_, info);
  }

  void spins_for_ever() {
    nt::KIRQL irql = current_irql();
    std::string summary =
        fmt::format("driver code runs on and on at IRQL {} without a call, a register access or a pause that could end it", irql);
    if (irql >= nt::DISPATCH_LEVEL)
      machine_.bug_check(nt::DPC_WATCHDOG_VIOLATION, 1, 0x1E00, 0, 0, std::move(summary), &frame_);
    Finding finding;
    finding.rule = "THREAD_SPINS_FOR_EVER";
    finding.summary = std::move(summary);
    finding.stack = machine_.hooks()->capture_stack(&frame_);
    machine_.report(std::move(finding));
  }

  bool stack_overflow() const {
    auto& i = machine_.impl();
    auto guard_of = [](const std::byte* lowest) { return reinterpret_cast<std::uint64_t>(lowest) - kPageSize; };
    std::uint64_t address = cause_.address;
    auto hits = [&](std::uint64_t guard) { return address - guard < kPageSize || frame_.rsp - guard < kPageSize; };
    if (i.running->driver_stack && hits(guard_of(i.running->driver_stack))) return true;
    return hits(guard_of(i.executing->isr_stack_top - kDriverStackSize)) ||
           hits(guard_of(i.executing->dpc_stack_top - kDriverStackSize));
  }

  // ---- privileged instructions ----

  bool general_protection() {
    std::uint8_t bytes[16];
    std::size_t length = machine_.hooks()->original_instruction(frame_.rip, bytes);
    bool patched = length != 0;
    if (!patched) length = fetch(machine_.memory(), frame_.rip, bytes);
    if (length >= 2 && bytes[0] == 0xCD && bytes[1] == 0x29) {
      fault(FaultInfo::Kind::FastFail, static_cast<std::uint32_t>(frame_.rcx));
      return true;
    }
    Instruction instruction;
    if (!decode(bytes, length, instruction)) return false;
    if (!privileged(instruction)) return false;
    frame_.rip += instruction.code.length;
    point();
    return true;
  }

  bool privileged(const Instruction& instruction) {
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
      case ZYDIS_MNEMONIC_OUTSD: return port_access(instruction);
      case ZYDIS_MNEMONIC_PAUSE: spend(kPauseCost); return true;
      case ZYDIS_MNEMONIC_RDTSC:
      case ZYDIS_MNEMONIC_RDTSCP: {
        spend(kTimeQueryCost);
        auto ticks = static_cast<std::uint64_t>(machine_.now().count());  // a 1 GHz time stamp counter
        frame_.rax = ticks & 0xFFFF'FFFF;
        frame_.rdx = ticks >> 32;
        if (instruction.code.mnemonic == ZYDIS_MNEMONIC_RDTSCP) frame_.rcx = current_processor_number();
        return true;
      }
      case ZYDIS_MNEMONIC_RDPID: registers_.write(operands[0].reg.value, current_processor_number()); return true;
      case ZYDIS_MNEMONIC_CPUID: cpuid(); return true;
      case ZYDIS_MNEMONIC_RDRAND:
      case ZYDIS_MNEMONIC_RDSEED: {
        std::uint64_t value = 0;
        for (unsigned n = 0; n < 8; ++n) value = value << 8 | machine_.choose("rdrand", 256);
        registers_.write(operands[0].reg.value, value);
        frame_.rflags |= 1;  // carry: a number was there
        return true;
      }
      case ZYDIS_MNEMONIC_XGETBV: frame_.rax = 3, frame_.rdx = 0; return true;
      case ZYDIS_MNEMONIC_HLT:
      case ZYDIS_MNEMONIC_CLI:
      case ZYDIS_MNEMONIC_STI:
      default: return false;
    }
  }

  /// A fixed processor: "Drydock CPU", SSE2 level, no AVX, so that no driver takes a path that differs by host.
  void cpuid() {
    auto leaf = static_cast<std::uint32_t>(frame_.rax);
    std::uint32_t a = 0, b = 0, c = 0, d = 0;
    switch (leaf) {
      case 0: a = 1, b = 0x64797244, d = 0x6B636F64, c = 0x20555043; break;
      case 1: a = 0x000006F0, b = current_processor_number() << 24, c = 0, d = 0x0781'8111 | 1u << 26 | 1u << 25; break;
      case 0x8000'0000: a = 0x8000'0001; break;
      case 0x8000'0001: d = 1u << 29 | 1u << 20; break;  // long mode, NX
      default: break;
    }
    frame_.rax = a, frame_.rbx = b, frame_.rcx = c, frame_.rdx = d;
  }

  bool port_access(const Instruction& instruction) {
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

  std::uint64_t port_read(std::uint16_t port, unsigned size) {
    IoFabric* fabric = machine_.fabric();
    spend(kRegisterAccessCost);
    machine_.impl().ports_touched(port, size);
    std::uint64_t value = fabric ? fabric->read_port(port, size) : ~0ull >> (64 - size * 8);
    ++machine_.impl().register_traps;
    machine_.record(Event::PortRead, port, size, value);
    return value;
  }

  void port_write(std::uint16_t port, unsigned size, std::uint64_t value) {
    spend(kRegisterAccessCost);
    machine_.impl().ports_touched(port, size);
    ++machine_.impl().register_traps;
    machine_.record(Event::PortWrite, port, size, value);
    if (IoFabric* fabric = machine_.fabric()) fabric->write_port(port, size, static_cast<std::uint32_t>(value));
  }

  // ---- memory that is not RAM ----

  bool page_fault() {
    if (cause_.error_code & 0x10) return false;  // instruction fetch
    std::uint8_t bytes[16];
    std::size_t length = fetch(machine_.memory(), frame_.rip, bytes);
    Instruction instruction;
    if (!decode(bytes, length, instruction)) return false;
    return device_move(instruction);
  }

  std::uint64_t address_of(const Instruction& instruction, const ZydisDecodedOperand& operand) const {
    const auto& memory = operand.mem;
    std::uint64_t address = registers_.read(memory.base) + registers_.read(memory.index) * (memory.scale ? memory.scale : 1);
    if (memory.disp.has_displacement) address += static_cast<std::uint64_t>(memory.disp.value);
    if (memory.base == ZYDIS_REGISTER_RIP) address += instruction.code.length;
    return address;
  }

  bool is_device(std::uint64_t address) const {
    return machine_.memory().device_pa(reinterpret_cast<const void*>(address)) != kNoPhysicalAddress;
  }
  static bool is_shared_data(std::uint64_t address) { return address - kSharedUserData < kPageSize; }
  bool is_ours(std::uint64_t address) const { return is_device(address) || is_shared_data(address); }

  bool readable(const void* address, unsigned size) const {
    auto& memory = machine_.memory();
    return memory.access_of(address) != Access::None &&
           memory.access_of(static_cast<const std::byte*>(address) + size - 1) != Access::None;
  }

  std::uint64_t load(std::uint64_t address, unsigned size) {
    if (is_shared_data(address)) {
      spend(kTimeQueryCost);
      return machine_.hooks()->kuser_read(static_cast<unsigned>(address - kSharedUserData), size);
    }
    PhysicalAddress pa = machine_.memory().device_pa(reinterpret_cast<const void*>(address));
    return read_device(machine_, pa, size);
  }

  void store(std::uint64_t address, unsigned size, std::uint64_t value) {
    PhysicalAddress pa = machine_.memory().device_pa(reinterpret_cast<const void*>(address));
    write_device(machine_, pa, size, value);
  }

  /// Emulates an instruction one of whose memory operands is device memory (or the shared page). False: it is not.
  bool device_move(const Instruction& instruction) {
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
    frame_.rip += instruction.code.length;
    point();
    return true;
  }

  bool operate(const Instruction& instruction, std::uint64_t address, unsigned size) {
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
      case ZYDIS_MNEMONIC_MOVZX: registers_.write(first.reg.value, load(address, size)); return true;
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
      case ZYDIS_MNEMONIC_TEST: flags_logic(load(address, size) & source(), size); return true;
      case ZYDIS_MNEMONIC_CMP: {
        std::uint64_t left = to_memory ? load(address, size) : registers_.read(first.reg.value);
        std::uint64_t right = to_memory ? source() : load(address, size);
        flags_subtract(left, right, size);
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
        flags_logic(value, size);
        to_memory ? store(address, size, value) : registers_.write(first.reg.value, value);
        return true;
      }
      case ZYDIS_MNEMONIC_ADD:
        if (to_memory || size != 4) return false;
        {
          std::uint64_t left = registers_.read(first.reg.value), right = load(address, size);
          flags_add(left, right, size);
          registers_.write(first.reg.value, left + right);
        }
        return true;
      case ZYDIS_MNEMONIC_BT: {
        std::uint64_t bit = source() & (size * 8 - 1);
        set_flag(0, load(address, size) >> bit & 1);
        return true;
      }
      case ZYDIS_MNEMONIC_MOVQ:
      case ZYDIS_MNEMONIC_MOVD:
      case ZYDIS_MNEMONIC_MOVUPS:
      case ZYDIS_MNEMONIC_MOVAPS:
      case ZYDIS_MNEMONIC_MOVDQA:
      case ZYDIS_MNEMONIC_MOVDQU: return vector_move(to_memory ? second : first, address, size, to_memory);
      default: return false;
    }
  }

  bool vector_move(const ZydisDecodedOperand& operand, std::uint64_t address, unsigned size, bool to_memory) {
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

  bool string_move(const Instruction& instruction) {
    unsigned size;
    bool stores;
    switch (instruction.code.mnemonic) {
      case ZYDIS_MNEMONIC_MOVSB: size = 1, stores = false; break;
      case ZYDIS_MNEMONIC_MOVSW: size = 2, stores = false; break;
      case ZYDIS_MNEMONIC_MOVSD: size = 4, stores = false; break;
      case ZYDIS_MNEMONIC_MOVSQ: size = 8, stores = false; break;
      case ZYDIS_MNEMONIC_STOSB: size = 1, stores = true; break;
      case ZYDIS_MNEMONIC_STOSW: size = 2, stores = true; break;
      case ZYDIS_MNEMONIC_STOSD: size = 4, stores = true; break;
      case ZYDIS_MNEMONIC_STOSQ: size = 8, stores = true; break;
      default: return false;
    }
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
    frame_.rip += instruction.code.length;
    point();
    return true;
  }

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

  void advance(std::uint64_t& pointer, unsigned size) { pointer += frame_.rflags & 0x400 ? -std::uint64_t{size} : size; }

  // ---- flags ----

  void set_flag(unsigned bit, bool value) {
    frame_.rflags = (frame_.rflags & ~(std::uint64_t{1} << bit)) | std::uint64_t{value} << bit;
  }
  void flags_result(std::uint64_t value, unsigned size) {
    std::uint64_t mask = size == 8 ? ~0ull : (std::uint64_t{1} << size * 8) - 1;
    set_flag(6, (value & mask) == 0);
    set_flag(7, value >> (size * 8 - 1) & 1);
    set_flag(2, __builtin_parityll(value & 0xFF) == 0);
  }
  void flags_logic(std::uint64_t value, unsigned size) {
    flags_result(value, size);
    set_flag(0, false);
    set_flag(11, false);
  }
  void flags_subtract(std::uint64_t left, std::uint64_t right, unsigned size) {
    std::uint64_t mask = size == 8 ? ~0ull : (std::uint64_t{1} << size * 8) - 1;
    left &= mask, right &= mask;
    std::uint64_t value = (left - right) & mask;
    flags_result(value, size);
    set_flag(0, left < right);
    set_flag(4, (left ^ right ^ value) & 0x10);
    set_flag(11, ((left ^ right) & (left ^ value)) >> (size * 8 - 1) & 1);
  }
  void flags_add(std::uint64_t left, std::uint64_t right, unsigned size) {
    std::uint64_t mask = size == 8 ? ~0ull : (std::uint64_t{1} << size * 8) - 1;
    left &= mask, right &= mask;
    std::uint64_t value = (left + right) & mask;
    flags_result(value, size);
    set_flag(0, value < left);
    set_flag(4, (left ^ right ^ value) & 0x10);
    set_flag(11, (~(left ^ right) & (left ^ value)) >> (size * 8 - 1) & 1);
  }

  Machine& machine_;
  TrapFrame& frame_;
  PendingTrap cause_;
  Registers registers_;
};

}  // namespace

bool emulate_replaced_instruction(TrapFrame& registers) {
  return Trap(Machine::current(), registers, {}).emulate_replaced();
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

extern "C" {

/// On the fiber's host stack, just below the frame that the signal handler filled.
void drydock_on_trap(TrapFrame* frame) {
  Machine& machine = Machine::current();
  Processor& processor = *machine.impl().executing;
  PendingTrap cause = pending_trap;
  ++machine.impl().point_count;
  BorderRecord record{};
  record.previous = processor.gs->border;
  record.kind = BorderKind::Trap;
  record.irql = processor.irql();
  record.rsp = frame->rsp;
  record.rbx = frame->rbx, record.rbp = frame->rbp, record.rsi = frame->rsi, record.rdi = frame->rdi;
  record.r12 = frame->r12, record.r13 = frame->r13, record.r14 = frame->r14, record.r15 = frame->r15;
  std::memcpy(record.xmm6_to_15, frame->fx + 160 + 6 * 16, sizeof record.xmm6_to_15);
  record.trap = frame;
  record.host_sp = processor.gs->host_sp;
  processor.gs->border = &record;
  processor.gs->guest_sp = machine.memory().is_ram(reinterpret_cast<void*>(frame->rsp))
                               ? frame->rsp
                               : reinterpret_cast<std::uint64_t>(processor.dpc_stack_top);
  Trap(machine, *frame, cause).handle();
  machine.impl().executing->gs->border = record.previous;
}

/// Our code faulted on a driver's account; everything above the border is given up.
[[noreturn]] void drydock_host_fault_entry() {
  Machine& machine = Machine::current();
  PendingTrap cause = pending_trap;
  FaultInfo info;
  info.kind = FaultInfo::Kind::AccessViolation;
  info.touch = cause.error_code & 0x2 ? FaultInfo::Touch::Write : FaultInfo::Touch::Read;
  info.address = cause.number == 14 ? cause.address : 0;
  info.in_host = true;
  BorderRecord* border = machine.impl().executing->gs->border;
  info.instruction = border->trap ? border->trap->rip : *reinterpret_cast<std::uint64_t*>(border->rsp);
  machine.hooks()->fault(nullptr, info);
  HOST_CHECK(!"a fault in our own code was continued");
  __builtin_unreachable();
}
}

}  // namespace drydock::machine
