// WdfRequest...: what a driver does with a request it has. Sending is in request_send_api.cpp.

#include <cstring>

#include <fmt/format.h>

#include "wdf/create.h"
#include "wdf/device.h"
#include "wdf/file_object.h"
#include "wdf/functions.h"
#include "wdf/hardware_checks.h"
#include "wdf/misuse.h"
#include "wdf/queue.h"
#include "wdf/queued_io.h"
#include "wdf/request.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::at_most;
using image::exactly;

namespace {

/// A request that still has its IRP.
Request& with_irp(WDFREQUEST handle, const char* function) {
  Request& request = object_as<Request>(handle);
  if (!request.irp())
    stop(Violation::RequestFatalError, "null-irp", fmt::format("{} of {}, which has no IRP", function, request.name()),
         WDF_REQUEST_FATAL_ERROR_NULL_IRP, reinterpret_cast<std::uint64_t>(handle));
  return request;
}

void complete(WDFREQUEST handle, NTSTATUS status, const ULONG_PTR* information, CHAR boost, const char* function) {
  Request& request = owned_request(handle, function);
  if (Device* device = request.device()) check_not_in_surprise_notice(*device, function);
  const ULONG_PTR bytes = information ? *information : request.irp() ? request.irp()->IoStatus.Information : 0;
  request.complete(status, bytes, boost);
}

using Buffer = NTSTATUS (Request::*)(PVOID*, size_t*, MDL**);

NTSTATUS retrieve(WDFREQUEST handle, Buffer which, size_t minimum, PVOID* buffer, size_t* length,
                  const char* function) {
  Request& request = with_irp(handle, function);
  require_pointer(buffer, "a buffer's address");
  *buffer = nullptr;
  if (length) *length = 0;
  PVOID address = nullptr;
  size_t bytes = 0;
  const NTSTATUS status = (request.*which)(&address, &bytes, nullptr);
  if (!NT_SUCCESS(status)) return status;
  if (length) *length = bytes;
  if (bytes < minimum) return STATUS_BUFFER_TOO_SMALL;
  *buffer = address;
  return STATUS_SUCCESS;
}

/// WDF-436 and the rest: marking, moving and acknowledging are for delivered requests only.
NTSTATUS check_delivered(const Request& request) {
  return request.place() == Request::Place::Delivered ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}

NTSTATUS mark_cancelable(WDFREQUEST handle, PFN_WDF_REQUEST_CANCEL cancel, bool fail_if_cancelled,
                         const char* function) {
  Request& request = owned_request(handle, function);
  require_pointer(reinterpret_cast<const void*>(cancel), "EvtRequestCancel");
  if (const NTSTATUS status = check_delivered(request); !NT_SUCCESS(status)) return status;
  if (request.on_cancel) {
    record("kmdf-verifier", "request-marked-cancelable-twice",
           fmt::format("{} of {}, which is marked already", function, request.describe()));
    return STATUS_INVALID_DEVICE_REQUEST;
  }
  request.on_cancel = cancel;
  if (!request.queue()->cancels_all() && request.arm_cancel()) return STATUS_SUCCESS;
  if (fail_if_cancelled) {
    request.on_cancel = nullptr;
    return STATUS_CANCELLED;
  }
  request.queue()->cancel(request);
  return STATUS_SUCCESS;
}

}  // namespace

VOID NTAPI WdfRequestComplete(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle, NTSTATUS Status) {
  complete(Handle, Status, nullptr, 0, "WdfRequestComplete");
}

VOID NTAPI WdfRequestCompleteWithInformation(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle, NTSTATUS Status,
                                             ULONG_PTR Information) {
  complete(Handle, Status, &Information, 0, "WdfRequestCompleteWithInformation");
}

VOID NTAPI WdfRequestCompleteWithPriorityBoost(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle, NTSTATUS Status,
                                               CCHAR PriorityBoost) {
  complete(Handle, Status, nullptr, PriorityBoost, "WdfRequestCompleteWithPriorityBoost");
}

VOID NTAPI WdfRequestSetInformation(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle, ULONG_PTR Information) {
  with_irp(Handle, "WdfRequestSetInformation").irp()->IoStatus.Information = Information;
}

ULONG_PTR NTAPI WdfRequestGetInformation(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle) {
  return with_irp(Handle, "WdfRequestGetInformation").irp()->IoStatus.Information;
}

NTSTATUS NTAPI WdfRequestGetStatus(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle) {
  return object_as<Request>(Handle).status();
}

VOID NTAPI WdfRequestGetParameters(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle, WDF_REQUEST_PARAMETERS* Parameters) {
  const Request& request = with_irp(Handle, "WdfRequestGetParameters");
  require_pointer(Parameters, "WdfRequestGetParameters's Parameters");
  const USHORT size = Parameters->Size;
  std::memset(Parameters, 0, sizeof(*Parameters));
  Parameters->Size = size;
  const IO_STACK_LOCATION& stack = *request.stack();
  Parameters->Type = static_cast<WDF_REQUEST_TYPE>(stack.MajorFunction);
  Parameters->MinorFunction = stack.MinorFunction;
  auto& to = Parameters->Parameters;
  switch (stack.MajorFunction) {
    case IRP_MJ_CREATE:
      to.Create.SecurityContext = stack.Parameters.Create.SecurityContext;
      to.Create.Options = stack.Parameters.Create.Options;
      to.Create.FileAttributes = stack.Parameters.Create.FileAttributes;
      to.Create.ShareAccess = stack.Parameters.Create.ShareAccess;
      to.Create.EaLength = stack.Parameters.Create.EaLength;
      break;
    case IRP_MJ_READ:
      to.Read = {stack.Parameters.Read.Length, stack.Parameters.Read.Key, stack.Parameters.Read.ByteOffset.QuadPart};
      break;
    case IRP_MJ_WRITE:
      to.Write = {stack.Parameters.Write.Length, stack.Parameters.Write.Key,
                  stack.Parameters.Write.ByteOffset.QuadPart};
      break;
    case IRP_MJ_DEVICE_CONTROL:
      to.DeviceIoControl.OutputBufferLength = stack.Parameters.DeviceIoControl.OutputBufferLength;
      to.DeviceIoControl.InputBufferLength = stack.Parameters.DeviceIoControl.InputBufferLength;
      to.DeviceIoControl.IoControlCode = stack.Parameters.DeviceIoControl.IoControlCode;
      to.DeviceIoControl.Type3InputBuffer = stack.Parameters.DeviceIoControl.Type3InputBuffer;
      break;
    default:  // INTERNAL_DEVICE_CONTROL among them: four words, whatever they mean
      to.Others.Arg1 = stack.Parameters.Others.Argument1;
      to.Others.Arg2 = stack.Parameters.Others.Argument2;
      to.Others.IoControlCode = static_cast<ULONG>(reinterpret_cast<ULONG_PTR>(stack.Parameters.Others.Argument3));
      to.Others.Arg4 = stack.Parameters.Others.Argument4;
  }
}

IRP* NTAPI WdfRequestWdmGetIrp(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle) {
  return object_as<Request>(Handle).irp();
}

WDFQUEUE NTAPI WdfRequestGetIoQueue(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle) {
  Queue* queue = object_as<Request>(Handle).queue();
  return queue ? queue->handle_as<WDFQUEUE>() : nullptr;
}

WDFFILEOBJECT NTAPI WdfRequestGetFileObject(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle) {
  FileObject* file = object_as<Request>(Handle).file();
  return file ? file->handle_as<WDFFILEOBJECT>() : nullptr;
}

BOOLEAN NTAPI WdfRequestIsReserved(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle) {
  return object_as<Request>(Handle).reserve != nullptr;
}

KPROCESSOR_MODE NTAPI WdfRequestGetRequestorMode(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle) {
  return with_irp(Handle, "WdfRequestGetRequestorMode").irp()->RequestorMode;
}

BOOLEAN NTAPI WdfRequestIsCanceled(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle) {
  const Request& request = object_as<Request>(Handle);
  return request.cancelled || (request.irp() && request.irp_cancelled());
}

BOOLEAN NTAPI WdfRequestIsFrom32BitProcess(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle) {
  object_as<Request>(Handle);
  return FALSE;
}

// ---- Buffers ----

/// STATUS_BUFFER_TOO_SMALL for fewer bytes than wanted, and for none; STATUS_INVALID_DEVICE_REQUEST where the request
/// has no such buffer.
NTSTATUS NTAPI WdfRequestRetrieveInputBuffer(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle, size_t MinimumRequiredLength,
                                             PVOID* Buffer, size_t* Length) {
  return retrieve(Handle, &Request::input, MinimumRequiredLength, Buffer, Length, "WdfRequestRetrieveInputBuffer");
}

NTSTATUS NTAPI WdfRequestRetrieveOutputBuffer(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle, size_t MinimumRequiredSize,
                                              PVOID* Buffer, size_t* Length) {
  return retrieve(Handle, &Request::output, MinimumRequiredSize, Buffer, Length, "WdfRequestRetrieveOutputBuffer");
}

NTSTATUS NTAPI WdfRequestRetrieveInputMemory(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle, WDFMEMORY* MemoryHandle) {
  require_pointer(MemoryHandle, "WdfRequestRetrieveInputMemory's Memory");
  *MemoryHandle = nullptr;
  Memory* memory = nullptr;
  const NTSTATUS status = with_irp(Handle, "WdfRequestRetrieveInputMemory").input_memory(&memory);
  if (NT_SUCCESS(status)) *MemoryHandle = memory->handle_as<WDFMEMORY>();
  return status;
}

NTSTATUS NTAPI WdfRequestRetrieveOutputMemory(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle, WDFMEMORY* MemoryHandle) {
  require_pointer(MemoryHandle, "WdfRequestRetrieveOutputMemory's Memory");
  *MemoryHandle = nullptr;
  Memory* memory = nullptr;
  const NTSTATUS status = with_irp(Handle, "WdfRequestRetrieveOutputMemory").output_memory(&memory);
  if (NT_SUCCESS(status)) *MemoryHandle = memory->handle_as<WDFMEMORY>();
  return status;
}

NTSTATUS NTAPI WdfRequestRetrieveInputWdmMdl(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle, MDL** Mdl) {
  Request& request = with_irp(Handle, "WdfRequestRetrieveInputWdmMdl");
  require_pointer(Mdl, "WdfRequestRetrieveInputWdmMdl's Mdl");
  PVOID buffer = nullptr;
  size_t bytes = 0;
  const NTSTATUS status = request.input(&buffer, &bytes, Mdl);
  if (!NT_SUCCESS(status) || *Mdl) return status;
  return request.mdl_for(buffer, bytes, &request.input_mdl, Mdl);
}

NTSTATUS NTAPI WdfRequestRetrieveOutputWdmMdl(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle, MDL** Mdl) {
  Request& request = with_irp(Handle, "WdfRequestRetrieveOutputWdmMdl");
  require_pointer(Mdl, "WdfRequestRetrieveOutputWdmMdl's Mdl");
  PVOID buffer = nullptr;
  size_t bytes = 0;
  const NTSTATUS status = request.output(&buffer, &bytes, Mdl);
  if (!NT_SUCCESS(status) || *Mdl) return status;
  return request.mdl_for(buffer, bytes, &request.output_mdl, Mdl);
}

// ---- Cancellation ----

VOID NTAPI WdfRequestMarkCancelable(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle, PFN_WDF_REQUEST_CANCEL EvtRequestCancel) {
  mark_cancelable(Handle, EvtRequestCancel, false, "WdfRequestMarkCancelable");
}

/// STATUS_CANCELLED: it is cancelled already, EvtRequestCancel will not be called.
NTSTATUS NTAPI WdfRequestMarkCancelableEx(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle,
                                          PFN_WDF_REQUEST_CANCEL EvtRequestCancel) {
  return mark_cancelable(Handle, EvtRequestCancel, true, "WdfRequestMarkCancelableEx");
}

/// STATUS_CANCELLED: EvtRequestCancel has been called or will be, and completes it.
NTSTATUS NTAPI WdfRequestUnmarkCancelable(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle) {
  Request& request = owned_request(Handle, "WdfRequestUnmarkCancelable");
  if (request.cancelled) return STATUS_CANCELLED;
  if (const NTSTATUS status = check_delivered(request); !NT_SUCCESS(status)) return status;
  if (!request.on_cancel) return STATUS_INVALID_DEVICE_REQUEST;
  if (!request.disarm_cancel()) return STATUS_CANCELLED;
  request.on_cancel = nullptr;
  return STATUS_SUCCESS;
}

// ---- Queues ----

NTSTATUS NTAPI WdfRequestForwardToIoQueue(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle, WDFQUEUE DestinationQueue) {
  Request& request = owned_request(Handle, "WdfRequestForwardToIoQueue");
  Queue& queue = object_as<Queue>(DestinationQueue);
  if (const NTSTATUS status = check_delivered(request); !NT_SUCCESS(status)) return status;
  if (request.on_cancel || request.cancelled || request.queue() == &queue || queue.device() != request.device())
    return STATUS_INVALID_DEVICE_REQUEST;
  return queue.take_forwarded(request);
}

/// Only of a manual queue's requests.
NTSTATUS NTAPI WdfRequestRequeue(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle) {
  Request& request = owned_request(Handle, "WdfRequestRequeue");
  if (const NTSTATUS status = check_delivered(request); !NT_SUCCESS(status)) return status;
  if (request.on_cancel || request.queue()->config().DispatchType != WdfIoQueueDispatchManual)
    return STATUS_INVALID_DEVICE_REQUEST;
  check_not_released(*request.queue(), "WdfRequestRequeue");
  request.queue()->take_back(request);
  return STATUS_SUCCESS;
}

VOID NTAPI WdfRequestStopAcknowledge(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle, BOOLEAN Requeue) {
  Request& request = owned_request(Handle, "WdfRequestStopAcknowledge");
  if (!NT_SUCCESS(check_delivered(request))) return;
  const bool cancelable = Requeue && request.on_cancel;
  if (!request.in_evt_io_stop || cancelable) {
    record("WDF-454", "stop-acknowledged-outside-evtiostop",
           cancelable ? fmt::format("{} is acknowledged with requeue while it is cancelable", request.describe())
                      : fmt::format("{} is acknowledged, but no EvtIoStop has asked for it", request.describe()));
    if (framework().settings.verifier) return;
  }
  request.stop_answer = Requeue ? Request::StopAnswer::Requeue : Request::StopAnswer::Keep;
  request.queue()->stop_answered();
}

NTSTATUS NTAPI WdfDeviceEnqueueRequest(WDF_DRIVER_GLOBALS*, WDFDEVICE DeviceHandle, WDFREQUEST Handle) {
  Device& device = object_as<Device>(DeviceHandle);
  Request& request = object_as<Request>(Handle);
  if (request.place() != Request::Place::InCallerContext || request.device() != &device)
    return STATUS_INVALID_DEVICE_REQUEST;
  return QueuedIo::of(device).enqueue(request);
}

// clang-format off
const image::ExportFamily kRequestApi{kFrameworkModule, {
    // name                                 entry                                caller's IRQL
    {"WdfRequestComplete",                  WdfRequestComplete,                  at_most(DISPATCH_LEVEL)},
    {"WdfRequestCompleteWithInformation",   WdfRequestCompleteWithInformation,   at_most(DISPATCH_LEVEL)},
    {"WdfRequestCompleteWithPriorityBoost", WdfRequestCompleteWithPriorityBoost, at_most(DISPATCH_LEVEL)},
    {"WdfRequestSetInformation",            WdfRequestSetInformation,            at_most(DISPATCH_LEVEL)},
    {"WdfRequestGetInformation",            WdfRequestGetInformation,            at_most(DISPATCH_LEVEL)},
    {"WdfRequestGetStatus",                 WdfRequestGetStatus,                 at_most(DISPATCH_LEVEL)},
    {"WdfRequestGetParameters",             WdfRequestGetParameters,             at_most(DISPATCH_LEVEL)},
    {"WdfRequestWdmGetIrp",                 WdfRequestWdmGetIrp,                 at_most(DISPATCH_LEVEL)},
    {"WdfRequestGetIoQueue",                WdfRequestGetIoQueue,                at_most(DISPATCH_LEVEL)},
    {"WdfRequestGetFileObject",             WdfRequestGetFileObject,             at_most(DISPATCH_LEVEL)},
    {"WdfRequestGetRequestorMode",          WdfRequestGetRequestorMode,          at_most(DISPATCH_LEVEL)},
    {"WdfRequestIsReserved",                WdfRequestIsReserved,                at_most(DISPATCH_LEVEL)},
    {"WdfRequestIsCanceled",                WdfRequestIsCanceled,                at_most(DISPATCH_LEVEL)},
    {"WdfRequestIsFrom32BitProcess",        WdfRequestIsFrom32BitProcess,        at_most(DISPATCH_LEVEL)},
    {"WdfRequestRetrieveInputBuffer",       WdfRequestRetrieveInputBuffer,       at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfRequestRetrieveOutputBuffer",      WdfRequestRetrieveOutputBuffer,      at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfRequestRetrieveInputMemory",       WdfRequestRetrieveInputMemory,       at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfRequestRetrieveOutputMemory",      WdfRequestRetrieveOutputMemory,      at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfRequestRetrieveInputWdmMdl",       WdfRequestRetrieveInputWdmMdl,       at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfRequestRetrieveOutputWdmMdl",      WdfRequestRetrieveOutputWdmMdl,      at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfRequestMarkCancelable",            WdfRequestMarkCancelable,            at_most(DISPATCH_LEVEL)},
    {"WdfRequestMarkCancelableEx",          WdfRequestMarkCancelableEx,          at_most(DISPATCH_LEVEL)},
    {"WdfRequestUnmarkCancelable",          WdfRequestUnmarkCancelable,          at_most(DISPATCH_LEVEL)},
    {"WdfRequestForwardToIoQueue",          WdfRequestForwardToIoQueue,          at_most(DISPATCH_LEVEL)},
    {"WdfRequestRequeue",                   WdfRequestRequeue,                   at_most(DISPATCH_LEVEL)},
    {"WdfRequestStopAcknowledge",           WdfRequestStopAcknowledge,           at_most(DISPATCH_LEVEL)},
    {"WdfDeviceEnqueueRequest",             WdfDeviceEnqueueRequest,             at_most(DISPATCH_LEVEL)},
}, "wdf/request"};
// clang-format on

}  // namespace drydock::wdf
