#pragma once
// pci.sys: the driver object, the bus it finds below each host bridge, a PDO for each function.

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "bus/pci/function.h"
#include "nt/interface.h"
#include "nt/irp.h"
#include "nt/pnp.h"
#include "ntos/pnp/manager.h"

namespace drydock::bus::pci {

class Bus;
class RegisterWatch;
class ResetTarget;

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
  bool gone() const { return !reported_ || removed_ || surprise_removed_ || wants_rebirth_; }
  /// A new stack asks for the reset interface: the remove IRP was the old one's.
  void meet_new_stack() { removed_ = false; }
  bool started() const { return started_; }
  nt::DEVICE_POWER_STATE power_state() const { return power_state_; }
  /// After a reset: what it was given when it was started.
  void program_again();
  /// A reset that failed: its registers read all ones until it is removed (RST-040).
  void set_hung();
  bool stop_pending() const { return stop_pending_; }
  nt::ULONG number() const;
  Bus& bus() const { return bus_; }
  /// The bus behind it, if it is a bridge.
  std::optional<unsigned> secondary_bus() const;
  /// What it was given when it was started.
  const std::vector<ntos::pnp::Resource>& assigned() const { return assigned_; }
  const std::vector<ntos::pnp::Resource>& lost() const { return lost_; }
  /// Answers the query for the reset interface on behalf of the bus.
  nt::NTSTATUS query_reset_interface(nt::IRP* irp);

  /// Interface references handed out and not returned.
  long references = 0;
  /// A function-level reset is under way.
  bool reset_running = false;
  /// The platform-level reset that is pending was asked for as a secondary bus reset.
  bool secondary_bus_reset_asked = false;

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
  std::vector<ntos::pnp::Resource> lost_;  ///< what it had when its surprise removal came
  SavedConfig saved_;
  bool reported_ = true;
  bool started_ = false;
  bool surprise_removed_ = false;
  bool removed_ = false;  ///< by an IRP, while its bus goes on reporting it
  bool stop_pending_ = false;
  nt::PVOID reset_context_ = nullptr;  ///< of the bus's own reset interface; null: nobody has asked yet
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
  /// The bridge whose secondary bus this is; null behind a host bridge.
  Pdo* bridge() const;
  /// Where its functions' registers may lie: what it passes on, up to the first bridge's window.
  Window memory_window() const;

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
  RegisterWatch* watch = nullptr;
  /// Called before a PDO is deleted because its bus goes; null: nobody has put a filter on any.
  void (*bus_deletes)(nt::DEVICE_OBJECT* pdo) = nullptr;
  std::vector<std::unique_ptr<Bus>> buses;
  std::map<nt::PVOID, std::shared_ptr<ResetTarget>> reset_targets;  ///< by the Context of their interface
  std::uint64_t reset_targets_published = 0;
  nt::DEVICE_RESET_INTERFACE_STANDARD reset_routines{};  ///< Version 0: not made yet
  std::map<Address, BridgeSetup> bridges;  ///< as the firmware had programmed them
};
/// A reset interface's Context names its target and is no address: whoever follows it faults.
inline constexpr std::uint64_t kResetContextTag = 0x5265'7365'0000'0000;
State& state();
RegisterWatch& register_watch();

/// The Pdo behind a device object of pci.sys; null for an FDO and for devices of others.
Pdo* pdo_of(nt::DEVICE_OBJECT* device);

/// The setup class of bridges.
inline constexpr nt::GUID kSystemClass = {0x4D36E97D, 0xE325, 0x11CE, {0xBF, 0xC1, 0x08, 0x00, 0x2B, 0xE1, 0x03, 0x18}};

/// Makes pci.sys a service of the machine's PnP manager, with the host bridge it serves, and puts its watch in front of
/// the machine's fabric. In the machine's arena, before anything runs.
void install_pci(ntos::Kernel& kernel);
/// The host bridge for the root enumerator: ACPI\PNP0A08 with the windows it passes on.
ntos::pnp::RootDevice host_bridge();

/// A slot's content has changed: every bus looks again. Any IRQL up to DISPATCH_LEVEL.
void hot_plug_event();

}  // namespace drydock::bus::pci
