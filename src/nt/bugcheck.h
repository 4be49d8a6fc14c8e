#pragma once
// Bug check codes, and the name of each.

#include "nt/base.h"
#include "nt/list.h"

namespace drydock::nt {

#define NT_BUGCHECK(name, code) inline constexpr ULONG name = code;
#include "nt/bugcheck_codes.inc"
#undef NT_BUGCHECK

struct BugcheckName {
  ULONG code;
  const char* name;
};

inline constexpr BugcheckName kBugcheckNames[] = {
#define NT_BUGCHECK(name, code) {code, #name},
#include "nt/bugcheck_codes.inc"
#undef NT_BUGCHECK
};

/// Returns the name of a bug check ("DRIVER_IRQL_NOT_LESS_OR_EQUAL"), or nullptr for a code the table lacks.
constexpr const char* bugcheck_name(ULONG code) {
  for (const BugcheckName& row : kBugcheckNames) {
    if (row.code == code) return row.name;
  }
  return nullptr;
}

// The kind in the first parameter of KERNEL_SECURITY_CHECK_FAILURE: what a driver puts in ecx before int 0x29.
inline constexpr ULONG FAST_FAIL_LEGACY_GS_VIOLATION = 0;
inline constexpr ULONG FAST_FAIL_VTGUARD_CHECK_FAILURE = 1;
inline constexpr ULONG FAST_FAIL_STACK_COOKIE_CHECK_FAILURE = 2;
inline constexpr ULONG FAST_FAIL_CORRUPT_LIST_ENTRY = 3;
inline constexpr ULONG FAST_FAIL_INCORRECT_STACK = 4;
inline constexpr ULONG FAST_FAIL_INVALID_ARG = 5;
inline constexpr ULONG FAST_FAIL_GS_COOKIE_INIT = 6;
inline constexpr ULONG FAST_FAIL_FATAL_APP_EXIT = 7;
inline constexpr ULONG FAST_FAIL_RANGE_CHECK_FAILURE = 8;
inline constexpr ULONG FAST_FAIL_UNSAFE_REGISTRY_ACCESS = 9;
inline constexpr ULONG FAST_FAIL_GUARD_ICALL_CHECK_FAILURE = 10;
inline constexpr ULONG FAST_FAIL_GUARD_WRITE_CHECK_FAILURE = 11;
inline constexpr ULONG FAST_FAIL_INVALID_FIBER_SWITCH = 12;
inline constexpr ULONG FAST_FAIL_INVALID_SET_OF_CONTEXT = 13;
inline constexpr ULONG FAST_FAIL_INVALID_REFERENCE_COUNT = 14;

using PKBUGCHECK_CALLBACK_ROUTINE = VOID(NTAPI*)(PVOID Buffer, ULONG Length);

struct KBUGCHECK_CALLBACK_RECORD {
  LIST_ENTRY Entry;
  PKBUGCHECK_CALLBACK_ROUTINE CallbackRoutine;
  PVOID Buffer;
  ULONG Length;
  PUCHAR Component;
  ULONG_PTR Checksum;
  UCHAR State;
};
static_assert(sizeof(KBUGCHECK_CALLBACK_RECORD) == 0x40);
using PKBUGCHECK_CALLBACK_RECORD = KBUGCHECK_CALLBACK_RECORD*;

enum KBUGCHECK_CALLBACK_REASON : LONG {
  KbCallbackInvalid,
  KbCallbackReserved1,
  KbCallbackSecondaryDumpData,
  KbCallbackDumpIo,
  KbCallbackAddPages
};

struct KBUGCHECK_REASON_CALLBACK_RECORD;
using PKBUGCHECK_REASON_CALLBACK_ROUTINE = VOID(NTAPI*)(KBUGCHECK_CALLBACK_REASON Reason,
                                                        KBUGCHECK_REASON_CALLBACK_RECORD* Record,
                                                        PVOID ReasonSpecificData, ULONG ReasonSpecificDataLength);

struct KBUGCHECK_REASON_CALLBACK_RECORD {
  LIST_ENTRY Entry;
  PKBUGCHECK_REASON_CALLBACK_ROUTINE CallbackRoutine;
  PUCHAR Component;
  ULONG_PTR Checksum;
  KBUGCHECK_CALLBACK_REASON Reason;
  UCHAR State;
};
static_assert(sizeof(KBUGCHECK_REASON_CALLBACK_RECORD) == 0x30);
using PKBUGCHECK_REASON_CALLBACK_RECORD = KBUGCHECK_REASON_CALLBACK_RECORD*;

}  // namespace drydock::nt
