#include "ntos/rtl/exception_dispatch.h"

#include <immintrin.h>

#include <cstring>

#include "machine/processor.h"
#include "nt/bugcheck.h"
#include "ntos/kernel.h"
#include "ntos/rtl/state.h"

namespace drydock::ntos::rtl {
namespace {

/// A filter that itself raises asks itself again; this many deep it never ends.
constexpr unsigned kDispatchesMax = 16;

ActiveUnwind*& active_unwinds() {
  return kernel().rtl->active_unwinds[machine::current_thread().id];
}

bool lies_between(const void* middle, const void* lower, const void* upper) {
  const auto at = [](const void* place) { return reinterpret_cast<std::uint64_t>(place); };
  return at(lower) < at(middle) && (upper == nullptr || at(middle) < at(upper));
}

/// The frames that are about to be dropped take their unwinds with them.
void forget_unwinds_below(const machine::BorderRecord* border) {
  ActiveUnwind*& innermost = active_unwinds();
  while (innermost && static_cast<void*>(innermost) < static_cast<const void*>(border)) innermost = innermost->previous;
}

unsigned dispatches_in_progress() {
  unsigned count = 0;
  for (const machine::BorderRecord* border = machine::innermost_border(); border; border = border->previous)
    count += border->slot && std::string_view(border->slot->name) == "__C_specific_handler";
  return count;
}

RUNTIME_FUNCTION* runtime_function(const image::UnwoundFrame& frame) {
  if (!frame.image || !frame.function) return nullptr;
  const auto index = frame.function - frame.image->pe().functions().data();
  return reinterpret_cast<RUNTIME_FUNCTION*>(frame.image->base() + frame.image->pe().pdata_rva()) + index;
}

/// Walks the frames of one phase and calls the handlers they have.
class Phase {
 public:
  Phase(EXCEPTION_RECORD& record, machine::BorderRecord* border, unsigned handler_kinds)
      : record_(record), walk_(border), handler_kinds_(handler_kinds) {
    skip_unwound(border);
  }

  FrameWalk& walk() { return walk_; }
  const image::UnwoundFrame& look() { return walk_.look(handler_kinds_); }

  EXCEPTION_DISPOSITION call_handler(const image::UnwoundFrame& frame, CONTEXT& context, std::uint64_t target_ip,
                                     ActiveUnwind* active) {
    const bool unwinding = active != nullptr;
    // A search shows the caller's registers, an unwind the frame's own: what Windows' own two loops do.
    fill_context(frame_context_, unwinding ? walk_.registers() : walk_.caller());
    DISPATCHER_CONTEXT dispatcher{};
    dispatcher.ControlPc = walk_.registers().rip;
    dispatcher.ImageBase = reinterpret_cast<ULONG64>(frame.image->base());
    dispatcher.FunctionEntry = runtime_function(frame);
    dispatcher.EstablisherFrame = frame.establisher;
    dispatcher.TargetIp = target_ip;
    dispatcher.ContextRecord = &frame_context_;
    dispatcher.LanguageHandler = reinterpret_cast<PEXCEPTION_ROUTINE>(frame.handler);
    dispatcher.HandlerData = reinterpret_cast<PVOID>(frame.handler_data);
    dispatcher.ScopeIndex = std::exchange(scope_index_, 0);
    if (active) {
      active->walk = walk_;
      active->dispatcher = &dispatcher;
    }
    return machine::call_driver(dispatcher.LanguageHandler, &record_, reinterpret_cast<PVOID>(frame.establisher),
                                &context, &dispatcher);
  }

  /// To the caller. If a termination handler raised, the frames its unwind has left behind are left behind here too.
  void next() {
    const machine::BorderRecord* younger = walk_.left_by();
    const unsigned passed = walk_.borders_passed();
    walk_.next();
    if (walk_.borders_passed() != passed) skip_unwound(younger);
  }

 private:
  void skip_unwound(const machine::BorderRecord* younger) {
    for (const ActiveUnwind* unwind = active_unwinds(); unwind; unwind = unwind->previous) {
      if (!lies_between(unwind, younger, walk_.left_by())) continue;
      scope_index_ = unwind->dispatcher->ScopeIndex;
      walk_ = unwind->walk;
      if (handler_kinds_ == image::kTerminationHandler) record_.ExceptionFlags |= EXCEPTION_COLLIDED_UNWIND;
      return;
    }
  }

  EXCEPTION_RECORD& record_;
  FrameWalk walk_;
  unsigned handler_kinds_;
  CONTEXT frame_context_{};
  ULONG scope_index_ = 0;
};

/// Driver frames that called us go on at the IRQL at which they did, whatever we raised since.
void restore_irql(const machine::BorderRecord& left_by) {
  const auto irql = static_cast<KIRQL>(left_by.irql);
  if (machine::current_irql() > irql) machine::lower_irql(irql);
  if (machine::current_irql() < irql) machine::raise_irql(irql);
}

/// A trap frame to continue with: flags and floating-point control as they are now, the rest from `registers`.
void fill_trap_frame(machine::TrapFrame& frame, const image::Registers& registers,
                     const machine::BorderRecord& left_by) {
  if (left_by.trap) {
    frame = *left_by.trap;
  } else {
    std::memset(&frame, 0, sizeof frame);
    _fxsave64(frame.fx);
    frame.rflags = 0x202;
  }
  frame.rflags &= ~std::uint64_t{0x400};  // direction
  image::write_registers(frame, registers);
}

}  // namespace

void fill_context(CONTEXT& context, const image::Registers& registers) {
  std::memset(&context, 0, sizeof context);
  context.ContextFlags = CONTEXT_FULL;
  context.SegCs = 0x10;
  context.SegDs = context.SegEs = context.SegSs = 0x2B;
  context.SegFs = 0x53;
  context.SegGs = 0x2B;
  context.EFlags = 0x202;
  context.MxCsr = context.FltSave.MxCsr = 0x1F80;
  context.FltSave.ControlWord = 0x27F;
  static_assert(offsetof(CONTEXT, R15) - offsetof(CONTEXT, Rax) == 15 * 8);
  std::memcpy(&context.Rax, registers.general, sizeof registers.general);
  context.Rip = registers.rip;
  std::memcpy(&context.Xmm0, registers.xmm, sizeof registers.xmm);
}

image::Registers registers_from(const CONTEXT& context) {
  image::Registers registers;
  std::memcpy(registers.general, &context.Rax, sizeof registers.general);
  registers.rip = context.Rip;
  std::memcpy(registers.xmm, &context.Xmm0, sizeof registers.xmm);
  return registers;
}

Dispatched dispatch_exception(EXCEPTION_RECORD& record, CONTEXT& context, machine::BorderRecord* border) {
  if (dispatches_in_progress() >= kDispatchesMax) return Dispatched::NoHandler;
  Phase search(record, border, image::kExceptionHandler);
  for (; search.walk().in_frame(); search.next()) {
    const image::UnwoundFrame& frame = search.look();
    if (!frame.handler) continue;
    switch (search.call_handler(frame, context, 0, nullptr)) {
      case ExceptionContinueExecution:
        if (record.ExceptionFlags & EXCEPTION_NONCONTINUABLE) ExRaiseStatus(STATUS_NONCONTINUABLE_EXCEPTION);
        return Dispatched::ContinueExecution;
      case ExceptionContinueSearch:
      case ExceptionCollidedUnwind:
        break;
      case ExceptionNestedException:
        record.ExceptionFlags |= EXCEPTION_NESTED_CALL;
        break;
      default:
        ExRaiseStatus(STATUS_INVALID_DISPOSITION);
    }
  }
  if (search.walk().end() == FrameWalk::End::BadStack) record.ExceptionFlags |= EXCEPTION_STACK_INVALID;
  return Dispatched::NoHandler;
}

void raise_exception(EXCEPTION_RECORD& record, machine::BorderRecord* border) {
  CONTEXT context;
  image::Registers registers;
  if (const auto found = border ? image::registers_of(*border) : std::nullopt) registers = *found;
  fill_context(context, registers);
  if (!record.ExceptionAddress) record.ExceptionAddress = reinterpret_cast<PVOID>(registers.rip);
  if (dispatch_exception(record, context, border) == Dispatched::NoHandler)
    stop_unhandled(record, context, border ? border->trap : nullptr);
  machine::TrapFrame frame;
  fill_trap_frame(frame, registers_from(context), *border);
  forget_unwinds_below(border);
  machine::continue_guest(frame, border);
}

}  // namespace drydock::ntos::rtl

namespace drydock::ntos {

using namespace rtl;

VOID NTAPI RtlUnwindEx(PVOID target_frame, PVOID target_ip, EXCEPTION_RECORD* given, PVOID return_value, CONTEXT*,
                       PVOID) {
  EXCEPTION_RECORD local{};
  local.ExceptionCode = STATUS_UNWIND;
  EXCEPTION_RECORD& record = given ? *given : local;
  record.ExceptionFlags |= EXCEPTION_UNWINDING;
  if (!target_frame) record.ExceptionFlags |= EXCEPTION_EXIT_UNWIND;

  machine::BorderRecord* innermost = machine::innermost_border();
  Phase unwind(record, innermost, image::kTerminationHandler);
  ActiveUnwind active{active_unwinds(), unwind.walk(), nullptr};
  CONTEXT context;
  machine::BorderRecord* stretch = innermost;
  for (; unwind.walk().in_frame(); unwind.next()) {
    const image::UnwoundFrame& frame = unwind.look();
    // Within a stretch the IRQL is the driver's affair: what its termination handlers leave stays.
    if (unwind.walk().left_by() != stretch) {
      stretch = unwind.walk().left_by();
      if (!(record.ExceptionFlags & EXCEPTION_COLLIDED_UNWIND)) restore_irql(*stretch);
    }
    const bool is_target = frame.establisher == reinterpret_cast<std::uint64_t>(target_frame) && frame.function;
    if (frame.handler) {
      if (is_target) record.ExceptionFlags |= EXCEPTION_TARGET_UNWIND;
      fill_context(context, unwind.walk().registers());
      active_unwinds() = &active;
      unwind.call_handler(frame, context, reinterpret_cast<std::uint64_t>(target_ip), &active);
      active_unwinds() = active.previous;
      record.ExceptionFlags &= ~(EXCEPTION_TARGET_UNWIND | EXCEPTION_COLLIDED_UNWIND);
    }
    if (!is_target) continue;
    image::Registers registers = unwind.walk().registers();
    registers.rip = reinterpret_cast<std::uint64_t>(target_ip);
    registers.general[0] = reinterpret_cast<std::uint64_t>(return_value);
    machine::TrapFrame resumed;
    fill_trap_frame(resumed, registers, *stretch);
    forget_unwinds_below(stretch);
    stretch->irql = machine::current_irql();
    machine::continue_guest(resumed, stretch);
  }
  // The target is no frame of this stack: as on Windows there is nobody left to tell.
  local.ExceptionCode =
      unwind.walk().end() == FrameWalk::End::BadStack ? STATUS_BAD_STACK : STATUS_INVALID_UNWIND_TARGET;
  fill_context(context, image::Registers{});
  stop_unhandled(local, context, nullptr);
}

}  // namespace drydock::ntos
