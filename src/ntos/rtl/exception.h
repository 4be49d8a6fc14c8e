#pragma once
// Structured exceptions. Handlers are the driver's, found through .pdata; frames of ours are jumped by their border
// records.

#include <string>

#include "machine/machine.h"
#include "nt/exception.h"
#include "nt/status.h"

namespace drydock::ntos {

using namespace nt;

// ---- raising; a raise that no driver frame handles stops the machine. IRQL: any. ----
[[noreturn]] VOID NTAPI ExRaiseStatus(NTSTATUS status);
[[noreturn]] VOID NTAPI RtlRaiseStatus(NTSTATUS status);
[[noreturn]] VOID NTAPI ExRaiseAccessViolation();
[[noreturn]] VOID NTAPI ExRaiseDatatypeMisalignment();
/// Returns to the caller's caller only if a filter says EXCEPTION_CONTINUE_EXECUTION.
VOID NTAPI RtlRaiseException(EXCEPTION_RECORD* record);

// ---- unwinding ----
/// Runs the termination handlers up to `target_frame` and goes on there at `target_ip` with `return_value` in RAX.
[[noreturn]] VOID NTAPI RtlUnwindEx(PVOID target_frame, PVOID target_ip, EXCEPTION_RECORD* record, PVOID return_value,
                                    CONTEXT* context, PVOID history_table);
[[noreturn]] VOID NTAPI RtlUnwind(PVOID target_frame, PVOID target_ip, EXCEPTION_RECORD* record, PVOID return_value);
PEXCEPTION_ROUTINE NTAPI RtlVirtualUnwind(ULONG handler_type, ULONG64 image_base, ULONG64 control_pc,
                                          RUNTIME_FUNCTION* function, CONTEXT* context, PVOID* handler_data,
                                          ULONG64* establisher_frame, PVOID context_pointers);
RUNTIME_FUNCTION* NTAPI RtlLookupFunctionEntry(ULONG64 control_pc, ULONG64* image_base, PVOID history_table);
/// The caller's registers as they are on return; volatile ones are zero.
VOID NTAPI RtlCaptureContext(CONTEXT* context);
PVOID NTAPI RtlPcToFileHeader(PVOID pc, PVOID* image_base);
USHORT NTAPI RtlCaptureStackBackTrace(ULONG frames_to_skip, ULONG frames_to_capture, PVOID* back_trace, ULONG* hash);
ULONG NTAPI RtlWalkFrameChain(PVOID* callers, ULONG count, ULONG flags);

/// The language-specific handler of __try, __except and __finally.
EXCEPTION_DISPOSITION NTAPI __C_specific_handler(EXCEPTION_RECORD* record, PVOID establisher_frame, CONTEXT* context,
                                                 DISPATCHER_CONTEXT* dispatcher);

}  // namespace drydock::ntos
