// WdfIoTarget..., and a device's own target.

#include <cstring>

#include <fmt/format.h>

#include "wdf/create.h"
#include "wdf/device.h"
#include "wdf/functions.h"
#include "wdf/io_target.h"
#include "wdf/misuse.h"
#include "wdf/queued_io.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::at_most;
using image::exactly;

namespace {

constexpr ULONG kOpenParams11 = 0x78;  ///< up to 1.11: without FileName

IoTarget& target_from(WDFIOTARGET handle) {
  return object_as<IoTarget>(handle);
}

/// What `memory` and `offsets` name; nothing for a null handle. STATUS_INTEGER_OVERFLOW, STATUS_BUFFER_TOO_SMALL.
NTSTATUS span_of(WDFMEMORY memory, const WDFMEMORY_OFFSET* offsets, Span* span) {
  *span = {};
  if (!memory) return STATUS_SUCCESS;
  Memory& object = object_as<Memory>(memory);
  size_t bytes = object.bytes();
  if (offsets) {
    span->offset = offsets->BufferOffset;
    bytes = offsets->BufferLength ? offsets->BufferLength : object.bytes() - offsets->BufferOffset;
    if (const NTSTATUS status = object.check_range(span->offset, bytes); !NT_SUCCESS(status)) return status;
  }
  span->memory = &object;
  span->buffer = static_cast<UCHAR*>(object.buffer()) + span->offset;
  span->bytes = bytes;
  if (span->offset == 0 && bytes == object.bytes()) span->mdl = object.mdl();
  return STATUS_SUCCESS;
}

NTSTATUS span_of(const WDF_MEMORY_DESCRIPTOR* descriptor, Span* span) {
  *span = {};
  if (!descriptor) return STATUS_SUCCESS;
  switch (descriptor->Type) {
    case WdfMemoryDescriptorTypeBuffer:
      span->buffer = descriptor->u.BufferType.Buffer;
      span->bytes = descriptor->u.BufferType.Length;
      return STATUS_SUCCESS;
    case WdfMemoryDescriptorTypeMdl:
      span->mdl = descriptor->u.MdlType.Mdl;
      span->bytes = descriptor->u.MdlType.BufferLength;
      span->buffer = system_address_of(span->mdl);
      return span->buffer ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    case WdfMemoryDescriptorTypeHandle:
      return span_of(descriptor->u.HandleType.Memory, descriptor->u.HandleType.Offsets, span);
    default:
      return STATUS_INVALID_PARAMETER;
  }
}

/// The driver's request or one for this call alone, formatted by `format`, sent and waited for.
template <class Format>
NTSTATUS send_synchronously(IoTarget& target, WDFREQUEST handle, const WDF_REQUEST_SEND_OPTIONS* options,
                            ULONG_PTR* bytes, Format format) {
  if (bytes) *bytes = 0;
  if (KeGetCurrentIrql() != PASSIVE_LEVEL) {
    record("WDF-438", "wrong-irql",
           fmt::format("a synchronous send to {} is called above PASSIVE_LEVEL", target.name()));
    return STATUS_INVALID_DEVICE_REQUEST;
  }
  if (!target.device_object()) return STATUS_INVALID_DEVICE_STATE;
  Request* request = nullptr;
  if (handle) {
    request = &object_as<Request>(handle);
  } else if (const NTSTATUS status = make_request_for(target, nullptr, nullptr, &request); !NT_SUCCESS(status)) {
    return status;
  }
  NTSTATUS status = format(*request);
  if (NT_SUCCESS(status)) {
    WDF_REQUEST_SEND_OPTIONS synchronous{};
    if (options) synchronous = *options;
    synchronous.Size = sizeof(synchronous);
    synchronous.Flags |= WDF_REQUEST_SEND_OPTION_SYNCHRONOUS;
    target.send(*request, &synchronous);
    status = request->status();
    if (bytes && request->irp()) *bytes = request->irp()->IoStatus.Information;
  }
  if (!handle) request->delete_object();
  return status;
}

}  // namespace

WDFIOTARGET NTAPI WdfDeviceGetIoTarget(WDF_DRIVER_GLOBALS*, WDFDEVICE DeviceHandle) {
  IoTarget* target = QueuedIo::of(object_as<Device>(DeviceHandle)).local_target();
  return target ? target->handle_as<WDFIOTARGET>() : nullptr;
}

NTSTATUS NTAPI WdfIoTargetCreate(WDF_DRIVER_GLOBALS*, WDFDEVICE DeviceHandle, WDF_OBJECT_ATTRIBUTES* IoTargetAttributes,
                                 WDFIOTARGET* Handle) {
  Device& device = object_as<Device>(DeviceHandle);
  require_pointer(Handle, "WdfIoTargetCreate's IoTarget");
  *Handle = nullptr;
  if (const NTSTATUS status = check_attributes(IoTargetAttributes); !NT_SUCCESS(status)) return status;
  return commit_new(std::make_unique<IoTarget>(device.client(), device, false), IoTargetAttributes,
                    parent_from(IoTargetAttributes, &device), Handle);
}

NTSTATUS NTAPI WdfIoTargetOpen(WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle, WDF_IO_TARGET_OPEN_PARAMS* OpenParams) {
  IoTarget& target = target_from(Handle);
  require_pointer(OpenParams, "WdfIoTargetOpen's OpenParams");
  if (OpenParams->Size != sizeof(WDF_IO_TARGET_OPEN_PARAMS) && OpenParams->Size != kOpenParams11)
    return STATUS_INFO_LENGTH_MISMATCH;
  WDF_IO_TARGET_OPEN_PARAMS params{};
  std::memcpy(&params, OpenParams, OpenParams->Size);
  if (target.local()) return STATUS_INVALID_DEVICE_REQUEST;
  return target.open(params);
}

VOID NTAPI WdfIoTargetClose(WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle) {
  target_from(Handle).close(WdfIoTargetClosed);
}

VOID NTAPI WdfIoTargetCloseForQueryRemove(WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle) {
  target_from(Handle).close(WdfIoTargetClosedForQueryRemove);
}

NTSTATUS NTAPI WdfIoTargetStart(WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle) {
  return target_from(Handle).start();
}

VOID NTAPI WdfIoTargetStop(WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle, WDF_IO_TARGET_SENT_IO_ACTION Action) {
  if (Action <= WdfIoTargetSentIoUndefined || Action > WdfIoTargetLeaveSentIoPending)
    return record("kmdf-verifier", "invalid-parameter", fmt::format("WdfIoTargetStop with action {}", int{Action}));
  target_from(Handle).stop(Action);
}

VOID NTAPI WdfIoTargetPurge(WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle, WDF_IO_TARGET_PURGE_IO_ACTION Action) {
  if (Action <= WdfIoTargetPurgeIoUndefined || Action > WdfIoTargetPurgeIo)
    return record("kmdf-verifier", "invalid-parameter", fmt::format("WdfIoTargetPurge with action {}", int{Action}));
  target_from(Handle).purge(Action);
}

WDF_IO_TARGET_STATE NTAPI WdfIoTargetGetState(WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle) {
  return target_from(Handle).target_state();
}

WDFDEVICE NTAPI WdfIoTargetGetDevice(WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle) {
  return target_from(Handle).device()->handle_as<WDFDEVICE>();
}

DEVICE_OBJECT* NTAPI WdfIoTargetWdmGetTargetDeviceObject(WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle) {
  return target_from(Handle).device_object();
}

DEVICE_OBJECT* NTAPI WdfIoTargetWdmGetTargetPhysicalDevice(WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle) {
  return target_from(Handle).physical_device();
}

FILE_OBJECT* NTAPI WdfIoTargetWdmGetTargetFileObject(WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle) {
  return target_from(Handle).file_object();
}

HANDLE NTAPI WdfIoTargetWdmGetTargetFileHandle(WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle) {
  return target_from(Handle).file_handle();
}

// ---- Formatting ----

NTSTATUS NTAPI WdfIoTargetFormatRequestForRead(WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle, WDFREQUEST RequestHandle,
                                               WDFMEMORY OutputBuffer, WDFMEMORY_OFFSET* OutputBufferOffset,
                                               LONGLONG* DeviceOffset) {
  Span data;
  if (const NTSTATUS status = span_of(OutputBuffer, OutputBufferOffset, &data); !NT_SUCCESS(status)) return status;
  return target_from(Handle).format_transfer(object_as<Request>(RequestHandle), IRP_MJ_READ, data,
                                             DeviceOffset ? *DeviceOffset : 0);
}

NTSTATUS NTAPI WdfIoTargetFormatRequestForWrite(WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle, WDFREQUEST RequestHandle,
                                                WDFMEMORY InputBuffer, WDFMEMORY_OFFSET* InputBufferOffset,
                                                LONGLONG* DeviceOffset) {
  Span data;
  if (const NTSTATUS status = span_of(InputBuffer, InputBufferOffset, &data); !NT_SUCCESS(status)) return status;
  return target_from(Handle).format_transfer(object_as<Request>(RequestHandle), IRP_MJ_WRITE, data,
                                             DeviceOffset ? *DeviceOffset : 0);
}

NTSTATUS NTAPI WdfIoTargetFormatRequestForIoctl(WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle, WDFREQUEST RequestHandle,
                                                ULONG IoctlCode, WDFMEMORY InputBuffer,
                                                WDFMEMORY_OFFSET* InputBufferOffset, WDFMEMORY OutputBuffer,
                                                WDFMEMORY_OFFSET* OutputBufferOffset) {
  Span input, output;
  if (const NTSTATUS status = span_of(InputBuffer, InputBufferOffset, &input); !NT_SUCCESS(status)) return status;
  if (const NTSTATUS status = span_of(OutputBuffer, OutputBufferOffset, &output); !NT_SUCCESS(status)) return status;
  return target_from(Handle).format_control(object_as<Request>(RequestHandle), IRP_MJ_DEVICE_CONTROL, IoctlCode, input,
                                            output);
}

NTSTATUS NTAPI WdfIoTargetFormatRequestForInternalIoctl(WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle,
                                                        WDFREQUEST RequestHandle, ULONG IoctlCode,
                                                        WDFMEMORY InputBuffer, WDFMEMORY_OFFSET* InputBufferOffset,
                                                        WDFMEMORY OutputBuffer, WDFMEMORY_OFFSET* OutputBufferOffset) {
  Span input, output;
  if (const NTSTATUS status = span_of(InputBuffer, InputBufferOffset, &input); !NT_SUCCESS(status)) return status;
  if (const NTSTATUS status = span_of(OutputBuffer, OutputBufferOffset, &output); !NT_SUCCESS(status)) return status;
  return target_from(Handle).format_control(object_as<Request>(RequestHandle), IRP_MJ_INTERNAL_DEVICE_CONTROL,
                                            IoctlCode, input, output);
}

NTSTATUS NTAPI WdfIoTargetFormatRequestForInternalIoctlOthers(WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle,
                                                              WDFREQUEST RequestHandle, ULONG IoctlCode,
                                                              WDFMEMORY OtherArg1, WDFMEMORY_OFFSET* OtherArg1Offset,
                                                              WDFMEMORY OtherArg2, WDFMEMORY_OFFSET* OtherArg2Offset,
                                                              WDFMEMORY OtherArg4, WDFMEMORY_OFFSET* OtherArg4Offset) {
  Span first, second, fourth;
  if (const NTSTATUS status = span_of(OtherArg1, OtherArg1Offset, &first); !NT_SUCCESS(status)) return status;
  if (const NTSTATUS status = span_of(OtherArg2, OtherArg2Offset, &second); !NT_SUCCESS(status)) return status;
  if (const NTSTATUS status = span_of(OtherArg4, OtherArg4Offset, &fourth); !NT_SUCCESS(status)) return status;
  return target_from(Handle).format_others(object_as<Request>(RequestHandle), IoctlCode, first, second, fourth);
}

// ---- Synchronous sends. IRQL: PASSIVE_LEVEL ----

NTSTATUS NTAPI WdfIoTargetSendReadSynchronously(WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle, WDFREQUEST RequestHandle,
                                                WDF_MEMORY_DESCRIPTOR* OutputBuffer, LONGLONG* DeviceOffset,
                                                WDF_REQUEST_SEND_OPTIONS* RequestOptions, ULONG_PTR* BytesRead) {
  IoTarget& target = target_from(Handle);
  Span data;
  if (const NTSTATUS status = span_of(OutputBuffer, &data); !NT_SUCCESS(status)) return status;
  return send_synchronously(target, RequestHandle, RequestOptions, BytesRead, [&](Request& request) {
    return target.format_transfer(request, IRP_MJ_READ, data, DeviceOffset ? *DeviceOffset : 0);
  });
}

NTSTATUS NTAPI WdfIoTargetSendWriteSynchronously(WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle, WDFREQUEST RequestHandle,
                                                 WDF_MEMORY_DESCRIPTOR* InputBuffer, LONGLONG* DeviceOffset,
                                                 WDF_REQUEST_SEND_OPTIONS* RequestOptions, ULONG_PTR* BytesWritten) {
  IoTarget& target = target_from(Handle);
  Span data;
  if (const NTSTATUS status = span_of(InputBuffer, &data); !NT_SUCCESS(status)) return status;
  return send_synchronously(target, RequestHandle, RequestOptions, BytesWritten, [&](Request& request) {
    return target.format_transfer(request, IRP_MJ_WRITE, data, DeviceOffset ? *DeviceOffset : 0);
  });
}

NTSTATUS NTAPI WdfIoTargetSendIoctlSynchronously(WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle, WDFREQUEST RequestHandle,
                                                 ULONG IoctlCode, WDF_MEMORY_DESCRIPTOR* InputBuffer,
                                                 WDF_MEMORY_DESCRIPTOR* OutputBuffer,
                                                 WDF_REQUEST_SEND_OPTIONS* RequestOptions, ULONG_PTR* BytesReturned) {
  IoTarget& target = target_from(Handle);
  Span input, output;
  if (const NTSTATUS status = span_of(InputBuffer, &input); !NT_SUCCESS(status)) return status;
  if (const NTSTATUS status = span_of(OutputBuffer, &output); !NT_SUCCESS(status)) return status;
  return send_synchronously(target, RequestHandle, RequestOptions, BytesReturned, [&](Request& request) {
    return target.format_control(request, IRP_MJ_DEVICE_CONTROL, IoctlCode, input, output);
  });
}

NTSTATUS NTAPI WdfIoTargetSendInternalIoctlSynchronously(WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle,
                                                         WDFREQUEST RequestHandle, ULONG IoctlCode,
                                                         WDF_MEMORY_DESCRIPTOR* InputBuffer,
                                                         WDF_MEMORY_DESCRIPTOR* OutputBuffer,
                                                         WDF_REQUEST_SEND_OPTIONS* RequestOptions,
                                                         ULONG_PTR* BytesReturned) {
  IoTarget& target = target_from(Handle);
  Span input, output;
  if (const NTSTATUS status = span_of(InputBuffer, &input); !NT_SUCCESS(status)) return status;
  if (const NTSTATUS status = span_of(OutputBuffer, &output); !NT_SUCCESS(status)) return status;
  return send_synchronously(target, RequestHandle, RequestOptions, BytesReturned, [&](Request& request) {
    return target.format_control(request, IRP_MJ_INTERNAL_DEVICE_CONTROL, IoctlCode, input, output);
  });
}

NTSTATUS NTAPI WdfIoTargetSendInternalIoctlOthersSynchronously(
    WDF_DRIVER_GLOBALS*, WDFIOTARGET Handle, WDFREQUEST RequestHandle, ULONG IoctlCode,
    WDF_MEMORY_DESCRIPTOR* OtherArg1, WDF_MEMORY_DESCRIPTOR* OtherArg2, WDF_MEMORY_DESCRIPTOR* OtherArg4,
    WDF_REQUEST_SEND_OPTIONS* RequestOptions, ULONG_PTR* BytesReturned) {
  IoTarget& target = target_from(Handle);
  Span first, second, fourth;
  if (const NTSTATUS status = span_of(OtherArg1, &first); !NT_SUCCESS(status)) return status;
  if (const NTSTATUS status = span_of(OtherArg2, &second); !NT_SUCCESS(status)) return status;
  if (const NTSTATUS status = span_of(OtherArg4, &fourth); !NT_SUCCESS(status)) return status;
  return send_synchronously(target, RequestHandle, RequestOptions, BytesReturned, [&](Request& request) {
    return target.format_others(request, IoctlCode, first, second, fourth);
  });
}

// clang-format off
const image::ExportFamily kIoTargetApi{kFrameworkModule, {
    // name                                            entry                                           caller's IRQL
    {"WdfDeviceGetIoTarget",                           WdfDeviceGetIoTarget,                           at_most(DISPATCH_LEVEL)},
    {"WdfIoTargetCreate",                              WdfIoTargetCreate,                              at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfIoTargetOpen",                                WdfIoTargetOpen,                                exactly(PASSIVE_LEVEL)},
    {"WdfIoTargetClose",                               WdfIoTargetClose,                               exactly(PASSIVE_LEVEL)},
    {"WdfIoTargetCloseForQueryRemove",                 WdfIoTargetCloseForQueryRemove,                 exactly(PASSIVE_LEVEL)},
    {"WdfIoTargetStart",                               WdfIoTargetStart,                               at_most(DISPATCH_LEVEL)},
    {"WdfIoTargetStop",                                WdfIoTargetStop,                                at_most(DISPATCH_LEVEL)},
    {"WdfIoTargetPurge",                               WdfIoTargetPurge,                               at_most(DISPATCH_LEVEL)},
    {"WdfIoTargetGetState",                            WdfIoTargetGetState,                            at_most(DISPATCH_LEVEL)},
    {"WdfIoTargetGetDevice",                           WdfIoTargetGetDevice,                           at_most(DISPATCH_LEVEL)},
    {"WdfIoTargetWdmGetTargetDeviceObject",            WdfIoTargetWdmGetTargetDeviceObject,            at_most(DISPATCH_LEVEL)},
    {"WdfIoTargetWdmGetTargetPhysicalDevice",          WdfIoTargetWdmGetTargetPhysicalDevice,          at_most(DISPATCH_LEVEL)},
    {"WdfIoTargetWdmGetTargetFileObject",              WdfIoTargetWdmGetTargetFileObject,              at_most(DISPATCH_LEVEL)},
    {"WdfIoTargetWdmGetTargetFileHandle",              WdfIoTargetWdmGetTargetFileHandle,              at_most(DISPATCH_LEVEL)},
    {"WdfIoTargetFormatRequestForRead",                WdfIoTargetFormatRequestForRead,                at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfIoTargetFormatRequestForWrite",               WdfIoTargetFormatRequestForWrite,               at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfIoTargetFormatRequestForIoctl",               WdfIoTargetFormatRequestForIoctl,               at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfIoTargetFormatRequestForInternalIoctl",       WdfIoTargetFormatRequestForInternalIoctl,       at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfIoTargetFormatRequestForInternalIoctlOthers", WdfIoTargetFormatRequestForInternalIoctlOthers, at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfIoTargetSendReadSynchronously",               WdfIoTargetSendReadSynchronously,               at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfIoTargetSendWriteSynchronously",              WdfIoTargetSendWriteSynchronously,              at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfIoTargetSendIoctlSynchronously",              WdfIoTargetSendIoctlSynchronously,              at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfIoTargetSendInternalIoctlSynchronously",      WdfIoTargetSendInternalIoctlSynchronously,      at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfIoTargetSendInternalIoctlOthersSynchronously", WdfIoTargetSendInternalIoctlOthersSynchronously, at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
}, "wdf/io_target"};
// clang-format on

}  // namespace drydock::wdf
