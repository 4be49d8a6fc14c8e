#pragma once
// How a UMDF 2 driver of ours is bound. The kit's own loader interface is not published, so this one is ours: the
// functions are wdfldr.sys' in name and order, and the table is filled by name, since neither is the numbering of the
// user-mode table (rules WDF-429, WDF-501).

#include "wdfldr.h"

// The size in V1 is that of all of this. V1.FuncCount is what was published for the version; V1.FuncTable receives, as
// there, the entries themselves up to 248 and the address of a table above: one entry for each name.
typedef struct _UMDF_BIND_INFO {
  WDF_BIND_INFO V1;
  ULONG NameCount;
  const CHAR* const* Names;
} UMDF_BIND_INFO, *PUMDF_BIND_INFO;

typedef struct _UMDF_LOADER_INTERFACE {
  ULONG Size;
  NTSTATUS(NTAPI* Bind)(PVOID Context, PUNICODE_STRING RegistryPath, PUMDF_BIND_INFO BindInfo,
                        PWDF_DRIVER_GLOBALS* ComponentGlobals);
  VOID(NTAPI* Unbind)(PUNICODE_STRING RegistryPath, PUMDF_BIND_INFO BindInfo, PWDF_DRIVER_GLOBALS ComponentGlobals);
  NTSTATUS(NTAPI* BindClass)(PUMDF_BIND_INFO BindInfo, PWDF_DRIVER_GLOBALS ComponentGlobals,
                             PWDF_CLASS_BIND_INFO ClassBindInfo);
  VOID(NTAPI* UnbindClass)(PUMDF_BIND_INFO BindInfo, PWDF_DRIVER_GLOBALS ComponentGlobals,
                           PWDF_CLASS_BIND_INFO ClassBindInfo);
} UMDF_LOADER_INTERFACE, *PUMDF_LOADER_INTERFACE;

// WDF-498. A driver passes it on and looks at none of it.
typedef struct _DRIVER_OBJECT_UM {
  ULONG Size;
  ULONG Flags;
  UNICODE_STRING DriverName;
  PVOID FxDriver;
  PVOID DriverLoadContext;
  UCHAR CallbackEnvironment[0x48];
  PVOID CleanupGroup;
  LONG SequenceNumber;
  PVOID AddDevice;
  PVOID DriverUnload;
  PVOID MajorFunction[28];
} DRIVER_OBJECT_UM, *PDRIVER_OBJECT_UM;
