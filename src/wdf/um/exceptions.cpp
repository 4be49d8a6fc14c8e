#include "wdf/um/exceptions.h"

#include <cstring>
#include <string_view>

#include "image/unwind.h"
#include "ntos/rtl/exception_dispatch.h"
#include "wdf/kernel.h"
#include "wdf/um/host_process.h"
#include "wdf/um/service.h"

namespace drydock::wdf::um {

namespace {

constexpr std::string_view kSpecificHandler = "__C_specific_handler";
constexpr unsigned kFramesMax = 10'000;

/// What a filter is shown, on the driver's stack.
struct Shown {
  EXCEPTION_POINTERS pointers;
  EXCEPTION_RECORD record;
  alignas(16) CONTEXT context;
};

std::uint64_t word(const void* pointer) {
  return reinterpret_cast<std::uint64_t>(pointer);
}

/// One frame of the driver's, and what it has for exceptions.
struct Frame {
  image::Registers registers;  ///< in it
  image::Registers caller;
  image::UnwoundFrame unwound;
};

class Dispatch {
 public:
  Dispatch(HostProcess& process, machine::TrapFrame& trap, const EXCEPTION_RECORD& record)
      : process_(process), trap_(trap), shown_at_((trap.rsp - 0x100 - sizeof(Shown)) & ~std::uint64_t{63}) {
    if (!process.accessible(shown_at_, sizeof(Shown), true)) return;  // the stack is used up, or none
    Shown& shown = *reinterpret_cast<Shown*>(shown_at_);
    shown.record = record;
    ntos::rtl::fill_context(shown.context, image::registers_of(trap));
    shown.pointers = {&shown.record, &shown.context};
    shown_ = &shown;
    code_ = static_cast<ULONG>(record.ExceptionCode);
  }

  bool run() { return shown_ && search(); }

 private:
  /// Outwards from the exception; false at the end of what the driver was called for.
  bool walk(Frame& frame, unsigned kinds) {
    if (frame.registers.rip == machine::guest_return_address()) return false;
    frame.caller = frame.registers;
    frame.unwound = {};
    return image::unwind(image::Images::current(), frame.caller, kinds, frame.unwound);
  }

  /// Its scopes, if it has those of __try. Another language's handler takes no part.
  const SCOPE_TABLE_AMD64* scopes_of(const Frame& frame) const {
    if (!frame.unwound.handler || !frame.unwound.image || !process_.in_window(frame.unwound.handler)) return nullptr;
    std::uint8_t code[6];
    std::uint64_t target = 0;
    std::int32_t distance;
    // jmp [slot of the import]
    if (!image::read_guest(frame.unwound.handler, code, sizeof code) || code[0] != 0xFF || code[1] != 0x25)
      return nullptr;
    std::memcpy(&distance, code + 2, sizeof distance);
    const std::uint64_t slot = frame.unwound.handler + sizeof code + static_cast<std::uint64_t>(std::int64_t{distance});
    if (!image::read_guest(slot, &target, sizeof target) ||
        target != word(process_.thunk_for(exception_service(kSpecificHandler))))
      return nullptr;
    ULONG count = 0;
    if (!image::read_guest(frame.unwound.handler_data, &count, sizeof count) || count > 0x10000 ||
        !process_.accessible(frame.unwound.handler_data, sizeof count + count * sizeof(SCOPE_TABLE_AMD64::ScopeRecord[0]),
                             false))
      return nullptr;
    return reinterpret_cast<const SCOPE_TABLE_AMD64*>(frame.unwound.handler_data);
  }

  std::uint64_t call(std::uint64_t function, std::uint64_t first, std::uint64_t establisher) {
    const std::uint64_t arguments[2] = {first, establisher};
    return process_.call_below(shown_at_, reinterpret_cast<const void*>(function), arguments, 2, code_);
  }

  bool search() {
    Frame frame;
    frame.registers = image::registers_of(trap_);
    for (unsigned i = 0; i < kFramesMax && walk(frame, image::kExceptionHandler); ++i, frame.registers = frame.caller) {
      const SCOPE_TABLE_AMD64* table = scopes_of(frame);
      if (!table) continue;
      const std::uint64_t base = word(frame.unwound.image->base()), pc = frame.registers.rip - base;
      for (ULONG at = 0; at < table->Count; ++at) {
        const auto& scope = table->ScopeRecord[at];
        if (pc < scope.BeginAddress || pc >= scope.EndAddress || scope.JumpTarget == 0) continue;
        LONG verdict = EXCEPTION_EXECUTE_HANDLER;
        if (scope.HandlerAddress != EXCEPTION_EXECUTE_HANDLER)
          verdict = static_cast<LONG>(
              call(base + scope.HandlerAddress, word(&shown_->pointers), frame.unwound.establisher));
        if (process_.ended()) return false;
        if (verdict < 0) return go_on();
        if (verdict > 0) return unwind_to(frame.unwound.establisher, base + scope.JumpTarget);
      }
    }
    return false;
  }

  /// A filter wants what the driver did to be done again, or to go on where it says.
  bool go_on() {
    if (shown_->record.ExceptionFlags & EXCEPTION_NONCONTINUABLE) return false;
    image::write_registers(trap_, ntos::rtl::registers_from(shown_->context));
    return true;
  }

  /// Termination handlers up to the frame that handles it, and on in there.
  bool unwind_to(std::uint64_t establisher, std::uint64_t target) {
    Frame frame;
    frame.registers = image::registers_of(trap_);
    for (unsigned i = 0; i < kFramesMax && walk(frame, image::kTerminationHandler); ++i, frame.registers = frame.caller) {
      const bool is_target = frame.unwound.function && frame.unwound.establisher == establisher;
      if (const SCOPE_TABLE_AMD64* table = scopes_of(frame))
        if (!call_finally(*table, frame, is_target ? target : 0)) return false;
      if (!is_target) continue;
      frame.registers.rip = target;
      frame.registers.general[0] = code_;
      image::write_registers(trap_, frame.registers);
      return true;
    }
    return false;
  }

  bool call_finally(const SCOPE_TABLE_AMD64& table, const Frame& frame, std::uint64_t target) {
    const std::uint64_t base = word(frame.unwound.image->base()), pc = frame.registers.rip - base, goal = target - base;
    for (ULONG at = 0; at < table.Count; ++at) {
      const auto& scope = table.ScopeRecord[at];
      if (pc < scope.BeginAddress || pc >= scope.EndAddress) continue;
      // What encloses the goal stays.
      if (target && ((goal >= scope.BeginAddress && goal < scope.EndAddress) ||
                     (scope.JumpTarget != 0 && scope.JumpTarget == goal)))
        return true;
      if (scope.JumpTarget != 0) continue;
      call(base + scope.HandlerAddress, TRUE, frame.unwound.establisher);
      if (process_.ended()) return false;
    }
    return true;
  }

  HostProcess& process_;
  machine::TrapFrame& trap_;
  const std::uint64_t shown_at_;
  Shown* shown_ = nullptr;
  ULONG code_ = 0;
};

void called_by_itself() {
  throw Misuse{"calls the exception handler of the compiler's by itself"};
}

void raise_status(const HostProcess&, const machine::TrapFrame& registers, EXCEPTION_RECORD& record) {
  record.ExceptionCode = static_cast<NTSTATUS>(registers.rcx);
  record.ExceptionFlags = EXCEPTION_NONCONTINUABLE;
}

void raise_record(const HostProcess& process, const machine::TrapFrame& registers, EXCEPTION_RECORD& record) {
  require_range(process, registers.rcx, sizeof record, false, "an exception's record");
  if (registers.rcx == 0) throw Misuse{"raises no exception"};
  std::memcpy(&record, reinterpret_cast<const void*>(registers.rcx), sizeof record);
}

}  // namespace

bool dispatch_exception(HostProcess& process, machine::TrapFrame& registers, EXCEPTION_RECORD record) {
  record.ExceptionAddress = reinterpret_cast<PVOID>(registers.rip);
  machine::RemoteBorder border(registers, nullptr);
  return Dispatch(process, registers, record).run();
}

EXCEPTION_RECORD record_of_fault(unsigned trap, std::uint64_t error_code, std::uint64_t address) {
  EXCEPTION_RECORD record{};
  switch (trap) {
    case 0:
      record.ExceptionCode = STATUS_INTEGER_DIVIDE_BY_ZERO;
      break;
    case 3:
      record.ExceptionCode = STATUS_BREAKPOINT;
      break;
    case 6:
      record.ExceptionCode = STATUS_ILLEGAL_INSTRUCTION;
      break;
    case 13:
      record.ExceptionCode = STATUS_ACCESS_VIOLATION;
      record.NumberParameters = 2;
      record.ExceptionInformation[1] = ~ULONG_PTR{0};
      break;
    case 14:
      record.ExceptionCode = STATUS_ACCESS_VIOLATION;
      record.NumberParameters = 2;
      record.ExceptionInformation[0] = error_code & 0x10 ? 8 : error_code & 2 ? 1 : 0;
      record.ExceptionInformation[1] = address;
      break;
    default:
      break;
  }
  return record;
}

Service exception_service(std::string_view name) {
  Service service;
  service.entry = reinterpret_cast<void*>(&called_by_itself);
  if (name == kSpecificHandler) {
    service.name = kSpecificHandler.data();
    return service;
  }
  if (name == "RtlRaiseStatus") {
    service.name = "RtlRaiseStatus";
    service.raise = raise_status;
    return service;
  }
  if (name == "RtlRaiseException") {
    service.name = "RtlRaiseException";
    service.raise = raise_record;
    return service;
  }
  return {};
}

}  // namespace drydock::wdf::um
