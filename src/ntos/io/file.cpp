#include "ntos/io/file.h"

#include <cstring>

#include <fmt/format.h>

#include "machine/machine.h"
#include "nt/bugcheck.h"
#include "ntos/io/device.h"
#include "ntos/io/irp.h"
#include "ntos/io/irp_completion.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/io/mdl.h"
#include "ntos/io/state.h"
#include "ntos/ke/current.h"
#include "ntos/ke/event.h"
#include "ntos/ke/wait.h"
#include "ntos/mm/mdl.h"
#include "ntos/ob/names.h"
#include "ntos/ob/object.h"
#include "ntos/ob/storage.h"
#include "ntos/ps/thread_object.h"

namespace drydock::ntos::io {

namespace {

constexpr ULONG kTagFileName = 0x6D4E6F49;  // "IoNm"
constexpr ULONG kTagBuffer = 0x20206F49;    // "Io  "
constexpr ULONG kUnavailable = DOE_UNLOAD_PENDING | DOE_DELETE_PENDING | DOE_REMOVE_PENDING | DOE_REMOVE_PROCESSED;

ACCESS_MASK mapped_access(ACCESS_MASK access) {
  if ((access & GENERIC_READ) != 0) access |= FILE_GENERIC_READ;
  if ((access & GENERIC_WRITE) != 0) access |= FILE_GENERIC_WRITE;
  if ((access & (GENERIC_ALL | MAXIMUM_ALLOWED)) != 0) access |= FILE_ALL_ACCESS;
  return access & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_ALL | GENERIC_EXECUTE | MAXIMUM_ALLOWED);
}

FILE_OBJECT* new_file_object(DEVICE_OBJECT* device, std::u16string_view name, const OpenRequest& request) {
  auto* file = static_cast<FILE_OBJECT*>(ob::create_object(ob::Type::File, sizeof(FILE_OBJECT)));
  if (file == nullptr) return nullptr;
  file->Type = IO_TYPE_FILE;
  file->Size = sizeof(FILE_OBJECT);
  file->DeviceObject = device;
  file->Vpb = device->Vpb;
  if ((request.options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)) != 0)
    file->Flags |= FO_SYNCHRONOUS_IO;
  if ((request.options & FILE_SYNCHRONOUS_IO_ALERT) != 0) file->Flags |= FO_ALERTABLE_IO;
  if ((request.options & FILE_NO_INTERMEDIATE_BUFFERING) != 0) file->Flags |= FO_NO_INTERMEDIATE_BUFFERING;
  if ((request.options & FILE_WRITE_THROUGH) != 0) file->Flags |= FO_WRITE_THROUGH;
  ACCESS_MASK access = mapped_access(request.access);
  file->ReadAccess = (access & FILE_READ_DATA) != 0;
  file->WriteAccess = (access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
  file->SharedRead = (request.share & FILE_SHARE_READ) != 0;
  file->SharedWrite = (request.share & FILE_SHARE_WRITE) != 0;
  file->SharedDelete = (request.share & FILE_SHARE_DELETE) != 0;
  KeInitializeEvent(&file->Lock, SynchronizationEvent, FALSE);
  KeInitializeEvent(&file->Event, NotificationEvent, FALSE);
  InitializeListHead(&file->IrpList);
  if (!name.empty()) {
    auto bytes = static_cast<USHORT>(name.size() * sizeof(WCHAR));
    file->FileName.Buffer = static_cast<PWCH>(kernel_allocate(bytes + sizeof(WCHAR), kTagFileName));
    if (file->FileName.Buffer != nullptr) {
      std::memcpy(file->FileName.Buffer, name.data(), bytes);
      file->FileName.Buffer[name.size()] = UNICODE_NULL;
      file->FileName.Length = bytes;
      file->FileName.MaximumLength = static_cast<USHORT>(bytes + sizeof(WCHAR));
    }
  }
  ++device->ReferenceCount;
  return file;
}

/// Sends a request without a buffer that the kernel itself waits for (create, cleanup, close, shutdown).
NTSTATUS send_and_wait(IRP* irp, DEVICE_OBJECT* top, KEVENT* event, IO_STATUS_BLOCK* iosb) {
  mark_kernel_made(irp);
  NTSTATUS status = IofCallDriver(top, irp);
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(event, Executive, KernelMode, FALSE, nullptr);
    status = iosb->Status;
  }
  return status;
}

/// The driver returned a final status, so the IRP must be completed, not marked pending, and still ours.
void check_finished(const IRP* irp, std::uint32_t number, NTSTATUS status) {
  if (irp->Type == IO_TYPE_IRP && number_of(irp) == number && irp->PendingReturned == FALSE) [[likely]]
    return;
  machine::Machine::current().bug_check(
      MULTIPLE_IRP_COMPLETE_REQUESTS, reinterpret_cast<std::uint64_t>(irp), 0, 0, 0,
      fmt::format("irp#{} was marked pending, but the dispatch routine returned {:#010x} instead of STATUS_PENDING",
                  number, static_cast<std::uint32_t>(status)));
}

/// CLEANUP, CLOSE and SHUTDOWN: the sender frees the IRP (IRP_CLOSE_OPERATION).
void send_notice(DEVICE_OBJECT* top, FILE_OBJECT* file, UCHAR major) {
  IRP* irp = IoAllocateIrp(top->StackSize, FALSE);
  while (irp == nullptr) irp = IoAllocateIrp(top->StackSize, FALSE);  // Windows, too, must succeed here
  KEVENT event;
  IO_STATUS_BLOCK iosb{};
  KeInitializeEvent(&event, SynchronizationEvent, FALSE);
  irp->Tail.Overlay.OriginalFileObject = file;
  irp->Tail.Overlay.Thread = ke::current_thread_object();
  irp->UserEvent = &event;
  irp->UserIosb = &iosb;
  irp->Overlay.AsynchronousParameters.UserApcRoutine = nullptr;
  irp->Flags = IRP_SYNCHRONOUS_API | IRP_CLOSE_OPERATION;
  irp->RequestorMode = KernelMode;
  IO_STACK_LOCATION* location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = major;
  location->FileObject = file;
  send_and_wait(irp, top, &event, &iosb);
  IoFreeIrp(irp);
}

NTSTATUS send_create(FILE_OBJECT* file, DEVICE_OBJECT* top, const OpenRequest& request, ULONG_PTR* information) {
  IRP* irp = IoAllocateIrp(top->StackSize, FALSE);
  if (irp == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  IO_STATUS_BLOCK iosb{};
  auto* security = static_cast<IO_SECURITY_CONTEXT*>(kernel_allocate(sizeof(IO_SECURITY_CONTEXT), kTagFileName));
  if (security == nullptr) {
    IoFreeIrp(irp);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  *security = {nullptr, nullptr, mapped_access(request.access), request.options};

  irp->Tail.Overlay.OriginalFileObject = file;
  irp->Tail.Overlay.Thread = ke::current_thread_object();
  irp->UserIosb = &iosb;
  irp->Flags = IRP_CREATE_OPERATION | IRP_SYNCHRONOUS_API | IRP_DEFER_IO_COMPLETION;
  irp->RequestorMode = request.mode;
  IO_STACK_LOCATION* location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = IRP_MJ_CREATE;
  location->FileObject = file;
  location->Parameters.Create.SecurityContext = security;
  location->Parameters.Create.Options = request.disposition << 24 | (request.options & 0x00FFFFFF);
  location->Parameters.Create.FileAttributes = static_cast<USHORT>(request.attributes);
  location->Parameters.Create.ShareAccess = static_cast<USHORT>(request.share);
  IoQueueThreadIrp(irp);
  mark_kernel_made(irp);

  std::uint32_t number = number_of(irp);
  NTSTATUS status = IofCallDriver(top, irp);
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(&file->Event, Executive, KernelMode, FALSE, nullptr);
    status = iosb.Status;
    *information = iosb.Information;
  } else {
    check_finished(irp, number, status);
    status = irp->IoStatus.Status;  // deferred: the rest of the completion is ours
    *information = irp->IoStatus.Information;
    finish_in_thread(irp, file);
  }
  kernel_free(security);
  return status;
}

NTSTATUS check_device(DEVICE_OBJECT* device) {
  if ((extension_of(device)->ExtensionFlags & kUnavailable) != 0 || (device->Flags & DO_DEVICE_INITIALIZING) != 0)
    return STATUS_NO_SUCH_DEVICE;
  if ((device->Flags & DO_EXCLUSIVE) != 0 && device->ReferenceCount != 0) return STATUS_ACCESS_DENIED;
  return STATUS_SUCCESS;
}

void* new_buffer(ULONG bytes) {
  return kernel_allocate(bytes, kTagBuffer);
}

bool lock_buffer(IRP* irp, PVOID buffer, ULONG length, LOCK_OPERATION operation) {
  if (length == 0) return true;
  MDL* mdl = IoAllocateMdl(buffer, length, FALSE, TRUE, irp);
  if (mdl == nullptr) return false;
  return NT_SUCCESS(mm::lock_pages(mdl, operation));
}

bool prepare_transfer(IRP* irp, const FileRequest& request, ULONG device_flags) {
  bool reads = request.major == IRP_MJ_READ;
  IO_STACK_LOCATION* location = IoGetNextIrpStackLocation(irp);
  location->Parameters.Read.Length = request.length;  // Read and Write have one layout
  location->Parameters.Read.Key = request.key;
  location->Parameters.Read.ByteOffset = request.offset;
  irp->Flags |= reads ? IRP_READ_OPERATION : IRP_WRITE_OPERATION;
  if ((device_flags & DO_BUFFERED_IO) != 0) {
    if (request.length == 0) return true;
    PVOID buffer = irp->AssociatedIrp.SystemBuffer = new_buffer(request.length);
    if (buffer == nullptr) return false;
    if (!reads) std::memcpy(buffer, request.buffer, request.length);
    if (reads) irp->UserBuffer = request.buffer;
    irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | (reads ? IRP_INPUT_OPERATION : 0);
    return true;
  }
  if ((device_flags & DO_DIRECT_IO) != 0)
    return lock_buffer(irp, request.buffer, request.length, reads ? IoWriteAccess : IoReadAccess);
  irp->UserBuffer = request.buffer;
  return true;
}

bool prepare_control(IRP* irp, const FileRequest& request) {
  IO_STACK_LOCATION* location = IoGetNextIrpStackLocation(irp);
  location->Parameters.DeviceIoControl.OutputBufferLength = request.length;
  location->Parameters.DeviceIoControl.InputBufferLength = request.input_length;
  location->Parameters.DeviceIoControl.IoControlCode = request.code;
  ULONG method = request.code & 3;
  switch (method) {
    case 0: {  // METHOD_BUFFERED
      irp->UserBuffer = request.buffer;
      ULONG bytes = request.input_length > request.length ? request.input_length : request.length;
      if (bytes == 0) return true;
      PVOID buffer = irp->AssociatedIrp.SystemBuffer = new_buffer(bytes);
      if (buffer == nullptr) return false;
      if (request.input_length != 0) std::memcpy(buffer, request.input, request.input_length);
      irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | (request.buffer != nullptr ? IRP_INPUT_OPERATION : 0);
      return true;
    }
    case 1:    // METHOD_IN_DIRECT
    case 2: {  // METHOD_OUT_DIRECT
      if (request.input != nullptr && request.input_length != 0) {
        PVOID buffer = irp->AssociatedIrp.SystemBuffer = new_buffer(request.input_length);
        if (buffer == nullptr) return false;
        std::memcpy(buffer, request.input, request.input_length);
        irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
      }
      return request.buffer == nullptr ||
             lock_buffer(irp, request.buffer, request.length, method == 1 ? IoReadAccess : IoWriteAccess);
    }
    default:  // METHOD_NEITHER
      location->Parameters.DeviceIoControl.Type3InputBuffer = request.input;
      irp->UserBuffer = request.buffer;
      return true;
  }
}

}  // namespace

NTSTATUS open_device(DEVICE_OBJECT* device, std::u16string_view remaining, const OpenRequest& request, HANDLE* handle,
                     FILE_OBJECT** out_file, ULONG_PTR* out_information) {
  NTSTATUS status = check_device(device);
  if (status < 0) return status;
  FILE_OBJECT* file = new_file_object(device, remaining, request);
  if (file == nullptr) return STATUS_INSUFFICIENT_RESOURCES;

  ULONG_PTR information = 0;
  status = send_create(file, IoGetRelatedDeviceObject(file), request, &information);
  if (out_information != nullptr) *out_information = information;
  if (status < 0) {
    file->DeviceObject = nullptr;  // no CLOSE for a file that never was open
    --device->ReferenceCount;
    ob::dereference(file);
    finish_delete_if_unused(device);
    return status;
  }
  file->Flags |= FO_FILE_OPEN | FO_HANDLE_CREATED;
  *handle = ob::insert_handle(file, mapped_access(request.access), request.kernel_handle);
  if (out_file != nullptr)
    *out_file = file;
  else
    ob::dereference(file);
  return status;
}

NTSTATUS open_path(std::u16string_view path, const OpenRequest& request, HANDLE* handle, FILE_OBJECT** file,
                   ULONG_PTR* information) {
  NTSTATUS status;
  std::u16string remaining;
  void* object = ob::lookup(path, &remaining, &status);
  if (object == nullptr) return status;
  if (ob::type_of(object) != ob::Type::Device) return STATUS_OBJECT_TYPE_MISMATCH;
  return open_device(static_cast<DEVICE_OBJECT*>(object), remaining, request, handle, file, information);
}

IRP* make_file_irp(const FileRequest& request, NTSTATUS* status) {
  DEVICE_OBJECT* top = IoGetRelatedDeviceObject(request.file);
  *status = STATUS_INSUFFICIENT_RESOURCES;
  IRP* irp = IoAllocateIrp(top->StackSize, TRUE);
  if (irp == nullptr) return nullptr;
  irp->Tail.Overlay.OriginalFileObject = request.file;
  irp->Tail.Overlay.Thread = ke::current_thread_object();
  irp->RequestorMode = request.mode;
  irp->UserIosb = request.iosb;
  irp->UserEvent = request.event;
  irp->Overlay.AsynchronousParameters.UserApcRoutine = request.apc;
  irp->Overlay.AsynchronousParameters.UserApcContext = request.apc_context;
  IO_STACK_LOCATION* location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = request.major;
  location->FileObject = request.file;

  bool prepared = true;
  if (request.major == IRP_MJ_READ || request.major == IRP_MJ_WRITE)
    prepared = prepare_transfer(irp, request, top->Flags);
  if (request.major == IRP_MJ_DEVICE_CONTROL || request.major == IRP_MJ_INTERNAL_DEVICE_CONTROL)
    prepared = prepare_control(irp, request);
  if (!prepared) {
    if ((irp->Flags & IRP_DEALLOCATE_BUFFER) != 0) kernel_free(irp->AssociatedIrp.SystemBuffer);
    free_mdls(irp, true);
    IoFreeIrp(irp);
    return nullptr;
  }
  irp->Flags |= IRP_DEFER_IO_COMPLETION;
  ob::reference(request.file);
  IoQueueThreadIrp(irp);
  *status = STATUS_SUCCESS;
  return irp;
}

NTSTATUS send_file_irp(IRP* irp, const FileRequest& request) {
  FILE_OBJECT* file = request.file;
  KeClearEvent(&file->Event);
  std::uint32_t number = number_of(irp);
  NTSTATUS status = IofCallDriver(IoGetRelatedDeviceObject(file), irp);
  if (status != STATUS_PENDING) {
    check_finished(irp, number, status);
    finish_in_thread(irp, file);
    return status;
  }
  if ((file->Flags & FO_SYNCHRONOUS_IO) == 0) return STATUS_PENDING;
  KeWaitForSingleObject(&file->Event, Executive, request.mode, (file->Flags & FO_ALERTABLE_IO) != 0, nullptr);
  return file->FinalStatus;
}

void cancel_file_irps(FILE_OBJECT* file) {
  LIST_ENTRY* head = &ke::current_thread_object()->IrpList;
  for (LIST_ENTRY* entry = head->Flink; entry != head;) {
    IRP* irp = NT_CONTAINING_RECORD(entry, IRP, ThreadListEntry);
    entry = entry->Flink;
    if (irp->Tail.Overlay.OriginalFileObject != file || irp->Cancel != FALSE) continue;
    IoCancelIrp(irp);
    entry = head->Flink;  // completions take others off the list, too
  }
}

void send_shutdown(DEVICE_OBJECT* device) {
  send_notice(device, nullptr, IRP_MJ_SHUTDOWN);
}

void file_last_handle_closed(void* body) {
  auto* file = static_cast<FILE_OBJECT*>(body);
  if (file->DeviceObject == nullptr || (file->Flags & FO_FILE_OPEN) == 0) return;
  file->Flags |= FO_HANDLE_CREATED;
  send_notice(IoGetRelatedDeviceObject(file), file, IRP_MJ_CLEANUP);
  file->Flags |= FO_CLEANUP_COMPLETE;
}

void file_object_removed(void* body) {
  auto* file = static_cast<FILE_OBJECT*>(body);
  DEVICE_OBJECT* device = file->DeviceObject;
  if (device != nullptr && (file->Flags & FO_FILE_OPEN) != 0) {
    send_notice(IoGetRelatedDeviceObject(file), file, IRP_MJ_CLOSE);
    --device->ReferenceCount;
    if (state().handles_changed != nullptr) state().handles_changed(device);
    finish_delete_if_unused(device);
  }
  if (file->FileName.Buffer != nullptr) kernel_free(file->FileName.Buffer);
}

}  // namespace drydock::ntos::io
