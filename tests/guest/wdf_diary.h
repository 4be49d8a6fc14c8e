// For drivers that keep their diary in wdf_orders.sys: what the test ordered, what happened, what did not hold.
#pragma once

#include <ntddk.h>
#include <wdf.h>

#include "wdf_puppet.h"

__declspec(dllimport) PUPPET Puppet;

static inline PUPPET_ORDERS* OrdersOf(PU32 Number) {
  return Number <= PUPPET_DEVICES && Puppet.HasOrders[Number] ? &Puppet.Orders[Number] : &Puppet.Orders[0];
}

static inline VOID WriteDown(PU32 Device, PU32 Call, PU32 Argument) {
  PU32 at = Puppet.Calls++;
  if (at >= PUPPET_LOG_MAX) return;
  PUPPET_ENTRY* entry = &Puppet.Log[at];
  entry->Device = Device;
  entry->Call = Call;
  entry->Argument = Argument;
  entry->Irql = KeGetCurrentIrql();
  entry->Thread = (PU32)(ULONG_PTR)KeGetCurrentThread();
  typedef VOID(NTAPI * HOOK)(PVOID, PU32, PU32, PU32);
  if (Puppet.Hook) ((HOOK)Puppet.Hook)((PVOID)Puppet.HookContext, Device, Call, Argument);
}

/// WdfRig::checked() tells of the first that did not hold.
#define MUST(condition) Must(!!(condition), __LINE__)
static inline VOID Must(BOOLEAN Holds, PU32 Line) {
  ++Puppet.Seen[SeenChecks];
  if (!Holds && !Puppet.Seen[SeenFirstFailure]) Puppet.Seen[SeenFirstFailure] = Line;
}
