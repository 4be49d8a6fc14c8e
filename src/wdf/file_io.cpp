// Create, cleanup and close of a device (WDF-304): its file objects and their callbacks.

#include <algorithm>

#include "wdf/callback.h"
#include "wdf/device.h"
#include "wdf/file_object.h"
#include "wdf/misuse.h"
#include "wdf/queued_io.h"

namespace drydock::wdf {

namespace {

bool wants_file_objects(const WDF_FILEOBJECT_CONFIG& config) {
  const ULONG kind = config.FileObjectClass & ~static_cast<ULONG>(WdfFileObjectCanBeOptional);
  return config.Size != 0 && kind != WdfFileObjectInvalid && kind != WdfFileObjectNotRequired;
}

/// Lower drivers have answered a create that was passed down: without their consent there is no file.
NTSTATUS NTAPI lower_create_done(DEVICE_OBJECT*, IRP* irp, PVOID context) {
  if (irp->PendingReturned) IoMarkIrpPending(irp);
  auto* file = static_cast<FileObject*>(context);
  if (!NT_SUCCESS(irp->IoStatus.Status)) QueuedIo::of(*file->device()).forget(*file);
  return STATUS_SUCCESS;
}

}  // namespace

FileObject* QueuedIo::file_of(const FILE_OBJECT* file) const {
  if (!file) return nullptr;
  const auto found =
      std::find_if(files_.begin(), files_.end(), [file](const FileObject* each) { return each->wdm() == file; });
  return found == files_.end() ? nullptr : *found;
}

void QueuedIo::forget(FileObject& file) {
  std::erase(files_, &file);
  file.delete_object();
}

void QueuedIo::create_failed(FILE_OBJECT* wdm) {
  if (FileObject* file = file_of(wdm)) forget(*file);
}

bool QueuedIo::forwards_files() const {
  const WDF_TRI_STATE forward = device().config().file_config.AutoForwardCleanupClose;
  if (device().config().file_config.Size == 0 || forward == WdfUseDefault) return device().config().filter;
  return forward == WdfTrue;
}

NTSTATUS QueuedIo::create(IRP* irp) {
  const DeviceConfig& config = device().config();
  FILE_OBJECT* wdm = IoGetCurrentIrpStackLocation(irp)->FileObject;
  FileObject* file = nullptr;
  if (wdm && wants_file_objects(config.file_config)) {
    auto made = std::make_unique<FileObject>(device().client(), device(), wdm);
    const NTSTATUS status = made->commit(config.file_attributes.get(), &device());
    if (!NT_SUCCESS(status)) return complete(irp, status);
    file = made.release();
    files_.push_back(file);
  }

  const auto callback = config.file_config.EvtDeviceFileCreate;
  Queue* queue = routes_[IRP_MJ_CREATE];
  if (!queue && !callback) {
    if (!forwards_files()) return complete(irp, STATUS_SUCCESS);
    if (!file) return pass_down(irp);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, lower_create_done, file, true, true, true);
    return IofCallDriver(device().lower, irp);
  }

  NTSTATUS status = STATUS_SUCCESS;
  Request* request = make_request(irp, Request::Place::InCallerContext, &status);
  if (!request) {
    create_failed(wdm);
    return complete(irp, status);
  }
  if (queue) return queue->take(*request);

  // Out of a queue of the framework's own, so that the driver may mark, move or keep it like any other.
  if (!create_queue_) {
    WDF_IO_QUEUE_CONFIG manual{};
    manual.Size = sizeof(manual);
    manual.DispatchType = WdfIoQueueDispatchManual;
    auto made = std::make_unique<Queue>(device().client(), device(), manual, false);
    made->set_constraints(device().passive_callbacks, WdfSynchronizationScopeNone);
    made->driver_may_delete = false;
    status = made->commit(nullptr, &device());
    if (!NT_SUCCESS(status)) {
      request->complete_by_framework(status, 0);
      return status;
    }
    create_queue_ = made.release();
    add(*create_queue_);
  }
  status = create_queue_->take(*request);
  if (status != STATUS_PENDING) return status;
  Request* mine = nullptr;
  if (!NT_SUCCESS(create_queue_->retrieve(wdm, nullptr, &mine))) return STATUS_PENDING;  // cancelled meanwhile
  const RunningCallback running(device(), "FileCreate");
  call_driver(callback, device().handle_as<WDFDEVICE>(), mine->handle_as<WDFREQUEST>(),
                       file ? file->handle_as<WDFFILEOBJECT>() : nullptr);
  return STATUS_PENDING;
}

NTSTATUS QueuedIo::cleanup(IRP* irp) {
  FILE_OBJECT* wdm = IoGetCurrentIrpStackLocation(irp)->FileObject;
  FileObject* file = file_of(wdm);
  if (const auto callback = device().config().file_config.EvtFileCleanup)
    call_driver(callback, file ? file->handle_as<WDFFILEOBJECT>() : nullptr);
  if (wdm)
    for (Queue* queue : std::vector<Queue*>(queues_)) queue->cancel_requests_of(wdm);
  return forwards_files() ? pass_down(irp) : complete(irp, STATUS_SUCCESS);
}

NTSTATUS QueuedIo::close(IRP* irp) {
  FileObject* file = file_of(IoGetCurrentIrpStackLocation(irp)->FileObject);
  if (const auto callback = device().config().file_config.EvtFileClose)
    call_driver(callback, file ? file->handle_as<WDFFILEOBJECT>() : nullptr);
  if (file) forget(*file);
  return forwards_files() ? pass_down(irp) : complete(irp, STATUS_SUCCESS);
}

}  // namespace drydock::wdf
