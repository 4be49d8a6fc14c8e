#pragma once
// The scalar types of a Windows x64 driver. Host is LP64, Windows LLP64: LONG and ULONG are 32 bits here.

#include <cstddef>
#include <cstdint>

// The calling convention of everything a driver can call, and of every driver routine we call.
#define NTAPI __attribute__((ms_abi))

namespace drydock::nt {

using VOID = void;
using CHAR = char;
using UCHAR = uint8_t;
using SHORT = int16_t;
using CSHORT = int16_t;
using USHORT = uint16_t;
using INT = int32_t;
using UINT = uint32_t;
using LONG = int32_t;
using ULONG = uint32_t;
using LONGLONG = int64_t;
using ULONGLONG = uint64_t;
using WCHAR = char16_t;
using BOOLEAN = uint8_t;
using BYTE = uint8_t;
using WORD = uint16_t;
using DWORD = uint32_t;
using BOOL = int32_t;
using LOGICAL = uint32_t;

using INT8 = int8_t;
using UINT8 = uint8_t;
using INT16 = int16_t;
using UINT16 = uint16_t;
using INT32 = int32_t;
using UINT32 = uint32_t;
using INT64 = int64_t;
using UINT64 = uint64_t;
using LONG32 = int32_t;
using ULONG32 = uint32_t;
using LONG64 = int64_t;
using ULONG64 = uint64_t;
using DWORD64 = uint64_t;

using LONG_PTR = intptr_t;
using ULONG_PTR = uintptr_t;
using INT_PTR = intptr_t;
using UINT_PTR = uintptr_t;
using SIZE_T = uintptr_t;
using SSIZE_T = intptr_t;

using PVOID = void*;
using PCVOID = const void*;
using PCHAR = CHAR*;
using PSTR = CHAR*;
using PCSTR = const CHAR*;
using PSZ = CHAR*;
using PCSZ = const CHAR*;
using PUCHAR = UCHAR*;
using PSHORT = SHORT*;
using PUSHORT = USHORT*;
using PLONG = LONG*;
using PULONG = ULONG*;
using PLONGLONG = LONGLONG*;
using PULONGLONG = ULONGLONG*;
using PWCHAR = WCHAR*;
using PWCH = WCHAR*;
using PWSTR = WCHAR*;
using PCWSTR = const WCHAR*;
using PCWCH = const WCHAR*;
using PBOOLEAN = BOOLEAN*;
using PULONG_PTR = ULONG_PTR*;
using PSIZE_T = SIZE_T*;
using PLONG64 = LONG64*;
using PULONG64 = ULONG64*;

using HANDLE = void*;
using PHANDLE = HANDLE*;
using NTSTATUS = int32_t;
using PNTSTATUS = NTSTATUS*;
using KIRQL = UCHAR;
using PKIRQL = KIRQL*;
using KPRIORITY = LONG;
using KAFFINITY = ULONG_PTR;
using PKAFFINITY = KAFFINITY*;
using ACCESS_MASK = ULONG;
using PACCESS_MASK = ACCESS_MASK*;
using DEVICE_TYPE = ULONG;
using PFN_NUMBER = ULONG_PTR;
using PPFN_NUMBER = PFN_NUMBER*;
using LCID = ULONG;
using PSECURITY_DESCRIPTOR = PVOID;
using PACCESS_TOKEN = PVOID;
using PSID = PVOID;
using SECURITY_INFORMATION = ULONG;

inline constexpr BOOLEAN TRUE = 1;
inline constexpr BOOLEAN FALSE = 0;

union LARGE_INTEGER {
  struct {
    ULONG LowPart;
    LONG HighPart;
  };
  struct {
    ULONG LowPart;
    LONG HighPart;
  } u;
  LONGLONG QuadPart;
};
static_assert(sizeof(LARGE_INTEGER) == 8);

union ULARGE_INTEGER {
  struct {
    ULONG LowPart;
    ULONG HighPart;
  };
  struct {
    ULONG LowPart;
    ULONG HighPart;
  } u;
  ULONGLONG QuadPart;
};
static_assert(sizeof(ULARGE_INTEGER) == 8);

using PLARGE_INTEGER = LARGE_INTEGER*;
using PULARGE_INTEGER = ULARGE_INTEGER*;
using PHYSICAL_ADDRESS = LARGE_INTEGER;
using PPHYSICAL_ADDRESS = PHYSICAL_ADDRESS*;

struct LUID {
  ULONG LowPart;
  LONG HighPart;
};
static_assert(sizeof(LUID) == 8);
using PLUID = LUID*;

struct GROUP_AFFINITY {
  KAFFINITY Mask;
  USHORT Group;
  USHORT Reserved[3];
};
static_assert(sizeof(GROUP_AFFINITY) == 16);
using PGROUP_AFFINITY = GROUP_AFFINITY*;

struct PROCESSOR_NUMBER {
  USHORT Group;
  UCHAR Number;
  UCHAR Reserved;
};
static_assert(sizeof(PROCESSOR_NUMBER) == 4);
using PPROCESSOR_NUMBER = PROCESSOR_NUMBER*;

// The structure of type T whose `Member` sits at `field`: CONTAINING_RECORD as a template.
// Use: container_of<&IRP::CancelRoutine>(pointer) for direct members, container_at<T>(p, offset) for nested ones.
template <typename T>
constexpr T* container_at(const volatile void* field, size_t offset) {
  return reinterpret_cast<T*>(reinterpret_cast<uintptr_t>(field) - offset);
}

namespace detail {
template <typename T, typename M>
T owner_of(M T::*);
}

template <auto Member>
auto* container_of(const volatile void* field) {
  using Owner = decltype(detail::owner_of(Member));
  alignas(Owner) static constexpr char probe[sizeof(Owner)] = {};
  const auto* object = reinterpret_cast<const Owner*>(probe);
  const auto offset = reinterpret_cast<const char*>(&(object->*Member)) - probe;
  return container_at<Owner>(field, static_cast<size_t>(offset));
}

// The bytes of a flexible tail declared as [1], and similar sums.
constexpr ULONG_PTR align_down(ULONG_PTR value, ULONG_PTR alignment) {
  return value & ~(alignment - 1);
}
constexpr ULONG_PTR align_up(ULONG_PTR value, ULONG_PTR alignment) {
  return align_down(value + alignment - 1, alignment);
}

}  // namespace drydock::nt

// For members reached through anonymous or nested structures, where no pointer to member exists.
#define NT_CONTAINING_RECORD(address, type, field) (::drydock::nt::container_at<type>((address), offsetof(type, field)))
