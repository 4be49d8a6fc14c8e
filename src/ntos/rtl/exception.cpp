#include "ntos/rtl/exception.h"

#include <algorithm>
#include <cstring>

#include "machine/guest_call.h"
#include "ntos/rtl/exception_dispatch.h"

namespace drydock::ntos {

namespace {

using namespace rtl;

[[noreturn]] void raise_noncontinuable(NTSTATUS status) {
  EXCEPTION_RECORD record{};
  record.ExceptionCode = status;
  record.ExceptionFlags = EXCEPTION_NONCONTINUABLE;
  raise_exception(record, machine::innermost_border());
}

/// Filters and handlers are driver code, entered with RAX as the compiler's intrinsics expect it.
std::uint64_t call_filter(ULONG64 function, std::uint64_t first, PVOID establisher_frame, NTSTATUS code) {
  const std::uint64_t arguments[2] = {first, reinterpret_cast<std::uint64_t>(establisher_frame)};
  return machine::call_guest(reinterpret_cast<const void*>(function), arguments, 2, static_cast<ULONG>(code));
}

const image::LoadedImage* image_at(std::uint64_t address) {
  return image::Images::current().at(reinterpret_cast<const void*>(address));
}

}  // namespace

VOID NTAPI ExRaiseStatus(NTSTATUS status) {
  raise_noncontinuable(status);
}
VOID NTAPI RtlRaiseStatus(NTSTATUS status) {
  raise_noncontinuable(status);
}
VOID NTAPI ExRaiseAccessViolation() {
  raise_noncontinuable(STATUS_ACCESS_VIOLATION);
}
VOID NTAPI ExRaiseDatatypeMisalignment() {
  raise_noncontinuable(STATUS_DATATYPE_MISALIGNMENT);
}

VOID NTAPI RtlRaiseException(EXCEPTION_RECORD* record) {
  EXCEPTION_RECORD copy = *record;
  copy.ExceptionAddress = nullptr;
  raise_exception(copy, machine::innermost_border());
}

VOID NTAPI RtlUnwind(PVOID target_frame, PVOID target_ip, EXCEPTION_RECORD* record, PVOID return_value) {
  CONTEXT context;
  RtlUnwindEx(target_frame, target_ip, record, return_value, &context, nullptr);
}

EXCEPTION_DISPOSITION NTAPI __C_specific_handler(EXCEPTION_RECORD* record, PVOID establisher_frame, CONTEXT* context,
                                                 DISPATCHER_CONTEXT* dispatcher) {
  const ULONG64 base = dispatcher->ImageBase;
  const ULONG64 pc = dispatcher->ControlPc - base;
  const ULONG64 target = dispatcher->TargetIp - base;
  const auto& table = *static_cast<const SCOPE_TABLE_AMD64*>(dispatcher->HandlerData);
  const bool unwinding = record->ExceptionFlags & EXCEPTION_UNWIND;
  for (ULONG i = dispatcher->ScopeIndex; i < table.Count; ++i) {
    const auto& scope = table.ScopeRecord[i];
    if (pc < scope.BeginAddress || pc >= scope.EndAddress) continue;
    const bool is_finally = scope.JumpTarget == 0;
    if (!unwinding && !is_finally) {
      LONG verdict = EXCEPTION_EXECUTE_HANDLER;
      if (scope.HandlerAddress != EXCEPTION_EXECUTE_HANDLER) {
        EXCEPTION_POINTERS pointers{record, context};
        verdict = static_cast<LONG>(call_filter(base + scope.HandlerAddress, reinterpret_cast<std::uint64_t>(&pointers),
                                                establisher_frame, record->ExceptionCode));
      }
      if (verdict < 0) return ExceptionContinueExecution;
      if (verdict > 0)
        RtlUnwindEx(establisher_frame, reinterpret_cast<PVOID>(base + scope.JumpTarget), record,
                    reinterpret_cast<PVOID>(static_cast<ULONG64>(static_cast<ULONG>(record->ExceptionCode))), context,
                    dispatcher->HistoryTable);
    }
    if (unwinding && (record->ExceptionFlags & EXCEPTION_TARGET_UNWIND)) {
      // The unwind ends in this frame: what encloses its goal stays.
      if (target >= scope.BeginAddress && target < scope.EndAddress) return ExceptionContinueSearch;
      if (!is_finally && scope.JumpTarget == target) return ExceptionContinueSearch;
    }
    if (unwinding && is_finally) {
      dispatcher->ScopeIndex = i + 1;  // should it raise, it is not called again
      call_filter(base + scope.HandlerAddress, TRUE, establisher_frame, record->ExceptionCode);
    }
  }
  return ExceptionContinueSearch;
}

RUNTIME_FUNCTION* NTAPI RtlLookupFunctionEntry(ULONG64 control_pc, ULONG64* image_base, PVOID) {
  const image::LoadedImage* image = image_at(control_pc);
  if (image_base) *image_base = image ? reinterpret_cast<ULONG64>(image->base()) : 0;
  if (!image) return nullptr;
  const image::FunctionEntry* entry =
      image->pe().function_at(static_cast<std::uint32_t>(control_pc - reinterpret_cast<ULONG64>(image->base())));
  if (!entry) return nullptr;
  return reinterpret_cast<RUNTIME_FUNCTION*>(image->base() + image->pe().pdata_rva()) +
         (entry - image->pe().functions().data());
}

PEXCEPTION_ROUTINE NTAPI RtlVirtualUnwind(ULONG handler_type, ULONG64, ULONG64 control_pc, RUNTIME_FUNCTION* function,
                                          CONTEXT* context, PVOID* handler_data, ULONG64* establisher_frame, PVOID) {
  image::Registers registers = registers_from(*context);
  registers.rip = control_pc;
  image::UnwoundFrame frame;
  const image::LoadedImage* image = image_at(control_pc);
  if (!image) ExRaiseStatus(STATUS_BAD_FUNCTION_TABLE);
  image::FunctionEntry entry{};
  if (function) std::memcpy(&entry, function, sizeof entry);
  if (!image::unwind_in(image->pe(), reinterpret_cast<std::uint64_t>(image->base()), function ? &entry : nullptr,
                        registers, handler_type, frame, image::read_guest))
    ExRaiseStatus(STATUS_BAD_STACK);
  std::memcpy(&context->Rax, registers.general, sizeof registers.general);
  context->Rip = registers.rip;
  std::memcpy(&context->Xmm0, registers.xmm, sizeof registers.xmm);
  if (handler_data) *handler_data = reinterpret_cast<PVOID>(frame.handler_data);
  if (establisher_frame) *establisher_frame = frame.establisher;
  return reinterpret_cast<PEXCEPTION_ROUTINE>(frame.handler);
}

VOID NTAPI RtlCaptureContext(CONTEXT* context) {
  image::Registers registers;
  if (const auto* border = machine::innermost_border())
    if (const auto found = image::registers_of(*border)) registers = *found;
  fill_context(*context, registers);
}

PVOID NTAPI RtlPcToFileHeader(PVOID pc, PVOID* image_base) {
  const image::LoadedImage* image = image::Images::current().at(pc);
  return *image_base = image ? image->base() : nullptr;
}

USHORT NTAPI RtlCaptureStackBackTrace(ULONG frames_to_skip, ULONG frames_to_capture, PVOID* back_trace, ULONG* hash) {
  ULONG sum = 0;
  USHORT captured = 0;
  for (FrameWalk walk(machine::innermost_border()); walk.in_frame() && captured < frames_to_capture; walk.next()) {
    if (frames_to_skip > 0) {
      --frames_to_skip;
    } else {
      back_trace[captured++] = reinterpret_cast<PVOID>(walk.registers().rip);
      sum += static_cast<ULONG>(walk.registers().rip);
    }
    walk.look(0);
  }
  if (hash) *hash = sum;
  return captured;
}

ULONG NTAPI RtlWalkFrameChain(PVOID* callers, ULONG count, ULONG flags) {
  return RtlCaptureStackBackTrace(flags >> 8, std::min(count, ULONG{0xFFFF}), callers, nullptr);
}

}  // namespace drydock::ntos
