#include "wdf/io_package.h"

namespace drydock::wdf {

NTSTATUS IoPackage::dispatch(IRP* irp) {
  irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
  irp->IoStatus.Information = 0;
  IofCompleteRequest(irp, 0);
  return STATUS_INVALID_DEVICE_REQUEST;
}

std::unique_ptr<IoPackage> make_io_package(Device& device) {
  return std::make_unique<IoPackage>(device);
}

std::unique_ptr<DmaPackage> make_dma_package(Device&) {
  return std::make_unique<DmaPackage>();
}

}  // namespace drydock::wdf
