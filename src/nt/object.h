#pragma once
// Handles, callback objects and rundown references.

#include "nt/base.h"
#include "nt/string.h"

namespace drydock::nt {

struct OBJECT_HANDLE_INFORMATION {
  ULONG HandleAttributes;
  ACCESS_MASK GrantedAccess;
};
static_assert(sizeof(OBJECT_HANDLE_INFORMATION) == 8);
using POBJECT_HANDLE_INFORMATION = OBJECT_HANDLE_INFORMATION*;

// Opaque to drivers.
struct CALLBACK_OBJECT;
using PCALLBACK_OBJECT = CALLBACK_OBJECT*;
using PCALLBACK_FUNCTION = VOID(NTAPI*)(PVOID CallbackContext, PVOID Argument1, PVOID Argument2);

struct EX_RUNDOWN_REF {
  union {
    volatile ULONG_PTR Count;
    PVOID volatile Ptr;
  };
};
static_assert(sizeof(EX_RUNDOWN_REF) == 8);
using PEX_RUNDOWN_REF = EX_RUNDOWN_REF*;

// x64 saves nothing for KeSaveFloatingPointState; the structure remains.
struct KFLOATING_SAVE {
  ULONG Dummy;
};
static_assert(sizeof(KFLOATING_SAVE) == 4);
using PKFLOATING_SAVE = KFLOATING_SAVE*;

}  // namespace drydock::nt
