#include "ntos/rtl/debug.h"

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "machine/gs.h"
#include "machine/machine.h"
#include "nt/bugcheck.h"
#include "ntos/rtl/exception.h"
#include "ntos/rtl/format.h"

namespace drydock::ntos {

namespace {

constexpr std::size_t kMessageMax = 512;  // as DbgPrint's own limit

void say(std::string_view prefix, PCSZ pattern, __builtin_ms_va_list arguments) {
  char text[kMessageMax];
  std::size_t length = rtl::format(text, sizeof text, pattern, rtl::FormatArguments(arguments));
  std::string_view message(text, length < sizeof text ? length : sizeof text);
  while (!message.empty() && (message.back() == '\n' || message.back() == '\r')) message.remove_suffix(1);
  machine::Machine::current().note(fmt::format("DbgPrint: {}{}", prefix, message));
}

/// A driver may catch it, as it may catch any exception.
void raise_breakpoint() {
  EXCEPTION_RECORD record{};
  record.ExceptionCode = STATUS_BREAKPOINT;
  record.ExceptionAddress = reinterpret_cast<PVOID>(machine::gs::calling_address());
  record.NumberParameters = 1;
  RtlRaiseException(&record);
}

}  // namespace

ULONG NTAPI DbgPrint(PCSZ pattern, ...) {
  __builtin_ms_va_list arguments;
  __builtin_ms_va_start(arguments, pattern);
  say({}, pattern, arguments);
  return STATUS_SUCCESS;
}
ULONG NTAPI DbgPrintEx(ULONG, ULONG, PCSZ pattern, ...) {
  __builtin_ms_va_list arguments;
  __builtin_ms_va_start(arguments, pattern);
  say({}, pattern, arguments);
  return STATUS_SUCCESS;
}
ULONG NTAPI DbgPrintReturnControlC(PCSZ pattern, ...) {
  __builtin_ms_va_list arguments;
  __builtin_ms_va_start(arguments, pattern);
  say({}, pattern, arguments);
  return STATUS_SUCCESS;
}
ULONG NTAPI vDbgPrintEx(ULONG, ULONG, PCSZ pattern, __builtin_ms_va_list arguments) {
  say({}, pattern, arguments);
  return STATUS_SUCCESS;
}
ULONG NTAPI vDbgPrintExWithPrefix(PCSZ prefix, ULONG, ULONG, PCSZ pattern, __builtin_ms_va_list arguments) {
  say(prefix, pattern, arguments);
  return STATUS_SUCCESS;
}

VOID NTAPI DbgBreakPoint() {
  raise_breakpoint();
}
VOID NTAPI DbgBreakPointWithStatus(ULONG) {
  raise_breakpoint();
}

VOID NTAPI RtlAssert(PVOID failed_assertion, PVOID file, ULONG line, PSZ message) {
  machine::Machine::current().note(fmt::format(
      "Assertion failed: {}{}{} ({}, line {})", message == nullptr ? "" : message, message == nullptr ? "" : ": ",
      static_cast<const char*>(failed_assertion), static_cast<const char*>(file), line));
  raise_breakpoint();
}

NTSTATUS NTAPI DbgQueryDebugFilterState(ULONG, ULONG) {
  return 1;
}
NTSTATUS NTAPI DbgSetDebugFilterState(ULONG, ULONG, BOOLEAN) {
  return STATUS_SUCCESS;
}
BOOLEAN NTAPI KdRefreshDebuggerNotPresent() {
  return TRUE;
}
NTSTATUS NTAPI KdDisableDebugger() {
  return STATUS_DEBUGGER_INACTIVE;
}
NTSTATUS NTAPI KdEnableDebugger() {
  return STATUS_DEBUGGER_INACTIVE;
}

}  // namespace drydock::ntos
