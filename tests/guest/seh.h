// Structured exceptions as clang knows them with -fms-extensions.
#pragma once

#include "guest_check.h"

#define SEH_UNMAPPED ((PVOID)0x10000)  // a user address at which nothing is ever mapped

/// What an exception filter saw.
typedef struct _SEH_SEEN {
  NTSTATUS Code;
  ULONG_PTR Information[2];
  ULONG Filters;
  KIRQL FilterIrql;
} SEH_SEEN;

static inline LONG SehFilter(PVOID Pointers, SEH_SEEN* Seen) {
  const EXCEPTION_RECORD* record = ((EXCEPTION_POINTERS*)Pointers)->ExceptionRecord;
  ++Seen->Filters;
  Seen->Code = record->ExceptionCode;
  Seen->FilterIrql = KeGetCurrentIrql();
  for (ULONG i = 0; i < 2; ++i)
    Seen->Information[i] = i < record->NumberParameters ? record->ExceptionInformation[i] : 0;
  return EXCEPTION_EXECUTE_HANDLER;
}

#define SEH_FILTER(seen) SehFilter(GetExceptionInformation(), (seen))
