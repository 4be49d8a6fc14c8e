#pragma once
// The buffers of the SCSI port IOCTLs.

#include "nt/base.h"
#include "nt/ioctl.h"

namespace drydock::nt {

struct SCSI_PASS_THROUGH {
  USHORT Length;
  UCHAR ScsiStatus;
  UCHAR PathId;
  UCHAR TargetId;
  UCHAR Lun;
  UCHAR CdbLength;
  UCHAR SenseInfoLength;
  UCHAR DataIn;
  ULONG DataTransferLength;
  ULONG TimeOutValue;
  ULONG_PTR DataBufferOffset;
  ULONG SenseInfoOffset;
  UCHAR Cdb[16];
};
static_assert(sizeof(SCSI_PASS_THROUGH) == 56 && offsetof(SCSI_PASS_THROUGH, DataBufferOffset) == 24);
using PSCSI_PASS_THROUGH = SCSI_PASS_THROUGH*;

struct SCSI_PASS_THROUGH_DIRECT {
  USHORT Length;
  UCHAR ScsiStatus;
  UCHAR PathId;
  UCHAR TargetId;
  UCHAR Lun;
  UCHAR CdbLength;
  UCHAR SenseInfoLength;
  UCHAR DataIn;
  ULONG DataTransferLength;
  ULONG TimeOutValue;
  PVOID DataBuffer;
  ULONG SenseInfoOffset;
  UCHAR Cdb[16];
};
static_assert(sizeof(SCSI_PASS_THROUGH_DIRECT) == 56 && offsetof(SCSI_PASS_THROUGH_DIRECT, DataBuffer) == 24);
using PSCSI_PASS_THROUGH_DIRECT = SCSI_PASS_THROUGH_DIRECT*;

inline constexpr UCHAR SCSI_IOCTL_DATA_OUT = 0;
inline constexpr UCHAR SCSI_IOCTL_DATA_IN = 1;
inline constexpr UCHAR SCSI_IOCTL_DATA_UNSPECIFIED = 2;

struct SCSI_BUS_DATA {
  UCHAR NumberOfLogicalUnits;
  UCHAR InitiatorBusId;
  ULONG InquiryDataOffset;
};
static_assert(sizeof(SCSI_BUS_DATA) == 8);
using PSCSI_BUS_DATA = SCSI_BUS_DATA*;

struct SCSI_ADAPTER_BUS_INFO {
  UCHAR NumberOfBuses;
  SCSI_BUS_DATA BusData[1];
};
static_assert(sizeof(SCSI_ADAPTER_BUS_INFO) == 12 && offsetof(SCSI_ADAPTER_BUS_INFO, BusData) == 4);
using PSCSI_ADAPTER_BUS_INFO = SCSI_ADAPTER_BUS_INFO*;

struct SCSI_INQUIRY_DATA {
  UCHAR PathId;
  UCHAR TargetId;
  UCHAR Lun;
  BOOLEAN DeviceClaimed;
  ULONG InquiryDataLength;
  ULONG NextInquiryDataOffset;
  UCHAR InquiryData[1];
};
static_assert(sizeof(SCSI_INQUIRY_DATA) == 16 && offsetof(SCSI_INQUIRY_DATA, InquiryData) == 12);
using PSCSI_INQUIRY_DATA = SCSI_INQUIRY_DATA*;

struct SRB_IO_CONTROL {
  ULONG HeaderLength;
  UCHAR Signature[8];
  ULONG Timeout;
  ULONG ControlCode;
  ULONG ReturnCode;
  ULONG Length;
};
static_assert(sizeof(SRB_IO_CONTROL) == 28 && offsetof(SRB_IO_CONTROL, Length) == 24);
using PSRB_IO_CONTROL = SRB_IO_CONTROL*;

struct IO_SCSI_CAPABILITIES {
  ULONG Length;
  ULONG MaximumTransferLength;
  ULONG MaximumPhysicalPages;
  ULONG SupportedAsynchronousEvents;
  ULONG AlignmentMask;
  BOOLEAN TaggedQueuing;
  BOOLEAN AdapterScansDown;
  BOOLEAN AdapterUsesPio;
};
static_assert(sizeof(IO_SCSI_CAPABILITIES) == 24);
using PIO_SCSI_CAPABILITIES = IO_SCSI_CAPABILITIES*;

struct SCSI_ADDRESS {
  ULONG Length;
  UCHAR PortNumber;
  UCHAR PathId;
  UCHAR TargetId;
  UCHAR Lun;
};
static_assert(sizeof(SCSI_ADDRESS) == 8);
using PSCSI_ADDRESS = SCSI_ADDRESS*;

}  // namespace drydock::nt
