#pragma once
// I/O request packets and their stack locations.

#include "nt/base.h"
#include "nt/device_object.h"
#include "nt/dispatcher.h"
#include "nt/guid.h"
#include "nt/irp_codes.h"
#include "nt/mdl.h"
#include "nt/power.h"
#include "nt/resource.h"

namespace drydock::nt {

struct SCSI_REQUEST_BLOCK;
struct INTERFACE;
struct DEVICE_CAPABILITIES;
enum DEVICE_RELATION_TYPE : LONG;
enum BUS_QUERY_ID_TYPE : LONG;
enum DEVICE_TEXT_TYPE : LONG;
enum DEVICE_USAGE_NOTIFICATION_TYPE : LONG;

struct IO_STATUS_BLOCK {
  union {
    NTSTATUS Status;
    PVOID Pointer;
  };
  ULONG_PTR Information;
};
static_assert(sizeof(IO_STATUS_BLOCK) == 0x10 && offsetof(IO_STATUS_BLOCK, Information) == 8);
using PIO_STATUS_BLOCK = IO_STATUS_BLOCK*;

using PIO_APC_ROUTINE = VOID(NTAPI*)(PVOID ApcContext, IO_STATUS_BLOCK* IoStatusBlock, ULONG Reserved);
using PIO_COMPLETION_ROUTINE = NTSTATUS(NTAPI*)(DEVICE_OBJECT* DeviceObject, IRP* Irp, PVOID Context);

struct IO_SECURITY_CONTEXT {
  PVOID SecurityQos;
  PVOID AccessState;
  ACCESS_MASK DesiredAccess;
  ULONG FullCreateOptions;
};
static_assert(sizeof(IO_SECURITY_CONTEXT) == 0x18);
using PIO_SECURITY_CONTEXT = IO_SECURITY_CONTEXT*;

struct IO_STACK_LOCATION {
  UCHAR MajorFunction;
  UCHAR MinorFunction;
  UCHAR Flags;
  UCHAR Control;
  // Windows aligns most ULONG members here to pointer size (POINTER_ALIGNMENT).
  union {
    struct {
      IO_SECURITY_CONTEXT* SecurityContext;
      ULONG Options;
      alignas(8) USHORT FileAttributes;
      USHORT ShareAccess;
      alignas(8) ULONG EaLength;
    } Create;
    struct {
      ULONG Length;
      alignas(8) ULONG Key;
      ULONG Flags;
      LARGE_INTEGER ByteOffset;
    } Read;
    struct {
      ULONG Length;
      alignas(8) ULONG Key;
      ULONG Flags;
      LARGE_INTEGER ByteOffset;
    } Write;
    struct {
      ULONG Length;
      UNICODE_STRING* FileName;
      LONG FileInformationClass;
      alignas(8) ULONG FileIndex;
    } QueryDirectory;
    struct {
      ULONG Length;
      alignas(8) ULONG CompletionFilter;
    } NotifyDirectory;
    struct {
      ULONG Length;
      alignas(8) LONG FileInformationClass;
    } QueryFile;
    struct {
      ULONG Length;
      alignas(8) LONG FileInformationClass;
      FILE_OBJECT* FileObject;
      union {
        struct {
          BOOLEAN ReplaceIfExists;
          BOOLEAN AdvanceOnly;
        };
        ULONG ClusterCount;
        HANDLE DeleteHandle;
      };
    } SetFile;
    struct {
      ULONG Length;
      PVOID EaList;
      ULONG EaListLength;
      alignas(8) ULONG EaIndex;
    } QueryEa;
    struct {
      ULONG Length;
    } SetEa;
    struct {
      ULONG Length;
      alignas(8) LONG FsInformationClass;
    } QueryVolume;
    struct {
      ULONG Length;
      alignas(8) LONG FsInformationClass;
    } SetVolume;
    struct {
      ULONG OutputBufferLength;
      alignas(8) ULONG InputBufferLength;
      alignas(8) ULONG FsControlCode;
      PVOID Type3InputBuffer;
    } FileSystemControl;
    struct {
      LARGE_INTEGER* Length;
      alignas(8) ULONG Key;
      LARGE_INTEGER ByteOffset;
    } LockControl;
    struct {
      ULONG OutputBufferLength;
      alignas(8) ULONG InputBufferLength;
      alignas(8) ULONG IoControlCode;
      PVOID Type3InputBuffer;
    } DeviceIoControl;
    struct {
      SECURITY_INFORMATION SecurityInformation;
      alignas(8) ULONG Length;
    } QuerySecurity;
    struct {
      SECURITY_INFORMATION SecurityInformation;
      PSECURITY_DESCRIPTOR SecurityDescriptor;
    } SetSecurity;
    struct {
      VPB* Vpb;
      DEVICE_OBJECT* DeviceObject;
    } MountVolume;
    struct {
      VPB* Vpb;
      DEVICE_OBJECT* DeviceObject;
    } VerifyVolume;
    struct {
      SCSI_REQUEST_BLOCK* Srb;
    } Scsi;
    struct {
      ULONG Length;
      PSID StartSid;
      PVOID SidList;
      ULONG SidListLength;
    } QueryQuota;
    struct {
      ULONG Length;
    } SetQuota;
    struct {
      DEVICE_RELATION_TYPE Type;
    } QueryDeviceRelations;
    struct {
      const GUID* InterfaceType;
      USHORT Size;
      USHORT Version;
      INTERFACE* Interface;
      PVOID InterfaceSpecificData;
    } QueryInterface;
    struct {
      DEVICE_CAPABILITIES* Capabilities;
    } DeviceCapabilities;
    struct {
      IO_RESOURCE_REQUIREMENTS_LIST* IoResourceRequirementList;
    } FilterResourceRequirements;
    struct {
      ULONG WhichSpace;
      PVOID Buffer;
      ULONG Offset;
      alignas(8) ULONG Length;
    } ReadWriteConfig;
    struct {
      BOOLEAN Lock;
    } SetLock;
    struct {
      BUS_QUERY_ID_TYPE IdType;
    } QueryId;
    struct {
      DEVICE_TEXT_TYPE DeviceTextType;
      alignas(8) LCID LocaleId;
    } QueryDeviceText;
    struct {
      BOOLEAN InPath;
      BOOLEAN Reserved[3];
      alignas(8) DEVICE_USAGE_NOTIFICATION_TYPE Type;
    } UsageNotification;
    struct {
      SYSTEM_POWER_STATE PowerState;
    } WaitWake;
    struct {
      POWER_SEQUENCE* PowerSequence;
    } PowerSequence;
    struct {
      union {
        ULONG SystemContext;
        SYSTEM_POWER_STATE_CONTEXT SystemPowerStateContext;
      };
      alignas(8) POWER_STATE_TYPE Type;
      alignas(8) POWER_STATE State;
      alignas(8) POWER_ACTION ShutdownType;
    } Power;
    struct {
      CM_RESOURCE_LIST* AllocatedResources;
      CM_RESOURCE_LIST* AllocatedResourcesTranslated;
    } StartDevice;
    struct {
      ULONG_PTR ProviderId;
      PVOID DataPath;
      ULONG BufferSize;
      PVOID Buffer;
    } WMI;
    struct {
      PVOID Argument1;
      PVOID Argument2;
      PVOID Argument3;
      PVOID Argument4;
    } Others;
  } Parameters;
  DEVICE_OBJECT* DeviceObject;
  FILE_OBJECT* FileObject;
  PIO_COMPLETION_ROUTINE CompletionRoutine;
  PVOID Context;
};
static_assert(sizeof(IO_STACK_LOCATION) == 0x48 && offsetof(IO_STACK_LOCATION, Parameters) == 0x08 &&
              offsetof(IO_STACK_LOCATION, Parameters.Read.ByteOffset) == 0x18 &&
              offsetof(IO_STACK_LOCATION, Parameters.DeviceIoControl.InputBufferLength) == 0x10 &&
              offsetof(IO_STACK_LOCATION, Parameters.DeviceIoControl.IoControlCode) == 0x18 &&
              offsetof(IO_STACK_LOCATION, Parameters.Power.State) == 0x18 &&
              offsetof(IO_STACK_LOCATION, DeviceObject) == 0x28 && offsetof(IO_STACK_LOCATION, FileObject) == 0x30 &&
              offsetof(IO_STACK_LOCATION, CompletionRoutine) == 0x38 && offsetof(IO_STACK_LOCATION, Context) == 0x40);
using PIO_STACK_LOCATION = IO_STACK_LOCATION*;

// Windows aligns IRPs to MEMORY_ALLOCATION_ALIGNMENT.
struct alignas(16) IRP {
  CSHORT Type;
  USHORT Size;  // structure and stack locations
  USHORT AllocationProcessorNumber;
  USHORT Reserved;
  MDL* MdlAddress;
  ULONG Flags;
  union {
    IRP* MasterIrp;
    volatile LONG IrpCount;
    PVOID SystemBuffer;
  } AssociatedIrp;
  LIST_ENTRY ThreadListEntry;
  IO_STATUS_BLOCK IoStatus;
  KPROCESSOR_MODE RequestorMode;
  BOOLEAN PendingReturned;
  CHAR StackCount;
  CHAR CurrentLocation;
  BOOLEAN Cancel;
  KIRQL CancelIrql;
  CHAR ApcEnvironment;
  UCHAR AllocationFlags;
  IO_STATUS_BLOCK* UserIosb;
  KEVENT* UserEvent;
  union {
    struct {
      union {
        PIO_APC_ROUTINE UserApcRoutine;
        PVOID IssuingProcess;
      };
      PVOID UserApcContext;
    } AsynchronousParameters;
    LARGE_INTEGER AllocationSize;
  } Overlay;
  volatile PDRIVER_CANCEL CancelRoutine;
  PVOID UserBuffer;
  union {
    struct {
      union {
        KDEVICE_QUEUE_ENTRY DeviceQueueEntry;
        struct {
          PVOID DriverContext[4];
        };
      };
      ETHREAD* Thread;
      PCHAR AuxiliaryBuffer;
      struct {
        LIST_ENTRY ListEntry;
        union {
          IO_STACK_LOCATION* CurrentStackLocation;
          ULONG PacketType;
        };
      };
      FILE_OBJECT* OriginalFileObject;
    } Overlay;
    KAPC Apc;
    PVOID CompletionKey;
  } Tail;
};
static_assert(sizeof(IRP) == 0xD0 && offsetof(IRP, MdlAddress) == 0x08 && offsetof(IRP, AssociatedIrp) == 0x18 &&
              offsetof(IRP, IoStatus) == 0x30 && offsetof(IRP, StackCount) == 0x42 &&
              offsetof(IRP, CurrentLocation) == 0x43 && offsetof(IRP, Cancel) == 0x44 &&
              offsetof(IRP, UserIosb) == 0x48 && offsetof(IRP, CancelRoutine) == 0x68 &&
              offsetof(IRP, UserBuffer) == 0x70 && offsetof(IRP, Tail) == 0x78 &&
              offsetof(IRP, Tail.Overlay.Thread) == 0x98 && offsetof(IRP, Tail.Overlay.ListEntry) == 0xA8 &&
              offsetof(IRP, Tail.Overlay.CurrentStackLocation) == 0xB8);
using PIRP = IRP*;

constexpr USHORT IoSizeOfIrp(CHAR stack_size) {
  return static_cast<USHORT>(sizeof(IRP) + static_cast<USHORT>(stack_size) * sizeof(IO_STACK_LOCATION));
}

inline IO_STACK_LOCATION* IoGetCurrentIrpStackLocation(const IRP* irp) {
  return irp->Tail.Overlay.CurrentStackLocation;
}
inline IO_STACK_LOCATION* IoGetNextIrpStackLocation(const IRP* irp) {
  return irp->Tail.Overlay.CurrentStackLocation - 1;
}
inline void IoSetNextIrpStackLocation(IRP* irp) {
  --irp->CurrentLocation;
  --irp->Tail.Overlay.CurrentStackLocation;
}
inline void IoSkipCurrentIrpStackLocation(IRP* irp) {
  ++irp->CurrentLocation;
  ++irp->Tail.Overlay.CurrentStackLocation;
}
inline void IoMarkIrpPending(IRP* irp) {
  IoGetCurrentIrpStackLocation(irp)->Control |= SL_PENDING_RETURNED;
}

/// Copies everything up to the completion routine, which stays with the upper driver.
inline void IoCopyCurrentIrpStackLocationToNext(IRP* irp) {
  const IO_STACK_LOCATION* current = IoGetCurrentIrpStackLocation(irp);
  IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
  const PIO_COMPLETION_ROUTINE routine = next->CompletionRoutine;
  const PVOID context = next->Context;
  *next = *current;
  next->CompletionRoutine = routine;
  next->Context = context;
  next->Control = 0;
}

inline void IoSetCompletionRoutine(IRP* irp, PIO_COMPLETION_ROUTINE routine, PVOID context, bool on_success,
                                   bool on_error, bool on_cancel) {
  IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
  next->CompletionRoutine = routine;
  next->Context = context;
  next->Control = static_cast<UCHAR>((on_success ? SL_INVOKE_ON_SUCCESS : 0) | (on_error ? SL_INVOKE_ON_ERROR : 0) |
                                     (on_cancel ? SL_INVOKE_ON_CANCEL : 0));
}

}  // namespace drydock::nt
