#include "wdf/request.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "nt/ioctl.h"
#include "wdf/device.h"
#include "wdf/driver_memory.h"
#include "wdf/file_object.h"
#include "wdf/forward_progress.h"
#include "wdf/io_target.h"
#include "wdf/misuse.h"
#include "wdf/queue.h"
#include "wdf/queued_io.h"

namespace drydock::wdf {

Request::Request(Client& its_client, Place place, IRP* irp, Device* device)
    : Object(kType, its_client), irp_(irp), place_(place), device_(device) {
  driver_may_delete = place == Place::DriverMade;
}

Request::~Request() {
  for (PVOID copy : {input_copy_, output_copy_})
    if (copy) free_for_driver(client(), copy);
  if (irp_) forget_formatting(*this);
  for (MDL* made : {input_mdl, output_mdl})
    if (made) IoFreeMdl(made);
  if (irp_is_ours && irp_) IoFreeIrp(irp_);
}

FileObject* Request::file() const {
  return device_ && irp_ ? QueuedIo::of(*device_).file_of(stack()->FileObject) : nullptr;
}

bool Request::zero_length() const {
  return (major() == IRP_MJ_READ && stack()->Parameters.Read.Length == 0) ||
         (major() == IRP_MJ_WRITE && stack()->Parameters.Write.Length == 0);
}

std::string Request::describe() const {
  if (!irp_ || place_ == Place::Completed || place_ == Place::DriverMade) return name();
  constexpr const char* kinds[] = {"create", "", "close", "read", "write"};
  const UCHAR code = major();
  if (code == IRP_MJ_DEVICE_CONTROL || code == IRP_MJ_INTERNAL_DEVICE_CONTROL)
    return fmt::format("{} (control code {:#x})", name(), stack()->Parameters.DeviceIoControl.IoControlCode);
  return code < std::size(kinds) ? fmt::format("{} ({})", name(), kinds[code]) : name();
}

// ---- Cancellation of the IRP ----

/// Called with the cancel lock held.
void NTAPI Request::on_irp_cancel(DEVICE_OBJECT*, IRP* irp) {
  auto* request = static_cast<Request*>(irp->Tail.Overlay.DriverContext[0]);
  request->reference();
  IoReleaseCancelSpinLock(irp->CancelIrql);
  if (request->queue_) request->queue_->cancel(*request);
  request->dereference();
}

bool Request::arm_cancel() {
  irp_->Tail.Overlay.DriverContext[0] = this;
  IoSetCancelRoutine(irp_, on_irp_cancel);
  return !irp_->Cancel || IoSetCancelRoutine(irp_, nullptr) == nullptr;
}

bool Request::disarm_cancel() {
  return IoSetCancelRoutine(irp_, nullptr) != nullptr;
}

// ---- Its end ----

Request& owned_request(WDFREQUEST handle, const char* function) {
  auto& request = object_as<Request>(handle);
  switch (request.place()) {
    case Request::Place::Completed:
      // Something still refers to it, else the handle would be gone (WDF-432).
      record("WDF-432", "request-completed-twice",
             fmt::format("{} of {}, which has been completed", function, request.name()));
      break;
    case Request::Place::Waiting:
    case Request::Place::DriverMade:
      if (framework().settings.verifier)
        stop(Violation::RequestFatalError, "request-not-in-queue",
             fmt::format("{} of {}, which no queue has handed to the driver", function, request.describe()),
             WDF_REQUEST_FATAL_ERROR_REQUEST_NOT_IN_QUEUE, reinterpret_cast<std::uint64_t>(handle));
      record("WDF-436", "request-not-in-queue",
             fmt::format("{} of {}, which no queue has handed to the driver", function, request.describe()));
      break;
    default:
      break;
  }
  return request;
}

namespace {

/// The bytes a request may at most return; -1 where nothing says so.
LONGLONG length_limit(const Request& request) {
  const auto& parameters = request.stack()->Parameters;
  switch (request.major()) {
    case IRP_MJ_READ:
      return parameters.Read.Length;
    case IRP_MJ_WRITE:
      return parameters.Write.Length;
    case IRP_MJ_DEVICE_CONTROL:
      if (request.irp()->RequestorMode == KernelMode || parameters.DeviceIoControl.OutputBufferLength == 0) return -1;
      return parameters.DeviceIoControl.OutputBufferLength;
  }
  return -1;
}

}  // namespace

void Request::check_completion(NTSTATUS status, ULONG_PTR information) {
  if (on_cancel) {
    record(
        "WDF-433", "request-completed-while-cancelable",
        fmt::format("{} is completed while EvtRequestCancel may be called for it: WdfRequestUnmarkCancelable has not "
                    "succeeded",
                    describe()));
    disarm_cancel();
    on_cancel = nullptr;
  }
  if (with_target())
    record("kmdf-verifier", "request-completed-while-sent",
           fmt::format("{} is completed while it is with an I/O target", describe()));
  const LONGLONG limit = length_limit(*this);
  if (framework().settings.verifier && NT_SUCCESS(status) && limit >= 0 && information > static_cast<ULONG_PTR>(limit))
    stop(Violation::RequestFatalError, "request-length-too-long",
         fmt::format("{} is completed with {} bytes, {} were asked for", describe(), information, limit),
         WDF_REQUEST_FATAL_ERROR_INFORMATION_LENGTH_MISMATCH, reinterpret_cast<std::uint64_t>(handle()));
  LONG references = 0;
  for (const Memory* memory : {input_memory_, output_memory_})
    if (memory) references += memory->references() - 1;
  if (references > 0)
    stop(Violation::CompletedWithOutstandingReferences, "request-completed-with-buffer-references",
         fmt::format("{} is completed while {} reference{} to its buffers {} held", describe(), references,
                     references == 1 ? "" : "s", references == 1 ? "is" : "are"),
         reinterpret_cast<std::uint64_t>(handle()), static_cast<std::uint64_t>(references));
}

void Request::complete(NTSTATUS status, ULONG_PTR information, CHAR boost) {
  if (place_ == Place::Completed || place_ == Place::Waiting || place_ == Place::DriverMade) return;
  check_completion(status, information);
  give_irp_back(status, information, boost);
}

void Request::complete_by_framework(NTSTATUS status, ULONG_PTR information) {
  give_irp_back(status, information, 0);
}

bool Request::has_passive_children() const {
  return std::any_of(children().begin(), children().end(), [](const Object* child) { return child->needs_passive; });
}

void Request::give_irp_back(NTSTATUS status, ULONG_PTR information, CHAR boost) {
  Queue* queue = place_ == Place::Waiting || place_ == Place::Delivered ? queue_ : nullptr;
  if (queue) {
    queue->reference();
    queue->completing(*this);
  }
  // WDF-358: the driver hears of the end before the sender does; of one it never saw, it hears nothing.
  if (!reserve && !presented)
    forget_callbacks();
  else if (!reserve && (KeGetCurrentIrql() == PASSIVE_LEVEL || !has_passive_children()))
    dispose_now();
  if (!NT_SUCCESS(status) && device_ && major() == IRP_MJ_CREATE)
    QueuedIo::of(*device_).create_failed(stack()->FileObject);
  copy_back(status, information);
  IRP* irp = std::exchange(irp_, nullptr);
  place_ = Place::Completed;
  queue_ = nullptr;
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IofCompleteRequest(irp, boost);
  end();
  if (queue) {
    queue->completed();
    queue->dereference();
  }
}

void Request::let_go(const std::function<void(IRP*)>& send) {
  Queue* queue = place_ == Place::Delivered ? queue_ : nullptr;
  if (queue) {
    queue->reference();
    queue->completing(*this);
  }
  forget_formatting(*this);
  if (!reserve && (KeGetCurrentIrql() == PASSIVE_LEVEL || !has_passive_children())) dispose_now();
  IRP* irp = std::exchange(irp_, nullptr);
  place_ = Place::Completed;
  queue_ = nullptr;
  send(irp);
  end();
  if (queue) {
    queue->completed();
    queue->dereference();
  }
}

void Request::end() {
  if (!reserve) {
    delete_object();
    return;
  }
  // Its contexts stay; what belonged to the IRP goes.
  for (Memory** memory : {&input_memory_, &output_memory_})
    if (Memory* old = std::exchange(*memory, nullptr)) old->delete_object();
  for (MDL** made : {&input_mdl, &output_mdl})
    if (MDL* old = std::exchange(*made, nullptr)) IoFreeMdl(old);
  for (PVOID* copy : {&input_copy_, &output_copy_})
    if (PVOID old = std::exchange(*copy, nullptr)) free_for_driver(client(), old);
  forget_sending();
  reserve->take_back(*this);
}

void Request::forget_sending() {
  if (sending_) *sending_ = {.result = sending_->result};  // what a completion routine may still be looking at
}

void Request::carry(IRP* irp) {
  irp_ = irp;
  place_ = Place::InCallerContext;
  presented = cancelled = in_evt_io_stop = kept_over_stop = false;
  on_cancel = nullptr;
  stop_answer = StopAnswer::None;
  stop_asked = 0;
}

void Request::lose_irp() {
  irp_ = nullptr;
  place_ = Place::Completed;
}

NTSTATUS Request::reuse(const WDF_REQUEST_REUSE_PARAMS& params) {
  if (with_target()) return STATUS_WDF_REQUEST_INVALID_STATE;
  forget_formatting(*this);
  forget_sending();
  cancelled = false;
  if (params.Flags & WDF_REQUEST_REUSE_SET_NEW_IRP) {
    if (place_ == Place::Delivered || place_ == Place::Waiting) return STATUS_INVALID_DEVICE_REQUEST;
    if (irp_is_ours && irp_) IoFreeIrp(irp_);
    irp_is_ours = false;
    irp_ = params.NewIrp;
    if (irp_) place_ = Place::FromIrp;
  } else if (irp_is_ours && irp_) {
    IoReuseIrp(irp_, params.Status);
  }
  set_status(params.Status);
  return STATUS_SUCCESS;
}

// ---- Its buffers ----

namespace {

constexpr ULONG kMethodMask = 3;

bool is_control(UCHAR major) {
  return major == IRP_MJ_DEVICE_CONTROL || major == IRP_MJ_INTERNAL_DEVICE_CONTROL;
}

/// A read's or write's buffer, or the second one of a direct control request.
NTSTATUS transfer_buffer(IRP* irp, PVOID* buffer, MDL** mdl) {
  if (irp->MdlAddress) {
    if (mdl) *mdl = irp->MdlAddress;
    *buffer = system_address_of(irp->MdlAddress);
    return *buffer ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
  }
  *buffer = irp->AssociatedIrp.SystemBuffer;
  return *buffer ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}

}  // namespace

NTSTATUS Request::kernel_input(PVOID* buffer, size_t* bytes, MDL** mdl) {
  if (mdl) *mdl = nullptr;
  if (!irp_) return STATUS_INTERNAL_ERROR;
  const auto& parameters = stack()->Parameters;
  if (major() == IRP_MJ_WRITE) {
    *bytes = parameters.Write.Length;
    return *bytes == 0 ? STATUS_BUFFER_TOO_SMALL : transfer_buffer(irp_, buffer, mdl);
  }
  if (!is_control(major())) return STATUS_INVALID_DEVICE_REQUEST;
  if ((parameters.DeviceIoControl.IoControlCode & kMethodMask) == METHOD_NEITHER) return STATUS_INVALID_DEVICE_REQUEST;
  *bytes = parameters.DeviceIoControl.InputBufferLength;
  if (*bytes == 0) return STATUS_BUFFER_TOO_SMALL;
  *buffer = irp_->AssociatedIrp.SystemBuffer;
  return *buffer ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}

NTSTATUS Request::kernel_output(PVOID* buffer, size_t* bytes, MDL** mdl) {
  if (mdl) *mdl = nullptr;
  if (!irp_) return STATUS_INTERNAL_ERROR;
  const auto& parameters = stack()->Parameters;
  if (major() == IRP_MJ_READ) {
    *bytes = parameters.Read.Length;
    return *bytes == 0 ? STATUS_BUFFER_TOO_SMALL : transfer_buffer(irp_, buffer, mdl);
  }
  if (!is_control(major())) return STATUS_INVALID_DEVICE_REQUEST;
  const ULONG method = parameters.DeviceIoControl.IoControlCode & kMethodMask;
  if (method == METHOD_NEITHER) return STATUS_INVALID_DEVICE_REQUEST;
  *bytes = parameters.DeviceIoControl.OutputBufferLength;
  if (*bytes == 0) return STATUS_BUFFER_TOO_SMALL;
  if (method != METHOD_BUFFERED) return transfer_buffer(irp_, buffer, mdl);
  *buffer = irp_->AssociatedIrp.SystemBuffer;
  return *buffer ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}

// What a user-mode driver reads and writes are copies in its process (WDF-416): made when first asked for, and what it
// wrote goes back when it completes the request.

bool Request::buffers_are_copies() const {
  return client().host != nullptr;
}

NTSTATUS Request::copy_for_driver(PVOID& copy, const void* from, PVOID* buffer, size_t bytes, MDL** mdl) {
  if (!copy) {
    copy = allocate_for_driver(client(), NonPagedPool, bytes, 0);
    if (!copy) return STATUS_INSUFFICIENT_RESOURCES;
    if (from) std::memcpy(copy, from, bytes);
  }
  *buffer = copy;
  if (mdl) *mdl = nullptr;
  return STATUS_SUCCESS;
}

NTSTATUS Request::input(PVOID* buffer, size_t* bytes, MDL** mdl) {
  const NTSTATUS status = kernel_input(buffer, bytes, mdl);
  if (!NT_SUCCESS(status) || !buffers_are_copies()) return status;
  return copy_for_driver(input_copy_, *buffer, buffer, *bytes, mdl);
}

NTSTATUS Request::output(PVOID* buffer, size_t* bytes, MDL** mdl) {
  const NTSTATUS status = kernel_output(buffer, bytes, mdl);
  if (!NT_SUCCESS(status) || !buffers_are_copies()) return status;
  return copy_for_driver(output_copy_, nullptr, buffer, *bytes, mdl);
}

void Request::copy_back(NTSTATUS status, ULONG_PTR information) {
  PVOID to = nullptr;
  size_t bytes = 0;
  if (!output_copy_ || !NT_SUCCESS(status) || !NT_SUCCESS(kernel_output(&to, &bytes, nullptr))) return;
  std::memcpy(to, output_copy_, std::min<size_t>(bytes, information));
}

NTSTATUS Request::memory_for(bool is_output, Memory** memory) {
  Memory*& kept = is_output ? output_memory_ : input_memory_;
  if (!kept) {
    PVOID buffer = nullptr;
    size_t bytes = 0;
    MDL* mdl = nullptr;
    const NTSTATUS found = is_output ? output(&buffer, &bytes, &mdl) : input(&buffer, &bytes, &mdl);
    if (!NT_SUCCESS(found)) return found;
    auto made = std::make_unique<Memory>(client(), Memory::Owner::Request);
    made->set_buffer(buffer, bytes, mdl);
    made->driver_may_delete = false;
    if (const NTSTATUS status = made->commit(nullptr, this); !NT_SUCCESS(status)) return status;
    kept = made.release();
  }
  *memory = kept;
  return STATUS_SUCCESS;
}

NTSTATUS Request::input_memory(Memory** memory) {
  return memory_for(false, memory);
}

NTSTATUS Request::output_memory(Memory** memory) {
  return memory_for(true, memory);
}

NTSTATUS Request::mdl_for(PVOID buffer, size_t bytes, MDL** made, MDL** mdl) {
  if (!*made) {
    *made = IoAllocateMdl(buffer, static_cast<ULONG>(bytes), FALSE, FALSE, nullptr);
    if (!*made) return STATUS_INSUFFICIENT_RESOURCES;
    MmBuildMdlForNonPagedPool(*made);
  }
  *mdl = *made;
  return STATUS_SUCCESS;
}

}  // namespace drydock::wdf
