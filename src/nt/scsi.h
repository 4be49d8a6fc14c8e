#pragma once
// The SCSI commands, data and sense a class driver and a miniport exchange. Multi-byte fields are big-endian.

#include "nt/base.h"

namespace drydock::nt {

inline constexpr UCHAR SCSIOP_TEST_UNIT_READY = 0x00;
inline constexpr UCHAR SCSIOP_REZERO_UNIT = 0x01;
inline constexpr UCHAR SCSIOP_REQUEST_SENSE = 0x03;
inline constexpr UCHAR SCSIOP_FORMAT_UNIT = 0x04;
inline constexpr UCHAR SCSIOP_REASSIGN_BLOCKS = 0x07;
inline constexpr UCHAR SCSIOP_READ6 = 0x08;
inline constexpr UCHAR SCSIOP_WRITE6 = 0x0A;
inline constexpr UCHAR SCSIOP_INQUIRY = 0x12;
inline constexpr UCHAR SCSIOP_MODE_SELECT = 0x15;
inline constexpr UCHAR SCSIOP_RESERVE_UNIT = 0x16;
inline constexpr UCHAR SCSIOP_RELEASE_UNIT = 0x17;
inline constexpr UCHAR SCSIOP_MODE_SENSE = 0x1A;
inline constexpr UCHAR SCSIOP_START_STOP_UNIT = 0x1B;
inline constexpr UCHAR SCSIOP_SEND_DIAGNOSTIC = 0x1D;
inline constexpr UCHAR SCSIOP_MEDIUM_REMOVAL = 0x1E;
inline constexpr UCHAR SCSIOP_READ_CAPACITY = 0x25;
inline constexpr UCHAR SCSIOP_READ = 0x28;
inline constexpr UCHAR SCSIOP_WRITE = 0x2A;
inline constexpr UCHAR SCSIOP_SEEK = 0x2B;
inline constexpr UCHAR SCSIOP_WRITE_VERIFY = 0x2E;
inline constexpr UCHAR SCSIOP_VERIFY = 0x2F;
inline constexpr UCHAR SCSIOP_SYNCHRONIZE_CACHE = 0x35;
inline constexpr UCHAR SCSIOP_WRITE_DATA_BUFF = 0x3B;
inline constexpr UCHAR SCSIOP_READ_DATA_BUFF = 0x3C;
inline constexpr UCHAR SCSIOP_WRITE_SAME = 0x41;
inline constexpr UCHAR SCSIOP_UNMAP = 0x42;
inline constexpr UCHAR SCSIOP_LOG_SELECT = 0x4C;
inline constexpr UCHAR SCSIOP_LOG_SENSE = 0x4D;
inline constexpr UCHAR SCSIOP_MODE_SELECT10 = 0x55;
inline constexpr UCHAR SCSIOP_MODE_SENSE10 = 0x5A;
inline constexpr UCHAR SCSIOP_PERSISTENT_RESERVE_IN = 0x5E;
inline constexpr UCHAR SCSIOP_PERSISTENT_RESERVE_OUT = 0x5F;
inline constexpr UCHAR SCSIOP_ATA_PASSTHROUGH16 = 0x85;
inline constexpr UCHAR SCSIOP_READ16 = 0x88;
inline constexpr UCHAR SCSIOP_WRITE16 = 0x8A;
inline constexpr UCHAR SCSIOP_VERIFY16 = 0x8F;
inline constexpr UCHAR SCSIOP_SYNCHRONIZE_CACHE16 = 0x91;
inline constexpr UCHAR SCSIOP_WRITE_SAME16 = 0x93;
inline constexpr UCHAR SCSIOP_READ_CAPACITY16 = 0x9E;
inline constexpr UCHAR SCSIOP_SERVICE_ACTION_IN16 = 0x9E;
inline constexpr UCHAR SCSIOP_REPORT_LUNS = 0xA0;
inline constexpr UCHAR SCSIOP_READ12 = 0xA8;
inline constexpr UCHAR SCSIOP_WRITE12 = 0xAA;

inline constexpr UCHAR SERVICE_ACTION_READ_CAPACITY16 = 0x10;

inline constexpr UCHAR SCSISTAT_GOOD = 0x00;
inline constexpr UCHAR SCSISTAT_CHECK_CONDITION = 0x02;
inline constexpr UCHAR SCSISTAT_CONDITION_MET = 0x04;
inline constexpr UCHAR SCSISTAT_BUSY = 0x08;
inline constexpr UCHAR SCSISTAT_INTERMEDIATE = 0x10;
inline constexpr UCHAR SCSISTAT_INTERMEDIATE_COND_MET = 0x14;
inline constexpr UCHAR SCSISTAT_RESERVATION_CONFLICT = 0x18;
inline constexpr UCHAR SCSISTAT_COMMAND_TERMINATED = 0x22;
inline constexpr UCHAR SCSISTAT_QUEUE_FULL = 0x28;

inline constexpr UCHAR SCSI_SENSE_NO_SENSE = 0x00;
inline constexpr UCHAR SCSI_SENSE_RECOVERED_ERROR = 0x01;
inline constexpr UCHAR SCSI_SENSE_NOT_READY = 0x02;
inline constexpr UCHAR SCSI_SENSE_MEDIUM_ERROR = 0x03;
inline constexpr UCHAR SCSI_SENSE_HARDWARE_ERROR = 0x04;
inline constexpr UCHAR SCSI_SENSE_ILLEGAL_REQUEST = 0x05;
inline constexpr UCHAR SCSI_SENSE_UNIT_ATTENTION = 0x06;
inline constexpr UCHAR SCSI_SENSE_DATA_PROTECT = 0x07;
inline constexpr UCHAR SCSI_SENSE_BLANK_CHECK = 0x08;
inline constexpr UCHAR SCSI_SENSE_UNIQUE = 0x09;
inline constexpr UCHAR SCSI_SENSE_COPY_ABORTED = 0x0A;
inline constexpr UCHAR SCSI_SENSE_ABORTED_COMMAND = 0x0B;
inline constexpr UCHAR SCSI_SENSE_VOL_OVERFLOW = 0x0D;
inline constexpr UCHAR SCSI_SENSE_MISCOMPARE = 0x0E;

inline constexpr UCHAR SCSI_SENSE_ERRORCODE_FIXED_CURRENT = 0x70;
inline constexpr UCHAR SCSI_SENSE_ERRORCODE_FIXED_DEFERRED = 0x71;

inline constexpr UCHAR SCSI_ADSENSE_NO_SENSE = 0x00;
inline constexpr UCHAR SCSI_ADSENSE_LUN_NOT_READY = 0x04;
inline constexpr UCHAR SCSI_ADSENSE_LUN_COMMUNICATION = 0x08;
inline constexpr UCHAR SCSI_ADSENSE_WRITE_ERROR = 0x0C;
inline constexpr UCHAR SCSI_ADSENSE_UNRECOVERED_ERROR = 0x11;
inline constexpr UCHAR SCSI_ADSENSE_PARAMETER_LIST_LENGTH = 0x1A;
inline constexpr UCHAR SCSI_ADSENSE_ILLEGAL_COMMAND = 0x20;
inline constexpr UCHAR SCSI_ADSENSE_ILLEGAL_BLOCK = 0x21;
inline constexpr UCHAR SCSI_ADSENSE_INVALID_CDB = 0x24;
inline constexpr UCHAR SCSI_ADSENSE_INVALID_LUN = 0x25;
inline constexpr UCHAR SCSI_ADSENSE_WRITE_PROTECT = 0x27;
inline constexpr UCHAR SCSI_ADSENSE_MEDIUM_CHANGED = 0x28;
inline constexpr UCHAR SCSI_ADSENSE_BUS_RESET = 0x29;
inline constexpr UCHAR SCSI_ADSENSE_PARAMETERS_CHANGED = 0x2A;
inline constexpr UCHAR SCSI_ADSENSE_NO_MEDIA_IN_DEVICE = 0x3A;
inline constexpr UCHAR SCSI_ADSENSE_OPERATING_CONDITIONS_CHANGED = 0x3F;

inline constexpr UCHAR SCSI_SENSEQ_CAUSE_NOT_REPORTABLE = 0x00;
inline constexpr UCHAR SCSI_SENSEQ_BECOMING_READY = 0x01;
inline constexpr UCHAR SCSI_SENSEQ_INIT_COMMAND_REQUIRED = 0x02;
inline constexpr UCHAR SCSI_SENSEQ_MANUAL_INTERVENTION_REQUIRED = 0x03;
inline constexpr UCHAR SCSI_SENSEQ_REPORTED_LUNS_DATA_CHANGED = 0x0E;

struct SENSE_DATA {
  UCHAR ErrorCode : 7;
  UCHAR Valid : 1;
  UCHAR SegmentNumber;
  UCHAR SenseKey : 4;
  UCHAR Reserved : 1;
  UCHAR IncorrectLength : 1;
  UCHAR EndOfMedia : 1;
  UCHAR FileMark : 1;
  UCHAR Information[4];
  UCHAR AdditionalSenseLength;
  UCHAR CommandSpecificInformation[4];
  UCHAR AdditionalSenseCode;
  UCHAR AdditionalSenseCodeQualifier;
  UCHAR FieldReplaceableUnitCode;
  UCHAR SenseKeySpecific[3];
};
static_assert(sizeof(SENSE_DATA) == 18 && offsetof(SENSE_DATA, AdditionalSenseCode) == 12);
using PSENSE_DATA = SENSE_DATA*;
inline constexpr UCHAR SENSE_BUFFER_SIZE = 18;

inline constexpr UCHAR DIRECT_ACCESS_DEVICE = 0x00;
inline constexpr UCHAR SEQUENTIAL_ACCESS_DEVICE = 0x01;
inline constexpr UCHAR PRINTER_DEVICE = 0x02;
inline constexpr UCHAR PROCESSOR_DEVICE = 0x03;
inline constexpr UCHAR READ_ONLY_DIRECT_ACCESS_DEVICE = 0x05;
inline constexpr UCHAR OPTICAL_DEVICE = 0x07;
inline constexpr UCHAR MEDIUM_CHANGER = 0x08;
inline constexpr UCHAR DEVICE_QUALIFIER_ACTIVE = 0x00;
inline constexpr UCHAR DEVICE_QUALIFIER_NOT_ACTIVE = 0x01;
inline constexpr UCHAR DEVICE_QUALIFIER_NOT_SUPPORTED = 0x03;
inline constexpr UCHAR DEVICE_CONNECTED = 0x00;

struct INQUIRYDATA {
  UCHAR DeviceType : 5;
  UCHAR DeviceTypeQualifier : 3;
  UCHAR DeviceTypeModifier : 7;
  UCHAR RemovableMedia : 1;
  UCHAR Versions;
  UCHAR ResponseDataFormat : 4;
  UCHAR HiSupport : 1;
  UCHAR NormACA : 1;
  UCHAR TerminateTask : 1;
  UCHAR AERC : 1;
  UCHAR AdditionalLength;
  UCHAR Reserved;
  UCHAR Addr16 : 1;
  UCHAR Addr32 : 1;
  UCHAR AckReqQ : 1;
  UCHAR MediumChanger : 1;
  UCHAR MultiPort : 1;
  UCHAR ReservedBit2 : 1;
  UCHAR EnclosureServices : 1;
  UCHAR ReservedBit3 : 1;
  UCHAR SoftReset : 1;
  UCHAR CommandQueue : 1;
  UCHAR TransferDisable : 1;
  UCHAR LinkedCommands : 1;
  UCHAR Synchronous : 1;
  UCHAR Wide16Bit : 1;
  UCHAR Wide32Bit : 1;
  UCHAR RelativeAddressing : 1;
  UCHAR VendorId[8];
  UCHAR ProductId[16];
  UCHAR ProductRevisionLevel[4];
  UCHAR VendorSpecific[20];
  UCHAR Reserved3[40];
};
static_assert(sizeof(INQUIRYDATA) == 96 && offsetof(INQUIRYDATA, VendorId) == 8 &&
              offsetof(INQUIRYDATA, VendorSpecific) == 36);
using PINQUIRYDATA = INQUIRYDATA*;
inline constexpr UCHAR INQUIRYDATABUFFERSIZE = 36;

struct READ_CAPACITY_DATA {
  ULONG LogicalBlockAddress;
  ULONG BytesPerBlock;
};
static_assert(sizeof(READ_CAPACITY_DATA) == 8);
using PREAD_CAPACITY_DATA = READ_CAPACITY_DATA*;

// Windows packs this one: 12 bytes.
#pragma pack(push, 1)
struct READ_CAPACITY_DATA_EX {
  LARGE_INTEGER LogicalBlockAddress;
  ULONG BytesPerBlock;
};
#pragma pack(pop)
static_assert(sizeof(READ_CAPACITY_DATA_EX) == 12);
using PREAD_CAPACITY_DATA_EX = READ_CAPACITY_DATA_EX*;

struct MODE_PARAMETER_HEADER {
  UCHAR ModeDataLength;
  UCHAR MediumType;
  UCHAR DeviceSpecificParameter;
  UCHAR BlockDescriptorLength;
};
static_assert(sizeof(MODE_PARAMETER_HEADER) == 4);
using PMODE_PARAMETER_HEADER = MODE_PARAMETER_HEADER*;
inline constexpr UCHAR MODE_DSP_FUA_SUPPORTED = 0x10;
inline constexpr UCHAR MODE_DSP_WRITE_PROTECT = 0x80;
inline constexpr UCHAR MODE_PAGE_CACHING = 0x08;
inline constexpr UCHAR MODE_SENSE_RETURN_ALL = 0x3F;

struct LUN_LIST {
  UCHAR LunListLength[4];  // bytes of Lun
  UCHAR Reserved[4];
  UCHAR Lun[][8];
};
static_assert(sizeof(LUN_LIST) == 8 && offsetof(LUN_LIST, Lun) == 8);
using PLUN_LIST = LUN_LIST*;

union CDB {
  struct {
    UCHAR OperationCode;
    UCHAR Immediate : 1;
    UCHAR CommandUniqueBits : 4;
    UCHAR LogicalUnitNumber : 3;
    UCHAR CommandUniqueBytes[3];
    UCHAR Link : 1;
    UCHAR Flag : 1;
    UCHAR Reserved : 4;
    UCHAR VendorUnique : 2;
  } CDB6GENERIC;
  struct {
    UCHAR OperationCode;
    UCHAR LogicalBlockMsb1 : 5;
    UCHAR LogicalUnitNumber : 3;
    UCHAR LogicalBlockMsb0;
    UCHAR LogicalBlockLsb;
    UCHAR TransferBlocks;
    UCHAR Control;
  } CDB6READWRITE;
  struct {
    UCHAR OperationCode;
    UCHAR EnableVitalProductData : 1;
    UCHAR CommandSupportData : 1;
    UCHAR Reserved1 : 6;
    UCHAR PageCode;
    UCHAR Reserved2;
    UCHAR AllocationLength;
    UCHAR Control;
  } CDB6INQUIRY3;
  struct {
    UCHAR OperationCode;
    UCHAR RelativeAddress : 1;
    UCHAR Reserved1 : 2;
    UCHAR ForceUnitAccess : 1;
    UCHAR DisablePageOut : 1;
    UCHAR LogicalUnitNumber : 3;
    UCHAR LogicalBlockByte0;
    UCHAR LogicalBlockByte1;
    UCHAR LogicalBlockByte2;
    UCHAR LogicalBlockByte3;
    UCHAR Reserved2;
    UCHAR TransferBlocksMsb;
    UCHAR TransferBlocksLsb;
    UCHAR Control;
  } CDB10;
  struct {
    UCHAR OperationCode;
    UCHAR RelativeAddress : 1;
    UCHAR Reserved1 : 2;
    UCHAR ForceUnitAccess : 1;
    UCHAR DisablePageOut : 1;
    UCHAR LogicalUnitNumber : 3;
    UCHAR LogicalBlock[4];
    UCHAR TransferLength[4];
    UCHAR Reserved2;
    UCHAR Control;
  } CDB12;
  struct {
    UCHAR OperationCode;
    UCHAR Reserved1 : 3;
    UCHAR ForceUnitAccess : 1;
    UCHAR DisablePageOut : 1;
    UCHAR Protection : 3;
    UCHAR LogicalBlock[8];
    UCHAR TransferLength[4];
    UCHAR Reserved2;
    UCHAR Control;
  } CDB16;
  struct {
    UCHAR OperationCode;
    UCHAR Reserved1 : 3;
    UCHAR Dbd : 1;
    UCHAR Reserved2 : 4;
    UCHAR PageCode : 6;
    UCHAR Pc : 2;
    UCHAR SubPageCode;
    UCHAR AllocationLength;
    UCHAR Control;
  } MODE_SENSE;
  struct {
    UCHAR OperationCode;
    UCHAR Immediate : 1;
    UCHAR Reserved1 : 4;
    UCHAR LogicalUnitNumber : 3;
    UCHAR Reserved2[2];
    UCHAR Start : 1;
    UCHAR LoadEject : 1;
    UCHAR Reserved3 : 6;
    UCHAR Control;
  } START_STOP;
  UCHAR AsByte[16];
};
static_assert(sizeof(CDB) == 16 && alignof(CDB) == 1);
using PCDB = CDB*;
inline constexpr UCHAR CDB6GENERIC_LENGTH = 6;
inline constexpr UCHAR CDB10GENERIC_LENGTH = 10;
inline constexpr UCHAR CDB12GENERIC_LENGTH = 12;
inline constexpr UCHAR CDB_FORCE_MEDIA_ACCESS = 0x08;  // FUA, second byte of READ and WRITE

constexpr ULONG big_endian_16(const UCHAR* bytes) {
  return static_cast<ULONG>(bytes[0] << 8 | bytes[1]);
}
constexpr ULONG big_endian_32(const UCHAR* bytes) {
  return big_endian_16(bytes) << 16 | big_endian_16(bytes + 2);
}
constexpr ULONGLONG big_endian_64(const UCHAR* bytes) {
  return static_cast<ULONGLONG>(big_endian_32(bytes)) << 32 | big_endian_32(bytes + 4);
}
constexpr void put_big_endian_16(UCHAR* bytes, ULONG value) {
  bytes[0] = static_cast<UCHAR>(value >> 8);
  bytes[1] = static_cast<UCHAR>(value);
}
constexpr void put_big_endian_32(UCHAR* bytes, ULONG value) {
  put_big_endian_16(bytes, value >> 16);
  put_big_endian_16(bytes + 2, value);
}
constexpr void put_big_endian_64(UCHAR* bytes, ULONGLONG value) {
  put_big_endian_32(bytes, static_cast<ULONG>(value >> 32));
  put_big_endian_32(bytes + 4, static_cast<ULONG>(value));
}

constexpr const char* scsi_operation_name(UCHAR operation) {
  switch (operation) {
    case SCSIOP_TEST_UNIT_READY:
      return "TEST_UNIT_READY";
    case SCSIOP_REQUEST_SENSE:
      return "REQUEST_SENSE";
    case SCSIOP_READ6:
      return "READ6";
    case SCSIOP_WRITE6:
      return "WRITE6";
    case SCSIOP_INQUIRY:
      return "INQUIRY";
    case SCSIOP_MODE_SELECT:
      return "MODE_SELECT";
    case SCSIOP_MODE_SENSE:
      return "MODE_SENSE";
    case SCSIOP_START_STOP_UNIT:
      return "START_STOP_UNIT";
    case SCSIOP_MEDIUM_REMOVAL:
      return "MEDIUM_REMOVAL";
    case SCSIOP_READ_CAPACITY:
      return "READ_CAPACITY";
    case SCSIOP_READ:
      return "READ";
    case SCSIOP_WRITE:
      return "WRITE";
    case SCSIOP_VERIFY:
      return "VERIFY";
    case SCSIOP_SYNCHRONIZE_CACHE:
      return "SYNCHRONIZE_CACHE";
    case SCSIOP_WRITE_SAME:
      return "WRITE_SAME";
    case SCSIOP_UNMAP:
      return "UNMAP";
    case SCSIOP_MODE_SENSE10:
      return "MODE_SENSE10";
    case SCSIOP_READ16:
      return "READ16";
    case SCSIOP_WRITE16:
      return "WRITE16";
    case SCSIOP_SYNCHRONIZE_CACHE16:
      return "SYNCHRONIZE_CACHE16";
    case SCSIOP_READ_CAPACITY16:
      return "READ_CAPACITY16";
    case SCSIOP_REPORT_LUNS:
      return "REPORT_LUNS";
    default:
      return nullptr;
  }
}

}  // namespace drydock::nt
