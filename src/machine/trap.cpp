// Traps: instructions of a driver that the host processor refuses. The signal handler only moves execution to the
// fiber's host stack; everything else happens there, where interrupts and DPCs may run.

#include <fmt/format.h>
#include <cstring>

#include "host/check.h"
#include "host/signals.h"
#include "machine/trap_handler.h"
#include "nt/bugcheck.h"

namespace drydock::machine {

namespace {

// CPU-time ticks (of 20 ms) that driver code may run without a point.
constexpr unsigned kTicksWithoutPointMax = 10;

/// For the continuation on the host stack. Written and read on one OS thread.
thread_local TrapCause pending_trap;

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

bool decode(const std::uint8_t* bytes, std::size_t length, Instruction& out) {
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  return ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes, length, &out.code, out.operands));
}

std::size_t TrapHandler::fetch(std::uint8_t (&bytes)[16]) const {
  const Memory& memory = machine_.memory();
  std::size_t length = 0;
  for (; length < 15; ++length) {
    auto* at = reinterpret_cast<const std::uint8_t*>(frame_.rip + length);
    if (!memory.is_ram(at) || memory.access_of(at) == Access::None) break;
    bytes[length] = *at;
  }
  return length;
}

void TrapHandler::handle() {
  if (cause_.tick) return spins_for_ever();
  switch (cause_.number) {
    case 0:
      return fault(FaultInfo::Kind::DivideByZero);
    case 3:
      return fault(FaultInfo::Kind::Breakpoint);
    case 6:
      return fault(FaultInfo::Kind::IllegalInstruction);
    case 13:
      if (general_protection()) return;
      return fault(FaultInfo::Kind::GeneralProtection);
    case 14:
      if (page_fault()) return;
      return fault(stack_overflow() ? FaultInfo::Kind::StackOverflow : FaultInfo::Kind::AccessViolation);
    default:
      return fault(FaultInfo::Kind::GeneralProtection);
  }
}

bool TrapHandler::emulate_replaced() {
  std::uint8_t bytes[16];
  const std::size_t length = machine_.hooks()->original_instruction(frame_.rip, bytes);
  Instruction instruction;
  if (length == 0 || !decode(bytes, length, instruction) || !privileged(instruction)) return false;
  next_instruction(instruction);
  return true;
}

void TrapHandler::next_instruction(const Instruction& instruction) {
  frame_.rip += instruction.code.length;
  point();
}

void TrapHandler::fault(FaultInfo::Kind kind, std::uint32_t code) {
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

void TrapHandler::spins_for_ever() {
  nt::KIRQL irql = current_irql();
  std::string summary = fmt::format(
      "driver code runs on and on at IRQL {} without a call, a register access or a pause that could end it", irql);
  if (irql >= nt::DISPATCH_LEVEL)
    machine_.bug_check(nt::DPC_WATCHDOG_VIOLATION, 1, 0x1E00, 0, 0, std::move(summary), &frame_);
  Finding finding;
  finding.rule = "THREAD_SPINS_FOR_EVER";
  finding.summary = std::move(summary);
  finding.stack = machine_.hooks()->capture_stack(&frame_);
  machine_.report(std::move(finding));
}

bool TrapHandler::stack_overflow() const {
  auto& i = machine_.impl();
  auto guard_of = [](const std::byte* lowest) { return reinterpret_cast<std::uint64_t>(lowest) - kPageSize; };
  std::uint64_t address = cause_.address;
  auto hits = [&](std::uint64_t guard) { return address - guard < kPageSize || frame_.rsp - guard < kPageSize; };
  if (i.running->driver_stack && hits(guard_of(i.running->driver_stack))) return true;
  return hits(guard_of(i.executing->isr_stack_top - kDriverStackSize)) ||
         hits(guard_of(i.executing->dpc_stack_top - kDriverStackSize));
}

bool emulate_replaced_instruction(TrapFrame& registers) {
  return TrapHandler(Machine::current(), registers, {}).emulate_replaced();
}

extern "C" {

/// On the fiber's host stack, just below the frame that the signal handler filled.
void drydock_on_trap(TrapFrame* frame) {
  Machine& machine = Machine::current();
  Processor& processor = *machine.impl().executing;
  TrapCause cause = pending_trap;
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
  TrapHandler(machine, *frame, cause).handle();
  machine.impl().executing->gs->border = record.previous;
}

/// Our code faulted on a driver's account; everything above the border is given up.
[[noreturn]] void drydock_host_fault_entry() {
  Machine& machine = Machine::current();
  TrapCause cause = pending_trap;
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
