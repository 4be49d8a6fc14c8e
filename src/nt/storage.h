#pragma once
// The buffers of the storage and disk IOCTLs.

#include "nt/base.h"
#include "nt/ioctl.h"

namespace drydock::nt {

struct STORAGE_BUS_RESET_REQUEST {
  UCHAR PathId;
};
static_assert(sizeof(STORAGE_BUS_RESET_REQUEST) == 1);
using PSTORAGE_BUS_RESET_REQUEST = STORAGE_BUS_RESET_REQUEST*;

struct STORAGE_BREAK_RESERVATION_REQUEST {
  ULONG Length;
  UCHAR _unused;
  UCHAR PathId;
  UCHAR TargetId;
  UCHAR Lun;
};
static_assert(sizeof(STORAGE_BREAK_RESERVATION_REQUEST) == 8);
using PSTORAGE_BREAK_RESERVATION_REQUEST = STORAGE_BREAK_RESERVATION_REQUEST*;

struct STORAGE_DEVICE_NUMBER {
  DEVICE_TYPE DeviceType;
  ULONG DeviceNumber;
  ULONG PartitionNumber;
};
static_assert(sizeof(STORAGE_DEVICE_NUMBER) == 12);
using PSTORAGE_DEVICE_NUMBER = STORAGE_DEVICE_NUMBER*;

enum STORAGE_BUS_TYPE : LONG {
  BusTypeUnknown = 0x00,
  BusTypeScsi,
  BusTypeAtapi,
  BusTypeAta,
  BusType1394,
  BusTypeSsa,
  BusTypeFibre,
  BusTypeUsb,
  BusTypeRAID,
  BusTypeiScsi,
  BusTypeSas,
  BusTypeSata,
  BusTypeSd,
  BusTypeMmc,
  BusTypeVirtual,
  BusTypeFileBackedVirtual,
  BusTypeSpaces,
  BusTypeNvme,
  BusTypeMaxReserved = 0x7F
};

enum STORAGE_QUERY_TYPE : LONG {
  PropertyStandardQuery = 0,
  PropertyExistsQuery,
  PropertyMaskQuery,
  PropertyQueryMaxDefined
};

enum STORAGE_PROPERTY_ID : LONG {
  StorageDeviceProperty = 0,
  StorageAdapterProperty,
  StorageDeviceIdProperty,
  StorageDeviceUniqueIdProperty,
  StorageDeviceWriteCacheProperty,
  StorageMiniportProperty,
  StorageAccessAlignmentProperty,
  StorageDeviceSeekPenaltyProperty,
  StorageDeviceTrimProperty
};

struct STORAGE_PROPERTY_QUERY {
  STORAGE_PROPERTY_ID PropertyId;
  STORAGE_QUERY_TYPE QueryType;
  UCHAR AdditionalParameters[1];
};
static_assert(sizeof(STORAGE_PROPERTY_QUERY) == 12 && offsetof(STORAGE_PROPERTY_QUERY, AdditionalParameters) == 8);
using PSTORAGE_PROPERTY_QUERY = STORAGE_PROPERTY_QUERY*;

struct STORAGE_DESCRIPTOR_HEADER {
  ULONG Version;
  ULONG Size;
};
static_assert(sizeof(STORAGE_DESCRIPTOR_HEADER) == 8);
using PSTORAGE_DESCRIPTOR_HEADER = STORAGE_DESCRIPTOR_HEADER*;

struct STORAGE_DEVICE_DESCRIPTOR {
  ULONG Version;
  ULONG Size;
  UCHAR DeviceType;
  UCHAR DeviceTypeModifier;
  BOOLEAN RemovableMedia;
  BOOLEAN CommandQueueing;
  ULONG VendorIdOffset;
  ULONG ProductIdOffset;
  ULONG ProductRevisionOffset;
  ULONG SerialNumberOffset;
  STORAGE_BUS_TYPE BusType;
  ULONG RawPropertiesLength;
  UCHAR RawDeviceProperties[1];
};
static_assert(sizeof(STORAGE_DEVICE_DESCRIPTOR) == 40 && offsetof(STORAGE_DEVICE_DESCRIPTOR, BusType) == 28);
using PSTORAGE_DEVICE_DESCRIPTOR = STORAGE_DEVICE_DESCRIPTOR*;

struct STORAGE_ADAPTER_DESCRIPTOR {
  ULONG Version;
  ULONG Size;
  ULONG MaximumTransferLength;
  ULONG MaximumPhysicalPages;
  ULONG AlignmentMask;
  BOOLEAN AdapterUsesPio;
  BOOLEAN AdapterScansDown;
  BOOLEAN CommandQueueing;
  BOOLEAN AcceleratedTransfer;
  UCHAR BusType;
  USHORT BusMajorVersion;
  USHORT BusMinorVersion;
  UCHAR SrbType;
  UCHAR AddressType;
};
static_assert(sizeof(STORAGE_ADAPTER_DESCRIPTOR) == 32 && offsetof(STORAGE_ADAPTER_DESCRIPTOR, BusType) == 24);
using PSTORAGE_ADAPTER_DESCRIPTOR = STORAGE_ADAPTER_DESCRIPTOR*;

enum MEDIA_TYPE : LONG { RemovableMedia = 11, FixedMedia = 12 };

struct DISK_GEOMETRY {
  LARGE_INTEGER Cylinders;
  MEDIA_TYPE MediaType;
  ULONG TracksPerCylinder;
  ULONG SectorsPerTrack;
  ULONG BytesPerSector;
};
static_assert(sizeof(DISK_GEOMETRY) == 24 && offsetof(DISK_GEOMETRY, BytesPerSector) == 20);
using PDISK_GEOMETRY = DISK_GEOMETRY*;

struct DISK_GEOMETRY_EX {
  DISK_GEOMETRY Geometry;
  LARGE_INTEGER DiskSize;
  UCHAR Data[1];
};
static_assert(sizeof(DISK_GEOMETRY_EX) == 40 && offsetof(DISK_GEOMETRY_EX, DiskSize) == 24);
using PDISK_GEOMETRY_EX = DISK_GEOMETRY_EX*;

struct GET_LENGTH_INFORMATION {
  LARGE_INTEGER Length;
};
static_assert(sizeof(GET_LENGTH_INFORMATION) == 8);
using PGET_LENGTH_INFORMATION = GET_LENGTH_INFORMATION*;

struct VERIFY_INFORMATION {
  LARGE_INTEGER StartingOffset;
  ULONG Length;
};
static_assert(sizeof(VERIFY_INFORMATION) == 16);
using PVERIFY_INFORMATION = VERIFY_INFORMATION*;

}  // namespace drydock::nt
