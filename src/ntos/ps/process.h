#pragma once
// The System process, and which process a thread belongs to (always System).

#include "nt/dispatcher.h"
#include "nt/status.h"
#include "nt/string.h"

namespace drydock::ntos {

using namespace nt;

KPROCESS* NTAPI PsGetCurrentProcess();
KPROCESS* NTAPI IoGetCurrentProcess();
HANDLE NTAPI PsGetCurrentProcessId();
HANDLE NTAPI PsGetProcessId(KPROCESS* process);
KPROCESS* NTAPI PsGetThreadProcess(KTHREAD* thread);
HANDLE NTAPI PsGetThreadProcessId(KTHREAD* thread);
ULONG NTAPI PsGetCurrentProcessSessionId();
LONGLONG NTAPI PsGetProcessCreateTimeQuadPart(KPROCESS* process);
BOOLEAN NTAPI PsIsSystemProcess(KPROCESS* process);
NTSTATUS NTAPI PsLookupProcessByProcessId(HANDLE id, KPROCESS** process);
/// FALSE for the kernel of a client system; fills what is not null.
BOOLEAN NTAPI PsGetVersion(ULONG* major, ULONG* minor, ULONG* build, UNICODE_STRING* csd);
KPROCESSOR_MODE NTAPI ExGetPreviousMode();

namespace ps {

KPROCESS* system_process();
KPROCESS* process_of(const KTHREAD* thread);
ULONG process_id_of(const KTHREAD* thread);

}  // namespace ps

}  // namespace drydock::ntos
