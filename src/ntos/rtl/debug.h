#pragma once
// What drivers say to a debugger. Messages become notes of the trace; a breakpoint without a debugger is a finding.

#include "nt/status.h"

namespace drydock::ntos {

using namespace nt;

ULONG NTAPI DbgPrint(PCSZ pattern, ...);
ULONG NTAPI DbgPrintEx(ULONG component, ULONG level, PCSZ pattern, ...);
ULONG NTAPI DbgPrintReturnControlC(PCSZ pattern, ...);
ULONG NTAPI vDbgPrintEx(ULONG component, ULONG level, PCSZ pattern, __builtin_ms_va_list arguments);
ULONG NTAPI vDbgPrintExWithPrefix(PCSZ prefix, ULONG component, ULONG level, PCSZ pattern,
                                  __builtin_ms_va_list arguments);
/// Stops the run as an unhandled breakpoint does: KMODE_EXCEPTION_NOT_HANDLED with STATUS_BREAKPOINT.
VOID NTAPI DbgBreakPoint();
VOID NTAPI DbgBreakPointWithStatus(ULONG status);
/// The message of a failed ASSERT, then a breakpoint.
VOID NTAPI RtlAssert(PVOID failed_assertion, PVOID file, ULONG line, PSZ message);
NTSTATUS NTAPI DbgQueryDebugFilterState(ULONG component, ULONG level);
NTSTATUS NTAPI DbgSetDebugFilterState(ULONG component, ULONG level, BOOLEAN state);
/// No debugger is ever attached.
BOOLEAN NTAPI KdRefreshDebuggerNotPresent();
NTSTATUS NTAPI KdDisableDebugger();
NTSTATUS NTAPI KdEnableDebugger();

}  // namespace drydock::ntos
