#include "ntos/ps/process.h"

#include "ntos/kernel.h"
#include "ntos/ob/object.h"
#include "ntos/ps/state.h"
#include "ntos/rtl/version.h"

namespace drydock::ntos {

KPROCESS* ps::system_process() {
  return kernel().ps->system_process;
}
KPROCESS* ps::process_of(const KTHREAD* thread) {
  return thread->Process;
}
ULONG ps::process_id_of(const KTHREAD* thread) {
  return static_cast<ULONG>(reinterpret_cast<ULONG_PTR>(thread->Cid.UniqueProcess));
}

KPROCESS* NTAPI PsGetCurrentProcess() {
  return ps::system_process();
}
KPROCESS* NTAPI IoGetCurrentProcess() {
  return ps::system_process();
}
HANDLE NTAPI PsGetCurrentProcessId() {
  return ps::system_process()->UniqueProcessId;
}
HANDLE NTAPI PsGetProcessId(KPROCESS* process) {
  return process->UniqueProcessId;
}
KPROCESS* NTAPI PsGetThreadProcess(KTHREAD* thread) {
  return thread->Process;
}
HANDLE NTAPI PsGetThreadProcessId(KTHREAD* thread) {
  return thread->Cid.UniqueProcess;
}
ULONG NTAPI PsGetCurrentProcessSessionId() {
  return 0;
}
LONGLONG NTAPI PsGetProcessCreateTimeQuadPart(KPROCESS* process) {
  return process->CreateTime.QuadPart;
}
BOOLEAN NTAPI PsIsSystemProcess(KPROCESS*) {
  return TRUE;
}

NTSTATUS NTAPI PsLookupProcessByProcessId(HANDLE id, KPROCESS** process) {
  if (id != ps::system_process()->UniqueProcessId) return STATUS_INVALID_PARAMETER;
  *process = ps::system_process();
  ob::reference(*process);
  return STATUS_SUCCESS;
}

BOOLEAN NTAPI PsGetVersion(ULONG* major, ULONG* minor, ULONG* build, UNICODE_STRING* csd) {
  if (major != nullptr) *major = rtl::kMajorVersion;
  if (minor != nullptr) *minor = rtl::kMinorVersion;
  if (build != nullptr) *build = rtl::kBuildNumber;
  if (csd != nullptr) csd->Length = 0;
  return FALSE;
}

KPROCESSOR_MODE NTAPI ExGetPreviousMode() {
  return KernelMode;
}

}  // namespace drydock::ntos
