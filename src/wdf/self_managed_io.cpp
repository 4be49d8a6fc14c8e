#include "wdf/self_managed_io.h"

#include "machine/guest_call.h"
#include "nt/status.h"
#include "wdf/callback_log.h"
#include "wdf/device.h"

namespace drydock::wdf {

namespace {

NTSTATUS ask(std::string_view name, PFN_WDF_DEVICE_SELF_MANAGED_IO_INIT callback, WDFDEVICE device) {
  return callback ? call_noted(object_as<Device>(device), name, callback, device) : STATUS_SUCCESS;
}

void tell(std::string_view name, PFN_WDF_DEVICE_SELF_MANAGED_IO_FLUSH callback, WDFDEVICE device) {
  if (callback) call_noted(object_as<Device>(device), name, callback, device);
}

}  // namespace

NTSTATUS SelfManagedIo::start() {
  if (state_ == State::Started || state_ == State::Ended) return STATUS_SUCCESS;
  const NTSTATUS status = state_ == State::Created
                              ? ask("SmInit", callbacks_.EvtDeviceSelfManagedIoInit, device_)
                              : ask("SmRestart", callbacks_.EvtDeviceSelfManagedIoRestart, device_);
  state_ = NT_SUCCESS(status) ? State::Started : State::Failed;
  return status;
}

NTSTATUS SelfManagedIo::suspend() {
  if (state_ != State::Started) return STATUS_SUCCESS;
  state_ = State::Suspended;
  return ask("SmSuspend", callbacks_.EvtDeviceSelfManagedIoSuspend, device_);
}

void SelfManagedIo::flush() {
  if (state_ != State::Started && state_ != State::Suspended && state_ != State::Failed) return;
  state_ = State::Flushed;
  tell("SmFlush", callbacks_.EvtDeviceSelfManagedIoFlush, device_);
}

void SelfManagedIo::cleanup() {
  if (state_ == State::Created) {
    state_ = State::Ended;
    return;
  }
  if (state_ == State::Ended) return;
  flush();
  state_ = State::Ended;
  tell("SmCleanup", callbacks_.EvtDeviceSelfManagedIoCleanup, device_);
}

}  // namespace drydock::wdf
