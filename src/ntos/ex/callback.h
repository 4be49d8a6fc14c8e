#pragma once
// Callback objects, and other small services of the executive.

#include "nt/guid.h"
#include "nt/object.h"
#include "nt/status.h"
#include "nt/string.h"

namespace drydock::ntos {

using namespace nt;

/// Opens the callback object of that name, or makes it if `create`. IRQL: PASSIVE_LEVEL.
NTSTATUS NTAPI ExCreateCallback(CALLBACK_OBJECT** callback, OBJECT_ATTRIBUTES* attributes, BOOLEAN create,
                                BOOLEAN allow_multiple);
/// Null if refused. IRQL: at most APC_LEVEL.
PVOID NTAPI ExRegisterCallback(CALLBACK_OBJECT* callback, PCALLBACK_FUNCTION function, PVOID context);
VOID NTAPI ExUnregisterCallback(PVOID registration);
/// Calls who is registered, in order. IRQL: at most DISPATCH_LEVEL.
VOID NTAPI ExNotifyCallback(PVOID callback, PVOID argument1, PVOID argument2);

/// A new one each time, the same ones in each run.
NTSTATUS NTAPI ExUuidCreate(GUID* uuid);
BOOLEAN NTAPI ExIsProcessorFeaturePresent(ULONG feature);
BOOLEAN NTAPI ExVerifySuite(LONG suite);

}  // namespace drydock::ntos
