#pragma once
// What IRP_MJ_QUERY_INFORMATION and IRP_MJ_SET_INFORMATION carry, as far as devices answer them.

#include "nt/base.h"

namespace drydock::nt {

enum FILE_INFORMATION_CLASS : LONG {
  FileBasicInformation = 4,
  FileStandardInformation = 5,
  FileNameInformation = 9,
  FilePositionInformation = 14,
  FileAllInformation = 18,
  FileAllocationInformation = 19,
  FileEndOfFileInformation = 20
};

enum FS_INFORMATION_CLASS : LONG {
  FileFsVolumeInformation = 1,
  FileFsSizeInformation = 3,
  FileFsDeviceInformation = 4
};

struct FILE_BASIC_INFORMATION {
  LARGE_INTEGER CreationTime;
  LARGE_INTEGER LastAccessTime;
  LARGE_INTEGER LastWriteTime;
  LARGE_INTEGER ChangeTime;
  ULONG FileAttributes;
};
static_assert(sizeof(FILE_BASIC_INFORMATION) == 40);
using PFILE_BASIC_INFORMATION = FILE_BASIC_INFORMATION*;

struct FILE_STANDARD_INFORMATION {
  LARGE_INTEGER AllocationSize;
  LARGE_INTEGER EndOfFile;
  ULONG NumberOfLinks;
  BOOLEAN DeletePending;
  BOOLEAN Directory;
};
static_assert(sizeof(FILE_STANDARD_INFORMATION) == 24);
using PFILE_STANDARD_INFORMATION = FILE_STANDARD_INFORMATION*;

struct FILE_POSITION_INFORMATION {
  LARGE_INTEGER CurrentByteOffset;
};
static_assert(sizeof(FILE_POSITION_INFORMATION) == 8);
using PFILE_POSITION_INFORMATION = FILE_POSITION_INFORMATION*;

struct FILE_FS_DEVICE_INFORMATION {
  DEVICE_TYPE DeviceType;
  ULONG Characteristics;
};
static_assert(sizeof(FILE_FS_DEVICE_INFORMATION) == 8);
using PFILE_FS_DEVICE_INFORMATION = FILE_FS_DEVICE_INFORMATION*;

}  // namespace drydock::nt
