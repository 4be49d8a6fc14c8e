#include "wdf/device.h"

#include <cstring>

#include <fmt/format.h>

#include "wdf/callback_log.h"
#include "wdf/child_list.h"
#include "wdf/device_interface.h"
#include "wdf/driver.h"
#include "wdf/interrupt.h"
#include "wdf/misuse.h"
#include "wdf/restart.h"
#include "wdf/um/device_settings.h"

namespace drydock::wdf {

namespace {

/// What a driver has not set is the bus's to say.
WDF_DEVICE_STATE nothing_said_of_state() {
  WDF_DEVICE_STATE state{};
  state.Size = sizeof state;
  state.Disabled = state.DontDisplayInUI = state.Failed = state.NotDisableable = state.Removed =
      state.ResourcesChanged = state.AssignedToGuest = WdfUseDefault;
  return state;
}

WDF_DEVICE_PNP_CAPABILITIES nothing_said_of_pnp() {
  WDF_DEVICE_PNP_CAPABILITIES said{};
  said.Size = sizeof said;
  said.LockSupported = said.EjectSupported = said.Removable = said.DockDevice = said.UniqueID = said.SilentInstall =
      said.SurpriseRemovalOK = said.HardwareDisabled = said.NoDisplayInUI = WdfUseDefault;
  said.Address = said.UINumber = ~0u;
  return said;
}

WDF_DEVICE_POWER_CAPABILITIES nothing_said_of_power() {
  WDF_DEVICE_POWER_CAPABILITIES said{};
  said.Size = sizeof said;
  said.DeviceD1 = said.DeviceD2 = said.WakeFromD0 = said.WakeFromD1 = said.WakeFromD2 = said.WakeFromD3 = WdfUseDefault;
  for (DEVICE_POWER_STATE& state : said.DeviceState) state = PowerDeviceMaximum;
  said.DeviceWake = PowerDeviceMaximum;
  said.SystemWake = PowerSystemMaximum;
  said.D1Latency = said.D2Latency = said.D3Latency = ~0u;
  said.IdealDxStateForSx = PowerDeviceMaximum;
  return said;
}

}  // namespace

Device::Device(WDFDEVICE_INIT& init)
    : Object(kType, init.client),
      config_(init.config),
      pnp(*this),
      power(*this),
      policy(*this),
      self_managed(config_.pnp, nullptr),
      state_flags(nothing_said_of_state()),
      pnp_capabilities(nothing_said_of_pnp()),
      power_capabilities(nothing_said_of_power()) {
  driver_may_delete = config_.kind == DeviceKind::Control;
  parent_device = init.parent;
  // The child may outlive its bus (WDF-162).
  if (parent_device) parent_device->reference();
  pdo = init.pdo;
}

Device::~Device() {
  if (parent_device) parent_device->dereference();
}

bool Device::is_policy_owner() const {
  if (is_control()) return false;
  if (config_.policy_owner) return *config_.policy_owner;
  return is_fdo() ? !config_.filter : config_.raw;
}

bool Device::power_pageable() const {
  return config_.power_pageable && special_files[WdfSpecialFilePaging] == 0 &&
         special_files[WdfSpecialFileHibernation] == 0 && special_files[WdfSpecialFileDump] == 0;
}

Device* Device::power_parent() const {
  if (!parent_device || config_.no_power_dependency || !parent_device->is_policy_owner()) return nullptr;
  return parent_device;
}

Device* device_of(const DEVICE_OBJECT* device_object) {
  auto& devices = framework().devices;
  auto found = devices.find(device_object);
  return found == devices.end() ? nullptr : found->second;
}

std::string describe(const Device& device) {
  return fmt::format("{} of {}", device.name(), device.client().name);
}

namespace {

UNICODE_STRING counted(std::u16string& text) {
  const auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  return {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), text.data()};
}

ULONG io_flags(WDF_DEVICE_IO_TYPE type) {
  switch (type) {
    case WdfDeviceIoBuffered:
      return DO_BUFFERED_IO;
    case WdfDeviceIoDirect:
    case WdfDeviceIoBufferedOrDirect:
      return DO_DIRECT_IO;
    default:
      return 0;
  }
}

}  // namespace

NTSTATUS make_device(WDFDEVICE_INIT& init, const WDF_OBJECT_ATTRIBUTES* attributes, Device** made) {
  auto* device = new Device(init);
  NTSTATUS status = device->create_device_object(init, attributes);
  if (NT_SUCCESS(status)) status = device->commit(attributes, device->client().driver);
  if (!NT_SUCCESS(status)) {
    device->delete_device_object();
    delete device;
    return status;
  }
  if (attributes && attributes->EvtCleanupCallback) note_has(*device, "ObjCleanup");
  if (attributes && attributes->EvtDestroyCallback) note_has(*device, "ObjDestroy");
  status = device->furnish();
  if (!NT_SUCCESS(status)) {
    note_add_failed(*device);
    device->delete_device_object();
    device->delete_object();
    return status;
  }
  note_callbacks(*device);
  *made = device;
  return STATUS_SUCCESS;
}

NTSTATUS Device::create_device_object(WDFDEVICE_INIT& init, const WDF_OBJECT_ATTRIBUTES* attributes) {
  const Driver& driver = *client().driver;
  scope = driver.scope;
  passive_callbacks = driver.passive_callbacks;
  if (attributes) {
    if (attributes->SynchronizationScope != WdfSynchronizationScopeInheritFromParent)
      scope = attributes->SynchronizationScope;
    if (attributes->ExecutionLevel != WdfExecutionLevelInheritFromParent)
      passive_callbacks = attributes->ExecutionLevel == WdfExecutionLevelPassive;
  }
  if (client().host) {
    passive_callbacks = true;  // WDF-420
    direct_hardware_access = pdo && um::read_settings(pdo).direct_hardware_access;
  }
  lock_ = std::make_unique<CallbackLock>(passive_callbacks);

  object_name = init.name;
  UNICODE_STRING name = counted(object_name);
  UNICODE_STRING sddl = counted(init.sddl);
  ULONG characteristics = config_.characteristics;
  if (is_pdo() && object_name.empty()) characteristics |= FILE_AUTOGENERATED_DEVICE_NAME;
  NTSTATUS status =
      init.sddl.empty()
          ? IoCreateDevice(client().driver_object, 0, object_name.empty() ? nullptr : &name, config_.type,
                           characteristics, config_.exclusive, &device_object)
          : IoCreateDeviceSecure(client().driver_object, 0, object_name.empty() ? nullptr : &name, config_.type,
                                 characteristics, config_.exclusive, &sddl, &init.setup_class, &device_object);
  if (!NT_SUCCESS(status)) return status;
  framework().devices[device_object] = this;
  if (is_fdo()) {
    lower = IoAttachDeviceToDeviceStack(device_object, pdo);
    if (!lower) return STATUS_NO_SUCH_DEVICE;
    // A filter takes after the device below it.
    if (config_.filter) {
      device_object->DeviceType = lower->DeviceType;
      device_object->Characteristics = lower->Characteristics;
      device_object->Flags |= lower->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE | DO_POWER_INRUSH);
    }
  } else if (is_pdo()) {
    pdo = device_object;
  }
  if (!config_.filter || config_.io_type_given) device_object->Flags |= io_flags(config_.read_write_io);
  if (config_.power_inrush)
    device_object->Flags |= DO_POWER_INRUSH;
  else if (config_.power_pageable && !config_.filter)
    device_object->Flags |= DO_POWER_PAGABLE;

  return STATUS_SUCCESS;
}

NTSTATUS Device::furnish() {
  self_managed.set_device(handle_as<WDFDEVICE>());
  io = make_io_package(*this);
  dma = make_dma_package(*this);
  NTSTATUS status = STATUS_SUCCESS;
  if (!is_control()) {
    raw = new CmResourceList(client(), *this);
    translated = new CmResourceList(client(), *this);
    status = raw->commit(nullptr, this);
    if (NT_SUCCESS(status)) status = translated->commit(nullptr, this);
  }
  if (NT_SUCCESS(status) && is_fdo()) status = make_default_child_lists(*this);
  if (!NT_SUCCESS(status)) return status;
  if (!is_control()) device_object->Flags &= ~DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}

void Device::delete_device_object() {
  if (!device_object) return;
  delete_symbolic_link(*this);  // one whose AddDevice failed has it still
  framework().devices.erase(device_object);
  if (lower) IoDetachDevice(lower);
  lower = nullptr;
  IoDeleteDevice(device_object);
  device_object = nullptr;
}

void Device::run_down() {
  release_bus_interfaces(*this);
  policy.quiesce();
  if (policy.driver_references != 0)
    record("WDF-462", "power-reference-leak",
           fmt::format("{} goes with {} power references of WdfDeviceStopIdle that WdfDeviceResumeIdle never gave back",
                       describe(*this), policy.driver_references));
  if (is_control()) delete_device_object();
}

void Device::delete_by_driver() {
  if (is_pdo())
    pnp.post(PnpEvent::AddFailed);  // a static child that was never added
  else
    delete_object();
}

void Device::invalidate_state() {
  if (pdo) IoInvalidateDeviceState(pdo);
}

void Device::ask_for_restart() {
  restart_device(*this);
}

}  // namespace drydock::wdf
