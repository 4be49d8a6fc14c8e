#include "ntos/io/file_api.h"

#include <algorithm>
#include <cstring>

#include "machine/machine.h"
#include "ntos/io/device.h"
#include "ntos/io/file.h"
#include "ntos/io/irp.h"
#include "ntos/ke/current.h"
#include "ntos/ke/event.h"
#include "ntos/ke/wait.h"
#include "ntos/ob/names.h"
#include "ntos/ob/object.h"
#include "ntos/ob/storage.h"

namespace drydock::ntos::io {

namespace {

constexpr ULONG kTagBuffer = 0x20206F49;  // "Io  "

FILE_OBJECT* file_of(HANDLE handle, NTSTATUS* status) {
  return static_cast<FILE_OBJECT*>(ob::reference_by_handle(handle, ob::Type::File, status));
}

/// Fills in the file and the event behind the handles, sends, and lets go of the file again.
NTSTATUS send(HANDLE file_handle, HANDLE event_handle, FileRequest& request, const LARGE_INTEGER* offset) {
  NTSTATUS status;
  request.file = file_of(file_handle, &status);
  if (request.file == nullptr) return status;
  bool synchronous = (request.file->Flags & FO_SYNCHRONOUS_IO) != 0;
  bool transfers = request.major == IRP_MJ_READ || request.major == IRP_MJ_WRITE;
  constexpr LONGLONG kUseFilePosition = -2;
  if (offset != nullptr && offset->QuadPart != kUseFilePosition)
    request.offset = *offset;
  else if (synchronous)
    request.offset = request.file->CurrentByteOffset;
  else if (transfers)
    status = STATUS_INVALID_PARAMETER;  // a file without a position needs an offset
  if (status >= 0 && event_handle != nullptr) {
    request.event = static_cast<KEVENT*>(ob::reference_by_handle(event_handle, ob::Type::Event, &status));
    if (request.event != nullptr) KeClearEvent(request.event);
  }
  if (status >= 0) {
    if (IRP* irp = make_file_irp(request, &status)) {
      status = send_file_irp(irp, request);
      if (synchronous && transfers && status >= 0)
        request.file->CurrentByteOffset.QuadPart =
            request.offset.QuadPart + static_cast<LONGLONG>(request.iosb->Information);
    } else if (request.event != nullptr) {
      ob::dereference(request.event);
    }
  }
  ob::dereference(request.file);
  return status;
}

NTSTATUS transfer(UCHAR major, HANDLE file, HANDLE event, PIO_APC_ROUTINE apc, PVOID apc_context, IO_STATUS_BLOCK* iosb,
                  PVOID buffer, ULONG length, const LARGE_INTEGER* offset, const ULONG* key) {
  FileRequest request;
  request.major = major;
  request.buffer = buffer;
  request.length = length;
  request.key = key != nullptr ? *key : 0;
  request.apc = apc;
  request.apc_context = apc_context;
  request.iosb = iosb;
  return send(file, event, request, offset);
}

/// Queries and sets that go to the driver: a buffered request that is waited for.
NTSTATUS ask_driver(FILE_OBJECT* file, UCHAR major, LONG information_class, PVOID information, ULONG length,
                    IO_STATUS_BLOCK* result) {
  DEVICE_OBJECT* top = IoGetRelatedDeviceObject(file);
  IRP* irp = IoAllocateIrp(top->StackSize, FALSE);
  void* buffer = kernel_allocate(length == 0 ? 1 : length, kTagBuffer);
  if (irp == nullptr || buffer == nullptr) {
    if (irp != nullptr) IoFreeIrp(irp);
    if (buffer != nullptr) kernel_free(buffer);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  bool queries = major == IRP_MJ_QUERY_INFORMATION || major == IRP_MJ_QUERY_VOLUME_INFORMATION;
  if (!queries) std::memcpy(buffer, information, length);
  KEVENT event;
  IO_STATUS_BLOCK iosb{};
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  irp->Tail.Overlay.Thread = ke::current_thread_object();
  irp->Tail.Overlay.OriginalFileObject = file;
  irp->AssociatedIrp.SystemBuffer = buffer;
  irp->UserEvent = &event;
  irp->UserIosb = &iosb;
  irp->Flags = IRP_SYNCHRONOUS_API | IRP_CLOSE_OPERATION;  // we free it
  IO_STACK_LOCATION* location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = major;
  location->FileObject = file;
  location->Parameters.QueryFile.Length = length;  // SetFile, QueryVolume and SetVolume begin alike
  location->Parameters.QueryFile.FileInformationClass = information_class;
  NTSTATUS status = IofCallDriver(top, irp);
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
    status = iosb.Status;
  }
  *result = irp->IoStatus;
  if (queries && status >= 0) std::memcpy(information, buffer, std::min<ULONG_PTR>(length, irp->IoStatus.Information));
  kernel_free(buffer);
  IoFreeIrp(irp);
  return status;
}

}  // namespace

NTSTATUS NTAPI ZwCreateFile(HANDLE* FileHandle, ACCESS_MASK DesiredAccess, OBJECT_ATTRIBUTES* ObjectAttributes,
                            IO_STATUS_BLOCK* IoStatusBlock, LARGE_INTEGER*, ULONG FileAttributes, ULONG ShareAccess,
                            ULONG CreateDisposition, ULONG CreateOptions, PVOID, ULONG) {
  std::u16string path;
  NTSTATUS status = ob::path_of(ObjectAttributes, &path);
  if (status < 0) return status;
  OpenRequest request;
  request.access = DesiredAccess;
  request.share = ShareAccess;
  request.disposition = CreateDisposition;
  request.options = CreateOptions;
  request.attributes = FileAttributes;
  request.kernel_handle = (ObjectAttributes->Attributes & OBJ_KERNEL_HANDLE) != 0;
  ULONG_PTR information = 0;
  status = open_path(path, request, FileHandle, nullptr, &information);
  IoStatusBlock->Status = status;
  IoStatusBlock->Information = information;
  return status;
}

NTSTATUS NTAPI ZwOpenFile(HANDLE* FileHandle, ACCESS_MASK DesiredAccess, OBJECT_ATTRIBUTES* ObjectAttributes,
                          IO_STATUS_BLOCK* IoStatusBlock, ULONG ShareAccess, ULONG OpenOptions) {
  return ZwCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, nullptr, 0, ShareAccess, FILE_OPEN,
                      OpenOptions, nullptr, 0);
}

NTSTATUS NTAPI IoCreateFile(HANDLE* FileHandle, ACCESS_MASK DesiredAccess, OBJECT_ATTRIBUTES* ObjectAttributes,
                            IO_STATUS_BLOCK* IoStatusBlock, LARGE_INTEGER* AllocationSize, ULONG FileAttributes,
                            ULONG ShareAccess, ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
                            LONG, PVOID, ULONG) {
  return ZwCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, FileAttributes,
                      ShareAccess, Disposition, CreateOptions, EaBuffer, EaLength);
}

NTSTATUS NTAPI ZwReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                          IO_STATUS_BLOCK* IoStatusBlock, PVOID Buffer, ULONG Length, LARGE_INTEGER* ByteOffset,
                          ULONG* Key) {
  return transfer(IRP_MJ_READ, FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length, ByteOffset,
                  Key);
}

NTSTATUS NTAPI ZwWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                           IO_STATUS_BLOCK* IoStatusBlock, PVOID Buffer, ULONG Length, LARGE_INTEGER* ByteOffset,
                           ULONG* Key) {
  return transfer(IRP_MJ_WRITE, FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length, ByteOffset,
                  Key);
}

NTSTATUS NTAPI ZwDeviceIoControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                     IO_STATUS_BLOCK* IoStatusBlock, ULONG IoControlCode, PVOID InputBuffer,
                                     ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength) {
  FileRequest request;
  request.major = IRP_MJ_DEVICE_CONTROL;
  request.code = IoControlCode;
  request.input = InputBuffer;
  request.input_length = InputBufferLength;
  request.buffer = OutputBuffer;
  request.length = OutputBufferLength;
  request.apc = ApcRoutine;
  request.apc_context = ApcContext;
  request.iosb = IoStatusBlock;
  return send(FileHandle, Event, request, nullptr);
}

NTSTATUS NTAPI ZwFlushBuffersFile(HANDLE FileHandle, IO_STATUS_BLOCK* IoStatusBlock) {
  FileRequest request;
  request.major = IRP_MJ_FLUSH_BUFFERS;
  request.iosb = IoStatusBlock;
  NTSTATUS status = send(FileHandle, nullptr, request, nullptr);
  if (status != STATUS_PENDING) return status;
  NTSTATUS found;
  FILE_OBJECT* file = file_of(FileHandle, &found);
  if (file == nullptr) return found;
  KeWaitForSingleObject(&file->Event, Executive, KernelMode, FALSE, nullptr);
  ob::dereference(file);
  return IoStatusBlock->Status;
}

NTSTATUS NTAPI ZwQueryInformationFile(HANDLE FileHandle, IO_STATUS_BLOCK* IoStatusBlock, PVOID FileInformation,
                                      ULONG Length, FILE_INFORMATION_CLASS FileInformationClass) {
  NTSTATUS status;
  FILE_OBJECT* file = file_of(FileHandle, &status);
  if (file == nullptr) return status;
  if (FileInformationClass == FilePositionInformation) {
    status = Length < sizeof(FILE_POSITION_INFORMATION) ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
    if (status >= 0) {
      static_cast<FILE_POSITION_INFORMATION*>(FileInformation)->CurrentByteOffset = file->CurrentByteOffset;
      IoStatusBlock->Information = sizeof(FILE_POSITION_INFORMATION);
    }
    IoStatusBlock->Status = status;
  } else {
    status = ask_driver(file, IRP_MJ_QUERY_INFORMATION, FileInformationClass, FileInformation, Length, IoStatusBlock);
  }
  ob::dereference(file);
  return status;
}

NTSTATUS NTAPI ZwSetInformationFile(HANDLE FileHandle, IO_STATUS_BLOCK* IoStatusBlock, PVOID FileInformation,
                                    ULONG Length, FILE_INFORMATION_CLASS FileInformationClass) {
  NTSTATUS status;
  FILE_OBJECT* file = file_of(FileHandle, &status);
  if (file == nullptr) return status;
  if (FileInformationClass == FilePositionInformation) {
    status = Length < sizeof(FILE_POSITION_INFORMATION) ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
    if (status >= 0)
      file->CurrentByteOffset = static_cast<FILE_POSITION_INFORMATION*>(FileInformation)->CurrentByteOffset;
    IoStatusBlock->Status = status;
    IoStatusBlock->Information = 0;
  } else {
    status = ask_driver(file, IRP_MJ_SET_INFORMATION, FileInformationClass, FileInformation, Length, IoStatusBlock);
  }
  ob::dereference(file);
  return status;
}

NTSTATUS NTAPI ZwQueryVolumeInformationFile(HANDLE FileHandle, IO_STATUS_BLOCK* IoStatusBlock, PVOID FsInformation,
                                            ULONG Length, FS_INFORMATION_CLASS FsInformationClass) {
  NTSTATUS status;
  FILE_OBJECT* file = file_of(FileHandle, &status);
  if (file == nullptr) return status;
  if (FsInformationClass == FileFsDeviceInformation) {
    status = Length < sizeof(FILE_FS_DEVICE_INFORMATION) ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
    if (status >= 0) {
      *static_cast<FILE_FS_DEVICE_INFORMATION*>(FsInformation) = {file->DeviceObject->DeviceType,
                                                                  file->DeviceObject->Characteristics};
      IoStatusBlock->Information = sizeof(FILE_FS_DEVICE_INFORMATION);
    }
    IoStatusBlock->Status = status;
  } else {
    status =
        ask_driver(file, IRP_MJ_QUERY_VOLUME_INFORMATION, FsInformationClass, FsInformation, Length, IoStatusBlock);
  }
  ob::dereference(file);
  return status;
}

NTSTATUS NTAPI ZwCancelIoFile(HANDLE FileHandle, IO_STATUS_BLOCK* IoStatusBlock) {
  NTSTATUS status;
  FILE_OBJECT* file = file_of(FileHandle, &status);
  if (file == nullptr) return status;
  cancel_file_irps(file);
  IoStatusBlock->Status = STATUS_SUCCESS;
  IoStatusBlock->Information = 0;
  ob::dereference(file);
  return STATUS_SUCCESS;
}

}  // namespace drydock::ntos::io
