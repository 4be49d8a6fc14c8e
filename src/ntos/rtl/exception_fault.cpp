// A driver's faults: first what Windows' page fault handler would stop for, then the exception that handlers may take.
#include <fmt/format.h>

#include <string>

#include "machine/processor.h"
#include "nt/bugcheck.h"
#include "nt/irql.h"
#include "ntos/kernel.h"
#include "ntos/rtl/exception_dispatch.h"
#include "ntos/rtl/fault_witness.h"
#include "ntos/rtl/state.h"

namespace drydock::ntos::rtl {
namespace {

using machine::Access;
using machine::FaultInfo;
using machine::Machine;
using machine::TrapFrame;

constexpr std::uint64_t kUserProbeAddress = 0x7FFF'0000;  // MmUserProbeAddress: below lie user addresses

std::string place(std::uint64_t address) {
  return image::Images::current().symbol_at(address);
}

bool is_canonical(std::uint64_t address) {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(address << 16) >> 16) == address;
}

const char* name_of(NTSTATUS status) {
  const char* name = status_name(status);
  return name ? name : "an unnamed code";
}

/// A fault on memory, as page fault handler and reader see it.
class PageFault {
 public:
  PageFault(TrapFrame* trap, const FaultInfo& info)
      : trap_(trap), info_(info), border_(machine::innermost_border()), irql_(machine::current_irql()) {}

  /// Stops the machine where Windows would not even look for a handler.
  void stop_if_hopeless() {
    const auto* at = reinterpret_cast<const void*>(info_.address);
    const machine::Memory& memory = Machine::current().memory();
    const image::Images& images = image::Images::current();
    if (const auto* gone = images.unloaded_at(at))
      stop(DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS, info_.address, touch(0, 1, 8), info_.instruction, 0,
           fmt::format(", which belonged to {} until it was unloaded", gone->name));
    const Access access = memory.is_guest(at) ? memory.access_of(at) : Access::None;
    if (info_.touch == FaultInfo::Touch::Execute && access != Access::None)
      stop(ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, info_.address, 0, 0, 0, ", which is data");
    if (info_.touch == FaultInfo::Touch::Write && (access == Access::Read || access == Access::ReadExecute))
      stop(ATTEMPTED_WRITE_TO_READONLY_MEMORY, info_.address, 0, 0, 0, ", which is read-only");
    if (irql_ >= DISPATCH_LEVEL) {
      if (in_kernel())
        stop(IRQL_NOT_LESS_OR_EQUAL, info_.address, irql_, touch(0, 1, 8), info_.instruction, nothing_there());
      stop(DRIVER_IRQL_NOT_LESS_OR_EQUAL, info_.address, irql_, touch(0, 1, 8), info_.instruction, nothing_there());
    }
    if (info_.address >= kUserProbeAddress && is_canonical(info_.address)) {
      const image::LoadedImage* image = images.at(at);
      stop(PAGE_FAULT_IN_NONPAGED_AREA, info_.address, touch(0, 2, 0x10), info_.instruction, 2,
           image && image->init_discarded() ? ", which was discarded after DriverEntry (INIT)" : nothing_there());
    }
  }

  std::string summary(std::string_view why) const {
    if (info_.touch == FaultInfo::Touch::Execute) {
      std::string caller = "a driver";
      std::uint64_t address;
      if (trap_ && image::read_guest(trap_->rsp, &address, 8) &&
          image::Images::current().at(reinterpret_cast<void*>(address)))
        caller = place(address);
      return fmt::format("{} jumped to {}{}, at IRQL {}", caller, spelled(), why, irql_);
    }
    const char* verb = info_.touch == FaultInfo::Touch::Write ? "wrote to" : "read from";
    return fmt::format("{} {} {}{}, at IRQL {}", actor(), verb, spelled(), why, irql_);
  }
  std::string nothing_there() const {
    return info_.address < 0x10000       ? ", a null pointer"
           : is_canonical(info_.address) ? ", where no memory is mapped"
                                         : ", no address at all";
  }

 private:
  [[noreturn]] void stop(ULONG code, ULONG64 p1, ULONG64 p2, ULONG64 p3, ULONG64 p4, const std::string& why) {
    Machine::current().bug_check(code, p1, p2, p3, p4, summary(why), trap_);
  }
  ULONG64 touch(ULONG64 read, ULONG64 write, ULONG64 execute) const {
    return info_.touch == FaultInfo::Touch::Read ? read : info_.touch == FaultInfo::Touch::Write ? write : execute;
  }
  /// Port drivers and the framework are drivers; only these two are the kernel.
  bool in_kernel() const {
    return info_.in_host && border_ && border_->slot &&
           (image::same_module(border_->slot->module, "ntoskrnl.exe") ||
            image::same_module(border_->slot->module, "hal.dll"));
  }
  std::string spelled() const {
    const image::Images& images = image::Images::current();
    const auto* at = reinterpret_cast<const void*>(info_.address);
    return images.at(at) || images.unloaded_at(at) ? place(info_.address) : fmt::format("0x{:x}", info_.address);
  }
  std::string actor() const {
    if (!info_.in_host || !border_ || !border_->slot) return place(info_.instruction);
    return fmt::format("{}!{}, called by {},", border_->slot->module, border_->slot->name, place(info_.instruction));
  }

  TrapFrame* trap_;
  const FaultInfo& info_;
  machine::BorderRecord* border_;
  KIRQL irql_;
};

/// Instructions that a Windows driver may execute and we do not emulate.
const char* privileged_instruction(std::uint64_t rip) {
  std::uint8_t code[3] = {};
  for (unsigned i = 0; i < sizeof code; ++i)
    if (!image::read_guest(rip + i, &code[i], 1)) break;
  const unsigned at = (code[0] & 0xF0) == 0x40 ? 1 : 0;  // REX
  switch (code[at]) {
    case 0xF4:
      return "hlt";
    case 0xFA:
      return "cli";
    case 0xFB:
      return "sti";
    case 0x0F:
      if (at) break;
      switch (code[1]) {
        case 0x00:
          return "ltr or lldt";
        case 0x01:
          return "lgdt, lidt, invlpg or another system instruction";
        case 0x05:
          return "syscall";
        case 0x06:
          return "clts";
        case 0x07:
          return "sysret";
        case 0x08:
          return "invd";
        case 0x09:
          return "wbinvd";
        case 0x20:
        case 0x22:
          return "mov to or from a control register";
        case 0x21:
        case 0x23:
          return "mov to or from a debug register";
        case 0x30:
          return "wrmsr";
        case 0x32:
          return "rdmsr";
        case 0x33:
          return "rdpmc";
        default:
          break;
      }
      break;
    default:
      break;
  }
  return nullptr;
}

const char* fast_fail_name(std::uint32_t code) {
  switch (code) {
    case FAST_FAIL_LEGACY_GS_VIOLATION:
    case FAST_FAIL_STACK_COOKIE_CHECK_FAILURE:
      return "a stack buffer was overrun";
    case FAST_FAIL_CORRUPT_LIST_ENTRY:
      return "a list entry is corrupt (removed twice, or overwritten)";
    case FAST_FAIL_INVALID_ARG:
      return "an argument is invalid";
    case FAST_FAIL_GS_COOKIE_INIT:
      return "the security cookie was not initialised";
    case FAST_FAIL_RANGE_CHECK_FAILURE:
      return "an index is out of range";
    case FAST_FAIL_GUARD_ICALL_CHECK_FAILURE:
      return "a function pointer leads to no function";
    case FAST_FAIL_INVALID_REFERENCE_COUNT:
      return "a reference count is impossible";
    default:
      return "a check of its own failed";
  }
}

EXCEPTION_RECORD record_of(const FaultInfo& info) {
  EXCEPTION_RECORD record{};
  record.ExceptionAddress = reinterpret_cast<PVOID>(info.instruction);
  switch (info.kind) {
    case FaultInfo::Kind::DivideByZero:
      record.ExceptionCode = STATUS_INTEGER_DIVIDE_BY_ZERO;
      break;
    case FaultInfo::Kind::IllegalInstruction:
      record.ExceptionCode = STATUS_ILLEGAL_INSTRUCTION;
      break;
    case FaultInfo::Kind::Breakpoint:
      record.ExceptionCode = STATUS_BREAKPOINT;
      record.NumberParameters = 1;
      break;
    case FaultInfo::Kind::GeneralProtection:  // Windows cannot tell the address of one that is not canonical
      record.ExceptionCode = STATUS_ACCESS_VIOLATION;
      record.NumberParameters = 2;
      record.ExceptionInformation[1] = ~ULONG_PTR{0};
      break;
    default:
      record.ExceptionCode = STATUS_ACCESS_VIOLATION;
      record.NumberParameters = 2;
      record.ExceptionInformation[0] = info.touch == FaultInfo::Touch::Read    ? 0
                                       : info.touch == FaultInfo::Touch::Write ? 1
                                                                               : 8;
      record.ExceptionInformation[1] = info.address;
  }
  return record;
}

/// Above, exceptions are exceptions; handlers that are not there make them stops. `summary` says what happened.
[[noreturn]] void stop_for(const EXCEPTION_RECORD& record, const CONTEXT& context, const TrapFrame* trap,
                           std::string summary) {
  Machine& machine = Machine::current();
  const auto code = static_cast<std::uint32_t>(record.ExceptionCode);
  const auto address = reinterpret_cast<ULONG64>(record.ExceptionAddress);
  if (record.ExceptionCode == STATUS_INTEGER_DIVIDE_BY_ZERO)
    machine.bug_check(UNEXPECTED_KERNEL_MODE_TRAP, 0, 0, 0, 0, summary, trap);
  if (record.ExceptionCode == STATUS_ILLEGAL_INSTRUCTION)
    machine.bug_check(UNEXPECTED_KERNEL_MODE_TRAP, 6, 0, 0, 0, summary, trap);
  // A system thread's first frame catches everything and stops; an interrupt or a DPC has no such frame.
  if (machine::current_irql() >= DISPATCH_LEVEL)
    machine.bug_check(KMODE_EXCEPTION_NOT_HANDLED, code, address, record.ExceptionInformation[0],
                      record.ExceptionInformation[1], std::move(summary), trap);
  machine.bug_check(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, code, address, reinterpret_cast<ULONG64>(&record),
                    reinterpret_cast<ULONG64>(&context), std::move(summary), trap);
}

}  // namespace

void stop_unhandled(const EXCEPTION_RECORD& record, const CONTEXT& context, const machine::TrapFrame* trap) {
  const char* why =
      record.ExceptionFlags & EXCEPTION_STACK_INVALID ? "the stack leads to no handler" : "nobody handles it";
  stop_for(record, context, trap,
           fmt::format("{} raised exception 0x{:08X} ({}) at IRQL {} and {}",
                       place(reinterpret_cast<ULONG64>(record.ExceptionAddress)),
                       static_cast<std::uint32_t>(record.ExceptionCode), name_of(record.ExceptionCode),
                       machine::current_irql(), why));
}

void add_fault_witness(FaultWitness witness) {
  kernel().rtl->fault_witnesses.push_back(witness);
}

void add_fault_mender(FaultMender mender) {
  kernel().rtl->fault_menders.push_back(mender);
}

void dispatch_fault(TrapFrame* frame, const FaultInfo& info) {
  Machine& machine = Machine::current();
  machine::BorderRecord* border = machine::innermost_border();
  PageFault page_fault(frame, info);
  std::string summary;
  switch (info.kind) {
    case FaultInfo::Kind::StackOverflow:
      machine.bug_check(UNEXPECTED_KERNEL_MODE_TRAP, 8, info.address, 0, 0,
                        fmt::format("{} ran off the end of its {} KiB stack", place(info.instruction),
                                    machine::kDriverStackSize / 1024),
                        frame);
    case FaultInfo::Kind::FastFail: {
      const EXCEPTION_RECORD record = record_of(info);
      machine.bug_check(
          KERNEL_SECURITY_CHECK_FAILURE, info.code, reinterpret_cast<ULONG64>(frame),
          reinterpret_cast<ULONG64>(&record), 0,
          fmt::format("{} found that {} (fast fail {})", place(info.instruction), fast_fail_name(info.code), info.code),
          frame);
    }
    case FaultInfo::Kind::GeneralProtection:
      if (const char* instruction = privileged_instruction(info.instruction))
        machine.not_implemented(instruction, fmt::format("a privileged instruction in {}", place(info.instruction)));
      summary = fmt::format("{} used an address that is not canonical, at IRQL {}", place(info.instruction),
                            machine::current_irql());
      break;
    case FaultInfo::Kind::AccessViolation:
      for (FaultWitness witness : kernel().rtl->fault_witnesses) witness(frame, info);
      for (FaultMender mender : kernel().rtl->fault_menders)
        if (frame && mender(info)) return;
      page_fault.stop_if_hopeless();
      summary = page_fault.summary(page_fault.nothing_there());
      break;
    case FaultInfo::Kind::DivideByZero:
      summary = fmt::format("{} divided by zero, or the quotient does not fit", place(info.instruction));
      break;
    case FaultInfo::Kind::IllegalInstruction:
      summary = fmt::format("{} is no valid instruction", place(info.instruction));
      break;
    case FaultInfo::Kind::Breakpoint:
      summary = fmt::format("{} is a breakpoint, and no debugger is attached", place(info.instruction));
      break;
  }

  EXCEPTION_RECORD record = record_of(info);
  CONTEXT context;
  image::Registers registers;
  if (frame)
    registers = image::registers_of(*frame);
  else if (const auto found = border ? image::registers_of(*border) : std::nullopt)
    registers = *found;
  fill_context(context, registers);
  if (frame) context.EFlags = static_cast<ULONG>(frame->rflags);
  if (dispatch_exception(record, context, border) == Dispatched::NoHandler)
    stop_for(record, context, frame, std::move(summary));
  if (!frame) ExRaiseStatus(STATUS_NONCONTINUABLE_EXCEPTION);  // our own function cannot go on where it was
  image::write_registers(*frame, registers_from(context));
}

std::vector<machine::StackFrame> capture_stack(const TrapFrame* trap) {
  constexpr std::size_t kFramesMax = 64;
  std::vector<machine::StackFrame> stack;
  if (!machine::Machine::current().find_part<image::Images>(machine::PartId::Images)) return stack;
  machine::BorderRecord* border = machine::innermost_border();
  while (trap && border && border->trap != trap) border = border->previous;
  const auto add_ours = [&](const machine::BorderRecord* record) {
    if (record && record->slot) stack.push_back({0, std::string(record->slot->module) + "!" + record->slot->name});
  };
  add_ours(border);
  unsigned repeated = 0;  // a recursion that ran off its stack would fill pages
  const auto end_repetition = [&] {
    if (repeated) stack.back().symbol += fmt::format(" ({} times)", repeated + 1);
    repeated = 0;
  };
  for (FrameWalk walk(border, true); walk.in_frame() && stack.size() < kFramesMax;) {
    walk.look(0);
    const std::uint64_t address = walk.registers().rip;
    if (!stack.empty() && stack.back().address == address) {
      ++repeated;
    } else {
      end_repetition();
      stack.push_back({address, place(address)});
    }
    const unsigned passed = walk.borders_passed(), interrupts = walk.interrupts_passed();
    walk.next();
    if (walk.in_frame() && walk.borders_passed() != passed) {
      end_repetition();
      if (walk.interrupts_passed() != interrupts) stack.push_back({0, "(interrupted)"});
      add_ours(walk.left_by());
    }
  }
  end_repetition();
  return stack;
}

}  // namespace drydock::ntos::rtl
