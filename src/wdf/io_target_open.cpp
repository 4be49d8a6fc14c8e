// Opening remote targets, and what becomes of them when their device goes.

#include <utility>

#include "ntos/pnp/interface_api.h"
#include "wdf/callback.h"
#include "wdf/device.h"
#include "wdf/io_target.h"
#include "wdf/misuse.h"

namespace drydock::wdf {

namespace {

std::u16string text_of(const UNICODE_STRING& string) {
  return {string.Buffer, string.Length / sizeof(WCHAR)};
}

/// "\Device\NTPNP_PCI0001": what the PDO of the stack is called.
NTSTATUS name_of_pdo(DEVICE_OBJECT* pdo, std::u16string* name) {
  WCHAR buffer[256];
  ULONG bytes = 0;
  const NTSTATUS status =
      IoGetDeviceProperty(pdo, DevicePropertyPhysicalDeviceObjectName, sizeof(buffer), buffer, &bytes);
  if (!NT_SUCCESS(status)) return status;
  *name = std::u16string(buffer, bytes / sizeof(WCHAR));
  while (!name->empty() && name->back() == 0) name->pop_back();
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS IoTarget::open_by_path(std::u16string_view path, const WDF_IO_TARGET_OPEN_PARAMS& params) {
  UNICODE_STRING name{static_cast<USHORT>(path.size() * sizeof(WCHAR)),
                      static_cast<USHORT>(path.size() * sizeof(WCHAR)), const_cast<PWSTR>(path.data())};
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  IO_STATUS_BLOCK iosb{};
  LARGE_INTEGER size{};
  if (params.AllocationSize) size.QuadPart = *params.AllocationSize;
  NTSTATUS status =
      ZwCreateFile(&handle_, params.DesiredAccess, &attributes, &iosb, params.AllocationSize ? &size : nullptr,
                   params.FileAttributes, params.ShareAccess, params.CreateDisposition, params.CreateOptions,
                   params.EaBuffer, params.EaBufferLength);
  params_.FileInformation = static_cast<ULONG>(iosb.Information);
  if (!NT_SUCCESS(status)) {
    handle_ = nullptr;
    return status;
  }
  PVOID file = nullptr;
  status = ObReferenceObjectByHandle(handle_, params.DesiredAccess, nullptr, KernelMode, &file, nullptr);
  if (!NT_SUCCESS(status)) {
    ZwClose(std::exchange(handle_, nullptr));
    return status;
  }
  file_ = static_cast<FILE_OBJECT*>(file);
  target_ = IoGetRelatedDeviceObject(file_);
  return STATUS_SUCCESS;
}

NTSTATUS IoTarget::open(const WDF_IO_TARGET_OPEN_PARAMS& params) {
  const bool reopen = params.Type == WdfIoTargetOpenReopen;
  if (state_ != WdfIoTargetClosed && !(reopen && state_ == WdfIoTargetClosedForQueryRemove))
    return STATUS_INVALID_DEVICE_STATE;
  if (!reopen) {
    params_ = params;
    name_ = params.Type == WdfIoTargetOpenByName ? text_of(params.TargetDeviceName) : text_of(params.FileName);
    params_.TargetDeviceName = params_.FileName = {};  // the caller's strings end with the call
  } else if (name_.empty()) {
    return STATUS_INVALID_DEVICE_STATE;
  }
  NTSTATUS status = STATUS_SUCCESS;
  switch (params_.Type) {
    case WdfIoTargetOpenUseExistingDevice:
      if (!params_.TargetDeviceObject) return STATUS_INVALID_PARAMETER;
      target_ = params_.TargetDeviceObject;
      file_ = params_.TargetFileObject;
      break;
    case WdfIoTargetOpenByName:
      status = open_by_path(name_, params_);
      break;
    case WdfIoTargetOpenLocalTargetByFile: {
      std::u16string path;
      status = name_of_pdo(owner_.pdo, &path);
      WDF_IO_TARGET_OPEN_PARAMS shared = params_;
      if (shared.CreateDisposition == 0) shared.CreateDisposition = FILE_OPEN;
      if (shared.DesiredAccess == 0) shared.DesiredAccess = GENERIC_READ | GENERIC_WRITE;
      if (NT_SUCCESS(status)) status = open_by_path(path + name_, shared);
      // The file is the stack's; requests enter it below this driver.
      if (NT_SUCCESS(status)) target_ = owner_.lower;
      break;
    }
    default:
      return STATUS_INVALID_PARAMETER;
  }
  if (!NT_SUCCESS(status)) return status;
  state_ = WdfIoTargetStarted;
  pdo_ = nullptr;
  return handle_ && !notification_ ? watch() : STATUS_SUCCESS;
}

/// The driver, or the framework for it, lets go when the target's device is to be removed.
NTSTATUS IoTarget::watch() {
  const NTSTATUS status = ntos::pnp::IoRegisterPlugPlayNotification(
      EventCategoryTargetDeviceChange, 0, file_, client().driver_object, target_changes, this, &notification_);
  if (!NT_SUCCESS(status)) notification_ = nullptr;  // a target without a PnP device sends no such news
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoTarget::target_changes(PVOID notification, PVOID context) {
  auto& target = *static_cast<IoTarget*>(context);
  const auto& news = *static_cast<const TARGET_DEVICE_REMOVAL_NOTIFICATION*>(notification);
  const auto handle = target.handle_as<WDFIOTARGET>();
  if (news.Event == GUID_TARGET_DEVICE_QUERY_REMOVE) {
    if (target.params_.EvtIoTargetQueryRemove)
      return call_driver(target.params_.EvtIoTargetQueryRemove, handle);
    target.close(WdfIoTargetClosedForQueryRemove);
  } else if (news.Event == GUID_TARGET_DEVICE_REMOVE_CANCELLED) {
    if (target.params_.EvtIoTargetRemoveCanceled) {
      call_driver(target.params_.EvtIoTargetRemoveCanceled, handle);
      return STATUS_SUCCESS;
    }
    WDF_IO_TARGET_OPEN_PARAMS reopen{};
    reopen.Type = WdfIoTargetOpenReopen;
    target.open(reopen);
  } else if (news.Event == GUID_TARGET_DEVICE_REMOVE_COMPLETE) {
    if (target.params_.EvtIoTargetRemoveComplete)
      call_driver(target.params_.EvtIoTargetRemoveComplete, handle);
    else
      target.close(WdfIoTargetClosed);
  }
  return STATUS_SUCCESS;
}

}  // namespace drydock::wdf
