#pragma once
// Counted strings and object attributes. Lengths are in bytes; nothing promises a terminating zero.

#include "nt/base.h"

namespace drydock::nt {

struct UNICODE_STRING {
  USHORT Length;
  USHORT MaximumLength;
  PWCH Buffer;
};
static_assert(sizeof(UNICODE_STRING) == 16 && offsetof(UNICODE_STRING, Buffer) == 8);
using PUNICODE_STRING = UNICODE_STRING*;
using PCUNICODE_STRING = const UNICODE_STRING*;

struct STRING {
  USHORT Length;
  USHORT MaximumLength;
  PCHAR Buffer;
};
static_assert(sizeof(STRING) == 16 && offsetof(STRING, Buffer) == 8);
using PSTRING = STRING*;
using ANSI_STRING = STRING;
using PANSI_STRING = STRING*;
using PCANSI_STRING = const STRING*;
using OEM_STRING = STRING;
using POEM_STRING = STRING*;

struct OBJECT_ATTRIBUTES {
  ULONG Length;
  HANDLE RootDirectory;
  PUNICODE_STRING ObjectName;
  ULONG Attributes;
  PVOID SecurityDescriptor;
  PVOID SecurityQualityOfService;
};
static_assert(sizeof(OBJECT_ATTRIBUTES) == 48 && offsetof(OBJECT_ATTRIBUTES, ObjectName) == 16);
using POBJECT_ATTRIBUTES = OBJECT_ATTRIBUTES*;

inline constexpr ULONG OBJ_INHERIT = 0x00000002;
inline constexpr ULONG OBJ_PERMANENT = 0x00000010;
inline constexpr ULONG OBJ_EXCLUSIVE = 0x00000020;
inline constexpr ULONG OBJ_CASE_INSENSITIVE = 0x00000040;
inline constexpr ULONG OBJ_OPENIF = 0x00000080;
inline constexpr ULONG OBJ_OPENLINK = 0x00000100;
inline constexpr ULONG OBJ_KERNEL_HANDLE = 0x00000200;
inline constexpr ULONG OBJ_FORCE_ACCESS_CHECK = 0x00000400;
inline constexpr ULONG OBJ_IGNORE_IMPERSONATED_DEVICEMAP = 0x00000800;
inline constexpr ULONG OBJ_DONT_REPARSE = 0x00001000;
inline constexpr ULONG OBJ_VALID_ATTRIBUTES = 0x00001FF2;

inline constexpr USHORT UNICODE_STRING_MAX_BYTES = 65534;
inline constexpr USHORT UNICODE_STRING_MAX_CHARS = 32767;
inline constexpr WCHAR UNICODE_NULL = 0;

inline void InitializeObjectAttributes(OBJECT_ATTRIBUTES* attributes, PUNICODE_STRING name, ULONG flags, HANDLE root,
                                       PVOID security) {
  *attributes = {.Length = sizeof(OBJECT_ATTRIBUTES),
                 .RootDirectory = root,
                 .ObjectName = name,
                 .Attributes = flags,
                 .SecurityDescriptor = security,
                 .SecurityQualityOfService = nullptr};
}

}  // namespace drydock::nt
