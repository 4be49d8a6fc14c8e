#include <cstring>

#include "bus/pci/interfaces.h"
#include "bus/pci/pci_driver.h"
#include "bus/pci/register_watch.h"
#include "bus/pci/reset_target.h"
#include "nt/pci.h"
#include "ntos/cm/registry.h"
#include "ntos/io/device.h"
#include "ntos/pnp/answers.h"
#include "ntos/pnp/pool.h"
#include "ntos/pnp/resource_lists.h"
#include "ntos/po/power.h"

namespace drydock::bus::pci {

using namespace nt;
using namespace ntos::pnp;

namespace {

NTSTATUS give(IRP* irp, void* block) {
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(block);
  return block ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

}  // namespace

Pdo::Pdo(Bus& bus, DEVICE_OBJECT* device, const ConfigAccess& config)
    : bus_(bus), device_(device), config_(config), identity_(read_identity(config)), bars_(size_bars(config)) {
  // Kept for the day a reset clears it.
  if (config.is_bridge())
    if (const BridgeSetup setup = read_bridge(config); setup.secondary() != 0)
      state().bridges[config.address()] = setup;
}

void Pdo::ask_for_rebirth() {
  wants_rebirth_ = true;
  bus_.look_again();
}

bool Pdo::is_still_there() const {
  if (!(read_identity(config_) == identity_)) return false;
  if (!started_ || power_state_ != PowerDeviceD0) return true;
  // Pulled and put back between two looks: the new one has nothing of what we wrote.
  const std::vector<Resource> decoded = boot_resources(config_, bars_);
  return bars_.empty() || !decoded.empty() ||
         (config_.read(0x04, 2) & (PCI_ENABLE_IO_SPACE | PCI_ENABLE_MEMORY_SPACE)) != 0;
}

NTSTATUS Pdo::pnp(IRP* irp, bool& deleted) {
  IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
  switch (location->MinorFunction) {
    case IRP_MN_START_DEVICE:
      return start(irp);
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
      stop_pending_ = location->MinorFunction == IRP_MN_QUERY_STOP_DEVICE;
      return STATUS_SUCCESS;
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_DEVICE_USAGE_NOTIFICATION:
      return STATUS_SUCCESS;
    case IRP_MN_STOP_DEVICE:
      stop();
      return STATUS_SUCCESS;
    case IRP_MN_SURPRISE_REMOVAL:
      surprise_removed_ = true;
      lost_ = assigned_;
      stop();
      return STATUS_SUCCESS;
    case IRP_MN_REMOVE_DEVICE:
      removed_ = true;
      surprise_removed_ = false;
      stop();
      deleted = !reported_;
      return STATUS_SUCCESS;
    case IRP_MN_QUERY_DEVICE_RELATIONS:
      if (location->Parameters.QueryDeviceRelations.Type != TargetDeviceRelation) return irp->IoStatus.Status;
      return give(irp, make_relations({device_}));
    case IRP_MN_QUERY_ID:
      return query_id(irp);
    case IRP_MN_QUERY_DEVICE_TEXT:
      return query_text(irp);
    case IRP_MN_QUERY_CAPABILITIES:
      return query_capabilities(irp);
    case IRP_MN_QUERY_BUS_INFORMATION:
      return query_bus_information(irp);
    case IRP_MN_QUERY_RESOURCES: {
      const std::vector<Resource> decoded = boot_resources(config_, bars_);
      if (decoded.empty()) return irp->IoStatus.Status;
      return give(irp, make_resource_list(decoded, ListForm::Raw, PCIBus, bus_.number()));
    }
    case IRP_MN_QUERY_RESOURCE_REQUIREMENTS: {
      const Requirements needed = requirements_of(config_, bars_, messages_wanted(), bus_.memory_window());
      if (needed.empty()) return irp->IoStatus.Status;
      return give(irp, make_requirements_list(needed));
    }
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
      return STATUS_SUCCESS;
    case IRP_MN_QUERY_INTERFACE:
      return query_interface(*this, irp);
    case IRP_MN_READ_CONFIG:
      return read_write_config(irp, false);
    case IRP_MN_WRITE_CONFIG:
      return read_write_config(irp, true);
    default:
      return irp->IoStatus.Status;
  }
}

NTSTATUS Pdo::start(IRP* irp) {
  if (!(read_identity(config_) == identity_)) {
    bus_.look_again();
    return STATUS_NO_SUCH_DEVICE;
  }
  assigned_ = read_resources(IoGetCurrentIrpStackLocation(irp)->Parameters.StartDevice.AllocatedResources);
  set_power(config_, true);
  power_state_ = PowerDeviceD0;
  register_watch().allow(assigned_);
  if (!program(config_, bars_, assigned_)) return STATUS_DEVICE_CONFIGURATION_ERROR;
  if (config_.is_bridge()) program_bridge(config_, state().bridges[config_.address()]);
  started_ = true;
  removed_ = surprise_removed_ = false;
  POWER_STATE on{};
  on.DeviceState = PowerDeviceD0;
  ntos::PoSetPowerState(device_, DevicePowerState, on);
  return STATUS_SUCCESS;
}

void Pdo::program_again() {
  if (started_) program(config_, bars_, assigned_);
}

void Pdo::set_hung() {
  silence(config_);
}

NTSTATUS Pdo::query_reset_interface(IRP* irp) {
  if (!reset_context_) reset_context_ = publish(std::make_shared<ResetTarget>(*this));
  return answer_reset_query(reset_context_, irp);
}

std::optional<unsigned> Pdo::secondary_bus() const {
  const auto found = state().bridges.find(config_.address());
  if (found == state().bridges.end() || identity_.class_code >> 8 != 0x0604) return std::nullopt;
  return found->second.secondary();
}

ULONG Pdo::number() const {
  return ntos::io::device_number(device_);
}

void Pdo::stop() {
  if (read_identity(config_) == identity_) silence(config_);
  started_ = stop_pending_ = false;
  assigned_.clear();
}

NTSTATUS Pdo::query_id(IRP* irp) const {
  switch (IoGetCurrentIrpStackLocation(irp)->Parameters.QueryId.IdType) {
    case BusQueryDeviceID:
      return give(irp, make_text(device_id_of(identity_)));
    case BusQueryHardwareIDs:
      return give(irp, make_multi_text(hardware_ids_of(identity_)));
    case BusQueryCompatibleIDs:
      return give(irp, make_multi_text(compatible_ids_of(identity_)));
    case BusQueryInstanceID: {
      const Address at = config_.address();
      const std::string text = fmt::format("{:02X}", at.device << 3 | at.function);
      return give(irp, make_text(std::u16string(text.begin(), text.end())));
    }
    default:
      return irp->IoStatus.Status;
  }
}

NTSTATUS Pdo::query_text(IRP* irp) const {
  switch (IoGetCurrentIrpStackLocation(irp)->Parameters.QueryDeviceText.DeviceTextType) {
    case DeviceTextDescription:
      return give(irp, make_text(description_of(identity_)));
    case DeviceTextLocationInformation: {
      const Address at = config_.address();
      const std::string text = fmt::format("PCI bus {}, device {}, function {}", at.bus, at.device, at.function);
      return give(irp, make_text(std::u16string(text.begin(), text.end())));
    }
    default:
      return irp->IoStatus.Status;
  }
}

NTSTATUS Pdo::query_capabilities(IRP* irp) const {
  DEVICE_CAPABILITIES& to = *IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceCapabilities.Capabilities;
  if (to.Version < 1) return STATUS_UNSUCCESSFUL;
  const Address at = config_.address();
  to.Address = static_cast<ULONG>(at.device) << 16 | at.function;
  to.UINumber = ~0u;
  to.UniqueID = FALSE;
  to.DeviceState[PowerSystemUnspecified] = PowerDeviceUnspecified;
  to.DeviceState[PowerSystemWorking] = PowerDeviceD0;
  for (LONG s = PowerSystemSleeping1; s <= PowerSystemShutdown; ++s) to.DeviceState[s] = PowerDeviceD3;
  to.SystemWake = PowerSystemUnspecified;
  to.DeviceWake = PowerDeviceUnspecified;
  return STATUS_SUCCESS;
}

NTSTATUS Pdo::query_bus_information(IRP* irp) const {
  auto* information = static_cast<PNP_BUS_INFORMATION*>(allocate_pool(sizeof(PNP_BUS_INFORMATION)));
  if (information) *information = {GUID_BUS_TYPE_PCI, PCIBus, config_.address().bus};
  return give(irp, information);
}

NTSTATUS Pdo::read_write_config(IRP* irp, bool write) const {
  const auto& asked = IoGetCurrentIrpStackLocation(irp)->Parameters.ReadWriteConfig;
  irp->IoStatus.Information = 0;
  if (asked.WhichSpace != PCI_WHICHSPACE_CONFIG) return STATUS_INVALID_PARAMETER_1;
  if (asked.Length == 0) return STATUS_SUCCESS;
  const ULONG moved = write ? write_config_space(*this, asked.Offset, asked.Buffer, asked.Length)
                            : read_config_space(*this, asked.Offset, asked.Buffer, asked.Length);
  irp->IoStatus.Information = moved;
  return moved ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

bool Pdo::messages_wanted() const {
  // As the driver's INF says, in the hardware key.
  const Devnode* node = manager().find_pdo(device_);
  if (!node || node->instance_path.empty()) return false;
  const ntos::cm::Key* key = ntos::cm::registry()
                                 .device_hardware_key(node->instance_path)
                                 .open(u"Interrupt Management\\MessageSignaledInterruptProperties");
  return key && key->dword(u"MSISupported").value_or(0) != 0;
}

NTSTATUS Pdo::power(IRP* irp) {
  const IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
  switch (location->MinorFunction) {
    case IRP_MN_QUERY_POWER:
      return STATUS_SUCCESS;
    case IRP_MN_SET_POWER:
      if (location->Parameters.Power.Type == SystemPowerState) return STATUS_SUCCESS;
      return set_device_power(location->Parameters.Power.State.DeviceState);
    default:
      return irp->IoStatus.Status;
  }
}

NTSTATUS Pdo::set_device_power(DEVICE_POWER_STATE wanted) {
  const bool on = wanted == PowerDeviceD0;
  if (!(read_identity(config_) == identity_)) {
    power_state_ = wanted;
    if (on) bus_.look_again();
    return on ? STATUS_NO_SUCH_DEVICE : STATUS_SUCCESS;
  }
  if (on && power_state_ != PowerDeviceD0) {
    set_power(config_, true);
    saved_.restore(config_);
  } else if (!on && power_state_ == PowerDeviceD0) {
    saved_.save(config_);
    set_power(config_, false);
  }
  power_state_ = wanted;
  POWER_STATE state{};
  state.DeviceState = wanted;
  ntos::PoSetPowerState(device_, DevicePowerState, state);
  return STATUS_SUCCESS;
}

}  // namespace drydock::bus::pci
