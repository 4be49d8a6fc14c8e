#pragma once
// Where a device's I/O requests go: file objects, EvtIoInCallerContext, queues, or straight down.

#include <memory>
#include <vector>

#include "wdf/io_package.h"
#include "wdf/queue.h"

namespace drydock::wdf {

class Device;
class FileObject;
class IoTarget;

class QueuedIo final : public IoPackage {
 public:
  explicit QueuedIo(Device& device);
  static QueuedIo& of(Device& device);

  NTSTATUS dispatch(IRP* irp) override;
  void hold() override;
  void open() override;
  void purge_power_managed() override;
  void purge_others() override;
  void reset() override;
  bool keeps_device_busy() const override;

  // ---- queues ----
  Queue* default_queue() const { return default_queue_; }
  /// A queue has been created; puts it into the state the device's others are in (WDF-285).
  void add(Queue& queue);
  void forget(Queue& queue);
  /// STATUS_UNSUCCESSFUL if there is one.
  NTSTATUS set_default(Queue& queue);
  /// WdfDeviceConfigureRequestDispatching. STATUS_WDF_BUSY if that kind has a queue.
  NTSTATUS route(UCHAR major, Queue& queue);
  Queue* queue_for(UCHAR major) const;
  /// WdfDeviceEnqueueRequest: from EvtIoInCallerContext to the queue it would have gone to.
  NTSTATUS enqueue(Request& request);

  /// The next lower driver; null where there is none. Made when first asked for.
  IoTarget* local_target();

  // ---- files (file_io.cpp) ----
  FileObject* file_of(const FILE_OBJECT* file) const;
  void forget(FileObject& file);
  /// The create of this file was completed with a failure: no close will come.
  void create_failed(FILE_OBJECT* file);

 private:
  NTSTATUS dispatch_io(IRP* irp);
  /// The request comes to `queue`, by way of EvtIoInCallerContext if there is one.
  NTSTATUS present(Request& request, Queue* queue);
  NTSTATUS pass_down(IRP* irp);
  NTSTATUS complete(IRP* irp, NTSTATUS status);
  Request* make_request(IRP* irp, Request::Place place, NTSTATUS* status);
  NTSTATUS create(IRP* irp);
  NTSTATUS cleanup(IRP* irp);
  NTSTATUS close(IRP* irp);
  bool forwards_files() const;
  void each(bool power_managed, void (Queue::*step)());

  std::vector<Queue*> queues_;  ///< in order of creation
  Queue* routes_[IRP_MJ_MAXIMUM_FUNCTION + 1] = {};
  Queue* default_queue_ = nullptr;
  Queue* create_queue_ = nullptr;  ///< where a create waits that EvtDeviceFileCreate has
  std::vector<FileObject*> files_;
  IoTarget* local_target_ = nullptr;
  bool open_ = false;     ///< power-managed queues deliver
  bool removed_ = false;  ///< they were purged
};

}  // namespace drydock::wdf
