// IRPs made for a request in one call, and waiting for one.

#include <cstring>

#include "machine/machine.h"
#include "ntos/io/irp.h"
#include "ntos/io/irp_completion.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/io/mdl.h"
#include "ntos/io/state.h"
#include "ntos/ke/current.h"
#include "ntos/ke/event.h"
#include "ntos/ke/wait.h"
#include "ntos/mm/mdl.h"
#include "ntos/ob/object.h"
#include "ntos/ob/storage.h"

namespace drydock::ntos::io {

namespace {

constexpr ULONG kTagBuffer = 0x20206F49;  // "Io  "
constexpr ULONG METHOD_MASK = 3;
enum Method : ULONG { Buffered, InDirect, OutDirect, Neither };

NTSTATUS NTAPI signal_event(DEVICE_OBJECT*, IRP*, PVOID event) {
  KeSetEvent(static_cast<KEVENT*>(event), IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

IRP* new_irp(DEVICE_OBJECT* device, UCHAR major) {
  IRP* irp = IoAllocateIrp(device->StackSize, FALSE);
  if (irp == nullptr) return nullptr;
  irp->Tail.Overlay.Thread = ke::current_thread_object();
  IoGetNextIrpStackLocation(irp)->MajorFunction = major;
  if (IrpPrefix* prefix = prefix_of(irp)) prefix->flags |= IrpPrefix::kBuilt;
  return irp;
}

/// A locked MDL over `buffer`, hung on the IRP. False if there is no memory or the buffer is bad.
bool attach_mdl(IRP* irp, PVOID buffer, ULONG length, LOCK_OPERATION operation) {
  MDL* mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, irp);
  return mdl != nullptr && NT_SUCCESS(mm::lock_pages(mdl, operation));
}

PVOID new_system_buffer(ULONG bytes) {
  return kernel_allocate(bytes, kTagBuffer);
}

}  // namespace

IRP* NTAPI IoBuildAsynchronousFsdRequest(ULONG MajorFunction, DEVICE_OBJECT* DeviceObject, PVOID Buffer, ULONG Length,
                                         LARGE_INTEGER* StartingOffset, IO_STATUS_BLOCK* IoStatusBlock) {
  IRP* irp = new_irp(DeviceObject, static_cast<UCHAR>(MajorFunction));
  if (irp == nullptr) return nullptr;
  IO_STACK_LOCATION* location = IoGetNextIrpStackLocation(irp);
  irp->UserIosb = IoStatusBlock;

  bool transfers = MajorFunction == IRP_MJ_READ || MajorFunction == IRP_MJ_WRITE;
  if (!transfers) return irp;
  bool reads = MajorFunction == IRP_MJ_READ;
  if ((DeviceObject->Flags & DO_BUFFERED_IO) != 0) {
    irp->AssociatedIrp.SystemBuffer = Length == 0 ? nullptr : new_system_buffer(Length);
    if (irp->AssociatedIrp.SystemBuffer == nullptr && Length != 0) {
      IoFreeIrp(irp);
      return nullptr;
    }
    if (!reads) std::memcpy(irp->AssociatedIrp.SystemBuffer, Buffer, Length);
    irp->Flags = IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | (reads ? IRP_INPUT_OPERATION : 0);
    irp->UserBuffer = Buffer;
  } else if ((DeviceObject->Flags & DO_DIRECT_IO) != 0) {
    if (Length != 0 && !attach_mdl(irp, Buffer, Length, reads ? IoWriteAccess : IoReadAccess)) {
      free_mdls(irp, true);
      IoFreeIrp(irp);
      return nullptr;
    }
  } else {
    irp->UserBuffer = Buffer;
  }
  irp->Flags |= reads ? IRP_READ_OPERATION : IRP_WRITE_OPERATION;
  location->Parameters.Read.Length = Length;  // Read and Write have one layout
  if (StartingOffset != nullptr) location->Parameters.Read.ByteOffset = *StartingOffset;
  return irp;
}

IRP* NTAPI IoBuildSynchronousFsdRequest(ULONG MajorFunction, DEVICE_OBJECT* DeviceObject, PVOID Buffer, ULONG Length,
                                        LARGE_INTEGER* StartingOffset, KEVENT* Event, IO_STATUS_BLOCK* IoStatusBlock) {
  IRP* irp = IoBuildAsynchronousFsdRequest(MajorFunction, DeviceObject, Buffer, Length, StartingOffset, IoStatusBlock);
  if (irp == nullptr) return nullptr;
  irp->UserEvent = Event;
  IoQueueThreadIrp(irp);
  return irp;
}

IRP* NTAPI IoBuildDeviceIoControlRequest(ULONG IoControlCode, DEVICE_OBJECT* DeviceObject, PVOID InputBuffer,
                                         ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength,
                                         BOOLEAN InternalDeviceIoControl, KEVENT* Event,
                                         IO_STATUS_BLOCK* IoStatusBlock) {
  IRP* irp =
      new_irp(DeviceObject, InternalDeviceIoControl != FALSE ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL);
  if (irp == nullptr) return nullptr;
  IO_STACK_LOCATION* location = IoGetNextIrpStackLocation(irp);
  location->Parameters.DeviceIoControl.OutputBufferLength = OutputBufferLength;
  location->Parameters.DeviceIoControl.InputBufferLength = InputBufferLength;
  location->Parameters.DeviceIoControl.IoControlCode = IoControlCode;

  bool sound = true;
  switch (IoControlCode & METHOD_MASK) {
    case Buffered: {
      ULONG bytes = InputBufferLength > OutputBufferLength ? InputBufferLength : OutputBufferLength;
      if (bytes == 0) break;
      PVOID buffer = irp->AssociatedIrp.SystemBuffer = new_system_buffer(bytes);
      sound = buffer != nullptr;
      if (!sound) break;
      if (InputBuffer != nullptr) std::memcpy(buffer, InputBuffer, InputBufferLength);
      irp->Flags = IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | (OutputBuffer != nullptr ? IRP_INPUT_OPERATION : 0);
      irp->UserBuffer = OutputBuffer;
      break;
    }
    case InDirect:
    case OutDirect:
      if (InputBuffer != nullptr && InputBufferLength != 0) {
        PVOID buffer = irp->AssociatedIrp.SystemBuffer = new_system_buffer(InputBufferLength);
        sound = buffer != nullptr;
        if (!sound) break;
        std::memcpy(buffer, InputBuffer, InputBufferLength);
        irp->Flags = IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
      }
      if (OutputBuffer != nullptr && OutputBufferLength != 0)
        sound = attach_mdl(irp, OutputBuffer, OutputBufferLength,
                           (IoControlCode & METHOD_MASK) == InDirect ? IoReadAccess : IoWriteAccess);
      break;
    case Neither:
      location->Parameters.DeviceIoControl.Type3InputBuffer = InputBuffer;
      irp->UserBuffer = OutputBuffer;
      break;
  }
  if (!sound) {
    if (irp->AssociatedIrp.SystemBuffer != nullptr) kernel_free(irp->AssociatedIrp.SystemBuffer);
    free_mdls(irp, true);
    IoFreeIrp(irp);
    return nullptr;
  }
  irp->UserIosb = IoStatusBlock;
  irp->UserEvent = Event;
  IoQueueThreadIrp(irp);
  return irp;
}

IRP* NTAPI IoMakeAssociatedIrp(IRP* Irp, CHAR StackSize) {
  IRP* irp = IoAllocateIrp(StackSize, FALSE);
  if (irp == nullptr) return nullptr;
  irp->Flags |= IRP_ASSOCIATED_IRP;
  irp->Tail.Overlay.Thread = Irp->Tail.Overlay.Thread;
  irp->AssociatedIrp.MasterIrp = Irp;
  return irp;
}

BOOLEAN NTAPI IoForwardIrpSynchronously(DEVICE_OBJECT* DeviceObject, IRP* Irp) {
  if (Irp->CurrentLocation == 1) return FALSE;  // no location to copy to
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  IoCopyCurrentIrpStackLocationToNext(Irp);
  IoSetCompletionRoutine(Irp, signal_event, &event, true, true, true);
  if (IofCallDriver(DeviceObject, Irp) == STATUS_PENDING)
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
  return TRUE;
}

BOOLEAN NTAPI IoForwardAndCatchIrp(DEVICE_OBJECT* DeviceObject, IRP* Irp) {
  return IoForwardIrpSynchronously(DeviceObject, Irp);
}

namespace {

/// IoSetCompletionRoutineEx keeps the device alive until its routine has returned.
struct UnloadSafeCompletion {
  DEVICE_OBJECT* device;
  PVOID context;
  PIO_COMPLETION_ROUTINE routine;
};

NTSTATUS NTAPI unload_safe_completion(DEVICE_OBJECT* device, IRP* irp, PVOID context) {
  auto* safe = static_cast<UnloadSafeCompletion*>(context);
  UnloadSafeCompletion copy = *safe;
  kernel_free(safe);
  NTSTATUS status = machine::call_driver(copy.routine, device, irp, copy.context);
  ob::dereference(copy.device);
  return status;
}

}  // namespace

NTSTATUS NTAPI IoSetCompletionRoutineEx(DEVICE_OBJECT* DeviceObject, IRP* Irp, PIO_COMPLETION_ROUTINE CompletionRoutine,
                                        PVOID Context, BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError,
                                        BOOLEAN InvokeOnCancel) {
  auto* safe = static_cast<UnloadSafeCompletion*>(kernel_allocate(sizeof(UnloadSafeCompletion), 0x73556F49));
  if (safe == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  *safe = {DeviceObject, Context, CompletionRoutine};
  ob::reference(DeviceObject);
  IoSetCompletionRoutine(Irp, unload_safe_completion, safe, InvokeOnSuccess != FALSE, InvokeOnError != FALSE,
                         InvokeOnCancel != FALSE);
  return STATUS_SUCCESS;
}

}  // namespace drydock::ntos::io
