// What a driver's stub hands to WdfVersionBind, written out, for drivers that get it wrong.
#pragma once

#include <ntddk.h>

typedef struct _BIND_INFO {
  ULONG Size;
  PCWSTR Component;
  ULONG Major, Minor, Build;
  ULONG FuncCount;
  PVOID* FuncTable;
  PVOID Module;
} BIND_INFO;

typedef struct _CLASS_BIND_INFO {
  ULONG Size;
  PCWSTR ClassName;
  ULONG Major, Minor, Build;
  PVOID* FunctionTable;
  ULONG FunctionTableCount;
  PVOID ClassBindInfo, ClientBindClass, ClientUnbindClass, ClassModule;
} CLASS_BIND_INFO;

NTSTATUS NTAPI WdfVersionBind(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath, BIND_INFO* BindInfo,
                              PVOID* Globals);
NTSTATUS NTAPI WdfVersionBindClass(BIND_INFO* BindInfo, PVOID Globals, CLASS_BIND_INFO* ClassBindInfo);
VOID NTAPI WdfVersionUnbind(PUNICODE_STRING RegistryPath, BIND_INFO* BindInfo, PVOID Globals);

static PVOID* Functions;
static PVOID Globals;
#define BIND(size, minor) \
  { (size), L"KmdfLibrary", 1, (minor), 0, 458, (PVOID*)&Functions, NULL }
