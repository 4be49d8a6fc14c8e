#pragma once
// pci.sys: the driver object, the bus it finds below each host bridge, a PDO for each function.

#include <memory>
#include <vector>

#include "bus/pci/function.h"
#include "nt/interface.h"
#include "nt/irp.h"
#include "nt/pnp.h"
#include "ntos/pnp/manager.h"

namespace drydock::bus::pci {

class Bus;

/// The PDO of one function.
class Pdo {
 public:
  Pdo(Bus& bus, nt::DEVICE_OBJECT* device, const ConfigAccess& config);

  nt::DEVICE_OBJECT* device() const { return device_; }
  const Identity& identity() const { return identity_; }
  const ConfigAccess& config() const { return config_; }
  bool reported() const { return reported_; }
  /// The bus no longer reports it: the next remove IRP deletes it.
  void set_missing() { reported_ = false; }
  /// Somebody asked for it to be taken out and found anew.
  void ask_for_rebirth();
  bool wants_rebirth() const { return wants_rebirth_; }
  /// The same function, still as we programmed it.
  bool is_still_there() const;

  nt::NTSTATUS pnp(nt::IRP* irp, bool& deleted);
  nt::NTSTATUS power(nt::IRP* irp);

  /// Of the reset: whether the function is out of reach for PnP's reasons, has its resources, in which power state.
  bool gone() const { return !reported_ || leaving_; }
  bool started() const { return started_; }
  nt::DEVICE_POWER_STATE power_state() const { return power_state_; }
  /// After a reset: what it was given when it was started.
  void program_again();
  /// A reset that failed: its registers read all ones until it is removed (RST-040).
  void set_hung();
  /// What the reset interface hands out: never reused in this machine, so that a late call can be told.
  nt::PVOID reset_context();
  bool owns_reset_context(nt::PVOID context) const { return context && context == reset_context_; }
  nt::ULONG number() const;

  /// Interface references handed out and not returned.
  long references = 0;
  long reset_references = 0;
  bool resetting = false;

 private:
  nt::NTSTATUS start(nt::IRP* irp);
  void stop();
  nt::NTSTATUS query_id(nt::IRP* irp) const;
  nt::NTSTATUS query_text(nt::IRP* irp) const;
  nt::NTSTATUS query_capabilities(nt::IRP* irp) const;
  nt::NTSTATUS query_bus_information(nt::IRP* irp) const;
  nt::NTSTATUS read_write_config(nt::IRP* irp, bool write) const;
  bool messages_wanted() const;
  nt::NTSTATUS set_device_power(nt::DEVICE_POWER_STATE state);

  Bus& bus_;
  nt::DEVICE_OBJECT* device_;
  ConfigAccess config_;
  Identity identity_;
  std::vector<Bar> bars_;
  std::vector<ntos::pnp::Resource> assigned_;
  SavedConfig saved_;
  bool reported_ = true;
  bool started_ = false;
  bool leaving_ = false;  ///< surprise removal or remove has come
  nt::PVOID reset_context_ = nullptr;
  bool wants_rebirth_ = false;
  nt::DEVICE_POWER_STATE power_state_ = nt::PowerDeviceD0;
};

/// The FDO of a host bridge, and its children.
class Bus {
 public:
  Bus(machine::IoFabric& fabric, unsigned number, nt::DEVICE_OBJECT* device, nt::DEVICE_OBJECT* pdo);

  unsigned number() const { return number_; }
  nt::DEVICE_OBJECT* device() const { return device_; }
  nt::DEVICE_OBJECT* pdo() const { return pdo_; }
  nt::DEVICE_OBJECT* lower() const { return lower_; }
  void set_lower(nt::DEVICE_OBJECT* lower) { lower_ = lower; }

  nt::NTSTATUS pnp(nt::IRP* irp);
  /// Has the PnP manager ask for the children again.
  void look_again() const;
  void forget(Pdo* child);
  const std::vector<std::unique_ptr<Pdo>>& children() const { return children_; }

 private:
  void scan();
  void scan_function(Address address);
  nt::NTSTATUS query_bus_relations(nt::IRP* irp);
  nt::NTSTATUS start(nt::IRP* irp);
  nt::NTSTATUS remove(nt::IRP* irp);

  machine::IoFabric& fabric_;
  unsigned number_;
  nt::DEVICE_OBJECT* device_;
  nt::DEVICE_OBJECT* pdo_;
  nt::DEVICE_OBJECT* lower_ = nullptr;
  bool started_ = false;
  std::vector<std::unique_ptr<Pdo>> children_;  ///< in order of discovery, missing ones included until removed
};

/// What pci.sys keeps in a machine (PartId::Pci).
struct State {
  nt::DRIVER_OBJECT* driver = nullptr;
  std::vector<std::unique_ptr<Bus>> buses;
};
State& state();

/// The Pdo behind a device object of pci.sys, null for an FDO.
Pdo* pdo_of(nt::DEVICE_OBJECT* device);

/// The function that gave out this context of the reset interface; null if there is none (any more).
Pdo* find_reset_context(nt::PVOID context);

/// Makes pci.sys a service of the machine's PnP manager, with the host bridge it serves. In the machine's arena, before
/// anything runs.
void install_pci(ntos::Kernel& kernel);
/// The host bridge for the root enumerator: ACPI\PNP0A08 with the windows it passes on.
ntos::pnp::RootDevice host_bridge();

/// A slot's content has changed: every bus looks again. Any IRQL up to DISPATCH_LEVEL.
void hot_plug_event();

}  // namespace drydock::bus::pci
