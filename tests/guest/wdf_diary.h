// For drivers that keep their diary in wdf_orders.sys, or in themselves where they run in user mode: what the test ordered, what happened, what did not hold.
#pragma once

#ifdef UMDF_VERSION_MAJOR
#include <wudfwdm.h>
#else
#include <ntddk.h>
#endif
#include <wdf.h>

#include "wdf_puppet.h"

#ifdef UMDF_VERSION_MAJOR
// A host process has its own: the tests carry it from one to the next (UmdfRig). There is no level to ask for.
__declspec(dllexport) PUPPET Puppet;
#define DIARY_IRQL 0
#else
__declspec(dllimport) PUPPET Puppet;
#define DIARY_IRQL KeGetCurrentIrql()
#endif

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
  entry->Irql = DIARY_IRQL;
#ifndef UMDF_VERSION_MAJOR
  entry->Thread = (PU32)(ULONG_PTR)KeGetCurrentThread();
  typedef VOID(NTAPI * HOOK)(PVOID, PU32, PU32, PU32);
  if (Puppet.Hook) ((HOOK)Puppet.Hook)((PVOID)Puppet.HookContext, Device, Call, Argument);
#endif
}

/// WdfRig::checked() tells of the first that did not hold.
#define MUST(condition) Must(!!(condition), __LINE__)
static inline VOID Must(BOOLEAN Holds, PU32 Line) {
  ++Puppet.Seen[SeenChecks];
  if (!Holds && !Puppet.Seen[SeenFirstFailure]) Puppet.Seen[SeenFirstFailure] = Line;
}
