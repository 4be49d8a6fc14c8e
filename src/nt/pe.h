#pragma once
// The headers of a PE32+ image.

#include "nt/base.h"

namespace drydock::nt {

inline constexpr USHORT IMAGE_DOS_SIGNATURE = 0x5A4D;
inline constexpr ULONG IMAGE_NT_SIGNATURE = 0x00004550;
inline constexpr USHORT IMAGE_NT_OPTIONAL_HDR32_MAGIC = 0x10B;
inline constexpr USHORT IMAGE_NT_OPTIONAL_HDR64_MAGIC = 0x20B;
inline constexpr USHORT IMAGE_FILE_MACHINE_I386 = 0x014C;
inline constexpr USHORT IMAGE_FILE_MACHINE_AMD64 = 0x8664;
inline constexpr USHORT IMAGE_FILE_MACHINE_ARM64 = 0xAA64;

inline constexpr USHORT IMAGE_FILE_RELOCS_STRIPPED = 0x0001;
inline constexpr USHORT IMAGE_FILE_EXECUTABLE_IMAGE = 0x0002;
inline constexpr USHORT IMAGE_FILE_LARGE_ADDRESS_AWARE = 0x0020;
inline constexpr USHORT IMAGE_FILE_DLL = 0x2000;

inline constexpr USHORT IMAGE_SUBSYSTEM_NATIVE = 1;
inline constexpr USHORT IMAGE_SUBSYSTEM_WINDOWS_GUI = 2;
inline constexpr USHORT IMAGE_SUBSYSTEM_WINDOWS_CUI = 3;

inline constexpr USHORT IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA = 0x0020;
inline constexpr USHORT IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE = 0x0040;
inline constexpr USHORT IMAGE_DLLCHARACTERISTICS_FORCE_INTEGRITY = 0x0080;
inline constexpr USHORT IMAGE_DLLCHARACTERISTICS_NX_COMPAT = 0x0100;
inline constexpr USHORT IMAGE_DLLCHARACTERISTICS_WDM_DRIVER = 0x2000;
inline constexpr USHORT IMAGE_DLLCHARACTERISTICS_GUARD_CF = 0x4000;

inline constexpr ULONG IMAGE_NUMBEROF_DIRECTORY_ENTRIES = 16;
inline constexpr ULONG IMAGE_DIRECTORY_ENTRY_EXPORT = 0;
inline constexpr ULONG IMAGE_DIRECTORY_ENTRY_IMPORT = 1;
inline constexpr ULONG IMAGE_DIRECTORY_ENTRY_RESOURCE = 2;
inline constexpr ULONG IMAGE_DIRECTORY_ENTRY_EXCEPTION = 3;
inline constexpr ULONG IMAGE_DIRECTORY_ENTRY_SECURITY = 4;
inline constexpr ULONG IMAGE_DIRECTORY_ENTRY_BASERELOC = 5;
inline constexpr ULONG IMAGE_DIRECTORY_ENTRY_DEBUG = 6;
inline constexpr ULONG IMAGE_DIRECTORY_ENTRY_TLS = 9;
inline constexpr ULONG IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG = 10;
inline constexpr ULONG IMAGE_DIRECTORY_ENTRY_BOUND_IMPORT = 11;
inline constexpr ULONG IMAGE_DIRECTORY_ENTRY_IAT = 12;
inline constexpr ULONG IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT = 13;

inline constexpr ULONG IMAGE_SCN_CNT_CODE = 0x00000020;
inline constexpr ULONG IMAGE_SCN_CNT_INITIALIZED_DATA = 0x00000040;
inline constexpr ULONG IMAGE_SCN_CNT_UNINITIALIZED_DATA = 0x00000080;
inline constexpr ULONG IMAGE_SCN_MEM_DISCARDABLE = 0x02000000;
inline constexpr ULONG IMAGE_SCN_MEM_NOT_CACHED = 0x04000000;
inline constexpr ULONG IMAGE_SCN_MEM_NOT_PAGED = 0x08000000;
inline constexpr ULONG IMAGE_SCN_MEM_SHARED = 0x10000000;
inline constexpr ULONG IMAGE_SCN_MEM_EXECUTE = 0x20000000;
inline constexpr ULONG IMAGE_SCN_MEM_READ = 0x40000000;
inline constexpr ULONG IMAGE_SCN_MEM_WRITE = 0x80000000;

inline constexpr USHORT IMAGE_REL_BASED_ABSOLUTE = 0;
inline constexpr USHORT IMAGE_REL_BASED_HIGH = 1;
inline constexpr USHORT IMAGE_REL_BASED_LOW = 2;
inline constexpr USHORT IMAGE_REL_BASED_HIGHLOW = 3;
inline constexpr USHORT IMAGE_REL_BASED_DIR64 = 10;

inline constexpr ULONGLONG IMAGE_ORDINAL_FLAG64 = 0x8000000000000000;

struct IMAGE_DOS_HEADER {
  USHORT e_magic;
  USHORT e_cblp;
  USHORT e_cp;
  USHORT e_crlc;
  USHORT e_cparhdr;
  USHORT e_minalloc;
  USHORT e_maxalloc;
  USHORT e_ss;
  USHORT e_sp;
  USHORT e_csum;
  USHORT e_ip;
  USHORT e_cs;
  USHORT e_lfarlc;
  USHORT e_ovno;
  USHORT e_res[4];
  USHORT e_oemid;
  USHORT e_oeminfo;
  USHORT e_res2[10];
  LONG e_lfanew;
};
static_assert(sizeof(IMAGE_DOS_HEADER) == 64 && offsetof(IMAGE_DOS_HEADER, e_lfanew) == 0x3C);

struct IMAGE_FILE_HEADER {
  USHORT Machine;
  USHORT NumberOfSections;
  ULONG TimeDateStamp;
  ULONG PointerToSymbolTable;
  ULONG NumberOfSymbols;
  USHORT SizeOfOptionalHeader;
  USHORT Characteristics;
};
static_assert(sizeof(IMAGE_FILE_HEADER) == 20);

struct IMAGE_DATA_DIRECTORY {
  ULONG VirtualAddress;
  ULONG Size;
};
static_assert(sizeof(IMAGE_DATA_DIRECTORY) == 8);

struct IMAGE_OPTIONAL_HEADER64 {
  USHORT Magic;
  UCHAR MajorLinkerVersion;
  UCHAR MinorLinkerVersion;
  ULONG SizeOfCode;
  ULONG SizeOfInitializedData;
  ULONG SizeOfUninitializedData;
  ULONG AddressOfEntryPoint;
  ULONG BaseOfCode;
  ULONGLONG ImageBase;
  ULONG SectionAlignment;
  ULONG FileAlignment;
  USHORT MajorOperatingSystemVersion;
  USHORT MinorOperatingSystemVersion;
  USHORT MajorImageVersion;
  USHORT MinorImageVersion;
  USHORT MajorSubsystemVersion;
  USHORT MinorSubsystemVersion;
  ULONG Win32VersionValue;
  ULONG SizeOfImage;
  ULONG SizeOfHeaders;
  ULONG CheckSum;
  USHORT Subsystem;
  USHORT DllCharacteristics;
  ULONGLONG SizeOfStackReserve;
  ULONGLONG SizeOfStackCommit;
  ULONGLONG SizeOfHeapReserve;
  ULONGLONG SizeOfHeapCommit;
  ULONG LoaderFlags;
  ULONG NumberOfRvaAndSizes;
  IMAGE_DATA_DIRECTORY DataDirectory[IMAGE_NUMBEROF_DIRECTORY_ENTRIES];
};
static_assert(sizeof(IMAGE_OPTIONAL_HEADER64) == 240 && offsetof(IMAGE_OPTIONAL_HEADER64, ImageBase) == 24 &&
              offsetof(IMAGE_OPTIONAL_HEADER64, DataDirectory) == 112);

struct IMAGE_NT_HEADERS64 {
  ULONG Signature;
  IMAGE_FILE_HEADER FileHeader;
  IMAGE_OPTIONAL_HEADER64 OptionalHeader;
};
static_assert(sizeof(IMAGE_NT_HEADERS64) == 264);

inline constexpr ULONG IMAGE_SIZEOF_SHORT_NAME = 8;

struct IMAGE_SECTION_HEADER {
  UCHAR Name[IMAGE_SIZEOF_SHORT_NAME];
  union {
    ULONG PhysicalAddress;
    ULONG VirtualSize;
  } Misc;
  ULONG VirtualAddress;
  ULONG SizeOfRawData;
  ULONG PointerToRawData;
  ULONG PointerToRelocations;
  ULONG PointerToLinenumbers;
  USHORT NumberOfRelocations;
  USHORT NumberOfLinenumbers;
  ULONG Characteristics;
};
static_assert(sizeof(IMAGE_SECTION_HEADER) == 40 && offsetof(IMAGE_SECTION_HEADER, Characteristics) == 36);

struct IMAGE_IMPORT_DESCRIPTOR {
  union {
    ULONG Characteristics;
    ULONG OriginalFirstThunk;
  };
  ULONG TimeDateStamp;
  ULONG ForwarderChain;
  ULONG Name;
  ULONG FirstThunk;
};
static_assert(sizeof(IMAGE_IMPORT_DESCRIPTOR) == 20);

struct IMAGE_EXPORT_DIRECTORY {
  ULONG Characteristics;
  ULONG TimeDateStamp;
  USHORT MajorVersion;
  USHORT MinorVersion;
  ULONG Name;
  ULONG Base;
  ULONG NumberOfFunctions;
  ULONG NumberOfNames;
  ULONG AddressOfFunctions;
  ULONG AddressOfNames;
  ULONG AddressOfNameOrdinals;
};
static_assert(sizeof(IMAGE_EXPORT_DIRECTORY) == 40);

struct IMAGE_BASE_RELOCATION {
  ULONG VirtualAddress;
  ULONG SizeOfBlock;
};
static_assert(sizeof(IMAGE_BASE_RELOCATION) == 8);

struct IMAGE_DEBUG_DIRECTORY {
  ULONG Characteristics;
  ULONG TimeDateStamp;
  USHORT MajorVersion;
  USHORT MinorVersion;
  ULONG Type;
  ULONG SizeOfData;
  ULONG AddressOfRawData;
  ULONG PointerToRawData;
};
static_assert(sizeof(IMAGE_DEBUG_DIRECTORY) == 28);

// The head of the load configuration, which grows with every release; Size says how much is there.
struct IMAGE_LOAD_CONFIG_DIRECTORY64 {
  ULONG Size;
  ULONG TimeDateStamp;
  USHORT MajorVersion;
  USHORT MinorVersion;
  ULONG GlobalFlagsClear;
  ULONG GlobalFlagsSet;
  ULONG CriticalSectionDefaultTimeout;
  ULONGLONG DeCommitFreeBlockThreshold;
  ULONGLONG DeCommitTotalFreeThreshold;
  ULONGLONG LockPrefixTable;
  ULONGLONG MaximumAllocationSize;
  ULONGLONG VirtualMemoryThreshold;
  ULONGLONG ProcessAffinityMask;
  ULONG ProcessHeapFlags;
  USHORT CSDVersion;
  USHORT DependentLoadFlags;
  ULONGLONG EditList;
  ULONGLONG SecurityCookie;
  ULONGLONG SEHandlerTable;
  ULONGLONG SEHandlerCount;
  ULONGLONG GuardCFCheckFunctionPointer;
  ULONGLONG GuardCFDispatchFunctionPointer;
  ULONGLONG GuardCFFunctionTable;
  ULONGLONG GuardCFFunctionCount;
  ULONG GuardFlags;
};
static_assert(offsetof(IMAGE_LOAD_CONFIG_DIRECTORY64, SecurityCookie) == 0x58 &&
              offsetof(IMAGE_LOAD_CONFIG_DIRECTORY64, GuardCFCheckFunctionPointer) == 0x70 &&
              offsetof(IMAGE_LOAD_CONFIG_DIRECTORY64, GuardFlags) == 0x90);

inline constexpr ULONGLONG kSecurityCookieDefault = 0x00002B992DDFA232;

}  // namespace drydock::nt
