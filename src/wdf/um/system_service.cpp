// System calls of user-mode drivers: what ntdll.dll would ask the kernel for.

#include <cstring>

#include "wdf/kernel.h"
#include "wdf/um/exceptions.h"
#include "wdf/um/host_process.h"
#include "wdf/um/service.h"

namespace drydock::wdf::um {

namespace {

/// Units: 100 ns since 1601.
NTSTATUS NTAPI NtQuerySystemTime(LARGE_INTEGER* SystemTime) {
  ntos::KeQuerySystemTimePrecise(SystemTime);
  return STATUS_SUCCESS;
}

/// Units: 100 ns, negative counts from now.
NTSTATUS NTAPI NtDelayExecution(BOOLEAN, LARGE_INTEGER* Interval) {
  LARGE_INTEGER interval = *Interval;
  return KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

void check_delay_execution(const HostProcess& process, const std::uint64_t* words) {
  require_range(process, words[1], sizeof(LARGE_INTEGER), false, "an interval");
  if (words[1] == 0) throw Misuse{"sleeps and does not say how long"};
}

void check_query_system_time(const HostProcess& process, const std::uint64_t* words) {
  require_range(process, words[0], sizeof(LARGE_INTEGER), true, "a place for the time");
  if (words[0] == 0) throw Misuse{"asks for the time and says no place for it"};
}

}  // namespace

Service system_service(std::string_view name) {
  if (name == "NtQuerySystemTime")
    return {"NtQuerySystemTime", reinterpret_cast<void*>(&NtQuerySystemTime), "", check_query_system_time, 4};
  if (name == "NtDelayExecution")
    return {"NtDelayExecution", reinterpret_cast<void*>(&NtDelayExecution), "", check_delay_execution, 4};
  return exception_service(name);
}

}  // namespace drydock::wdf::um
