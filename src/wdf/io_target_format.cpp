// Formatting a request: what the next driver's stack location says, and where the buffers are.

#include <algorithm>
#include <cstring>

#include "nt/ioctl.h"
#include "wdf/device.h"
#include "wdf/io_target.h"
#include "wdf/misuse.h"

namespace drydock::wdf {

void forget_formatting(Request& request) {
  if (!request.was_sent()) return;
  Sending& sending = request.sending();
  if (sending.kept.valid) {
    IRP* irp = request.irp();
    irp->AssociatedIrp.SystemBuffer = sending.kept.system_buffer;
    irp->UserBuffer = sending.kept.user_buffer;
    irp->MdlAddress = sending.kept.mdl;
    irp->Flags = sending.kept.flags;
    sending.kept.valid = false;
  }
  if (sending.mdl) IoFreeMdl(std::exchange(sending.mdl, nullptr));
  if (sending.buffer_to_free) ExFreePoolWithTag(std::exchange(sending.buffer_to_free, nullptr), 0);
  sending.copy_back_to = nullptr;
  for (Memory*& memory : sending.memory)
    if (memory) std::exchange(memory, nullptr)->dereference();
  if (sending.state == Sending::State::Formatted) sending.state = Sending::State::Idle;
}

namespace {

/// WDF-436: the IRP, which must be there and have a stack location left.
IRP* formattable(Request& request) {
  IRP* irp = request.irp();
  if (!irp)
    wdf::stop(Violation::RequestFatalError, "null-irp", request.name() + " is formatted and has no IRP",
              WDF_REQUEST_FATAL_ERROR_NULL_IRP, reinterpret_cast<std::uint64_t>(request.handle()));
  if (irp->CurrentLocation <= 1)
    wdf::stop(Violation::RequestFatalError, "no-stack-location", request.describe() + " has no stack location left",
              WDF_REQUEST_FATAL_ERROR_NO_MORE_STACK_LOCATIONS, reinterpret_cast<std::uint64_t>(request.handle()));
  return irp;
}

}  // namespace

/// The next stack location, emptied, and the IRP's own buffers put aside.
NTSTATUS IoTarget::prepare(Request& request, IO_STACK_LOCATION** next) {
  IRP* irp = formattable(request);
  if (request.sending().state == Sending::State::Sent) stop_already_sent(request);
  forget_formatting(request);
  auto& kept = request.sending().kept;
  kept = {true, irp->AssociatedIrp.SystemBuffer, irp->UserBuffer, irp->MdlAddress, irp->Flags};
  *next = IoGetNextIrpStackLocation(irp);
  std::memset(*next, 0, sizeof(IO_STACK_LOCATION));
  request.sending().state = Sending::State::Formatted;
  return STATUS_SUCCESS;
}

NTSTATUS IoTarget::mdl_for(Request& request, const Span& data, MDL** mdl) {
  *mdl = data.mdl;
  if (*mdl || data.bytes == 0) return STATUS_SUCCESS;
  *mdl = IoAllocateMdl(data.buffer, static_cast<ULONG>(data.bytes), FALSE, FALSE, nullptr);
  if (!*mdl) return STATUS_INSUFFICIENT_RESOURCES;
  if (data.memory && data.memory->mdl())
    IoBuildPartialMdl(data.memory->mdl(), *mdl,
                      static_cast<UCHAR*>(data.memory->mdl()->StartVa) + data.memory->mdl()->ByteOffset + data.offset,
                      static_cast<ULONG>(data.bytes));
  else
    MmBuildMdlForNonPagedPool(*mdl);
  request.sending().mdl = *mdl;
  return STATUS_SUCCESS;
}

namespace {

void hold(Request& request, std::initializer_list<const Span*> spans) {
  std::size_t i = 0;
  for (const Span* span : spans) {
    if (span->memory) span->memory->reference();
    request.sending().memory[i++] = span->memory;
  }
}

WDFMEMORY handle_of(const Span& span) {
  return span.memory ? span.memory->handle_as<WDFMEMORY>() : nullptr;
}

}  // namespace

NTSTATUS IoTarget::format_transfer(Request& request, UCHAR major, const Span& data, LONGLONG device_offset) {
  IO_STACK_LOCATION* next;
  if (const NTSTATUS status = prepare(request, &next); !NT_SUCCESS(status)) return status;
  IRP* irp = request.irp();
  next->MajorFunction = major;
  next->Parameters.Read.Length = static_cast<ULONG>(data.bytes);  // Write is laid out the same
  next->Parameters.Read.ByteOffset.QuadPart = device_offset;
  irp->AssociatedIrp.SystemBuffer = irp->UserBuffer = nullptr;
  irp->MdlAddress = nullptr;
  if (target_->Flags & DO_BUFFERED_IO) {
    irp->AssociatedIrp.SystemBuffer = data.buffer;
  } else if (target_->Flags & DO_DIRECT_IO) {
    if (const NTSTATUS status = mdl_for(request, data, &irp->MdlAddress); !NT_SUCCESS(status)) {
      forget_formatting(request);
      return status;
    }
  } else {
    irp->UserBuffer = data.buffer;
  }
  hold(request, {&data});
  auto& result = request.sending().result;
  result = {};
  result.Size = sizeof(result);
  result.Type = static_cast<WDF_REQUEST_TYPE>(major);
  result.Parameters.Read = {handle_of(data), 0, data.offset};
  return STATUS_SUCCESS;
}

NTSTATUS IoTarget::format_control(Request& request, UCHAR major, ULONG code, const Span& input, const Span& output) {
  IO_STACK_LOCATION* next;
  if (const NTSTATUS status = prepare(request, &next); !NT_SUCCESS(status)) return status;
  IRP* irp = request.irp();
  Sending& sending = request.sending();
  next->MajorFunction = major;
  auto& control = next->Parameters.DeviceIoControl;
  control.IoControlCode = code;
  control.InputBufferLength = static_cast<ULONG>(input.bytes);
  control.OutputBufferLength = static_cast<ULONG>(output.bytes);
  irp->AssociatedIrp.SystemBuffer = irp->UserBuffer = nullptr;
  irp->MdlAddress = nullptr;
  NTSTATUS status = STATUS_SUCCESS;
  switch (code & METHOD_NEITHER) {
    case METHOD_BUFFERED:
      if (input.bytes && output.bytes) {
        sending.buffer_to_free = ExAllocatePoolWithTag(NonPagedPool, std::max(input.bytes, output.bytes), client().tag);
        if (!sending.buffer_to_free) {
          status = STATUS_INSUFFICIENT_RESOURCES;
          break;
        }
        std::memcpy(sending.buffer_to_free, input.buffer, input.bytes);
        sending.copy_back_to = output.buffer;
        sending.copy_back_bytes = output.bytes;
        irp->AssociatedIrp.SystemBuffer = sending.buffer_to_free;
      } else {
        irp->AssociatedIrp.SystemBuffer = input.bytes ? input.buffer : output.buffer;
      }
      break;
    case METHOD_NEITHER:
      control.Type3InputBuffer = input.buffer;
      irp->UserBuffer = output.buffer;
      break;
    default:
      irp->AssociatedIrp.SystemBuffer = input.buffer;
      status = mdl_for(request, output, &irp->MdlAddress);
  }
  if (!NT_SUCCESS(status)) {
    forget_formatting(request);
    return status;
  }
  hold(request, {&input, &output});
  auto& result = sending.result;
  result = {};
  result.Size = sizeof(result);
  result.Type = static_cast<WDF_REQUEST_TYPE>(major);
  result.Parameters.Ioctl.IoControlCode = code;
  result.Parameters.Ioctl.Input = {handle_of(input), input.offset};
  result.Parameters.Ioctl.Output = {handle_of(output), output.offset, 0};
  return STATUS_SUCCESS;
}

NTSTATUS IoTarget::format_others(Request& request, ULONG code, const Span& first, const Span& second,
                                 const Span& fourth) {
  IO_STACK_LOCATION* next;
  if (const NTSTATUS status = prepare(request, &next); !NT_SUCCESS(status)) return status;
  next->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
  next->Parameters.Others.Argument1 = first.buffer;
  next->Parameters.Others.Argument2 = second.buffer;
  next->Parameters.Others.Argument3 = reinterpret_cast<PVOID>(ULONG_PTR{code});
  next->Parameters.Others.Argument4 = fourth.buffer;
  hold(request, {&first, &second, &fourth});
  auto& result = request.sending().result;
  result = {};
  result.Size = sizeof(result);
  result.Type = WdfRequestTypeOther;
  result.Parameters.Others.Argument1.Ptr = first.buffer;
  result.Parameters.Others.Argument2.Ptr = second.buffer;
  result.Parameters.Others.Argument3.Value = code;
  result.Parameters.Others.Argument4.Ptr = fourth.buffer;
  return STATUS_SUCCESS;
}

/// The IRP's own buffers stay where they are.
NTSTATUS format_like(Request& request, const IO_STACK_LOCATION& stack) {
  IRP* irp = formattable(request);
  forget_formatting(request);
  IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
  *next = stack;
  next->Control = 0;
  next->CompletionRoutine = nullptr;
  next->Context = nullptr;
  request.sending().state = Sending::State::Formatted;
  auto& result = request.sending().result;
  result = {};
  result.Size = sizeof(result);
  result.Type = WdfRequestTypeNoFormat;
  return STATUS_SUCCESS;
}

}  // namespace drydock::wdf
