#pragma once
// WDFDEVICE: one device object of one driver, its machines, and what hangs from it.

#include <memory>
#include <string>
#include <vector>

#include "wdf/device_init.h"
#include "wdf/framework.h"
#include "wdf/hardware_watch.h"
#include "wdf/io_package.h"
#include "wdf/pnp_machine.h"
#include "wdf/policy_machine.h"
#include "wdf/power_machine.h"
#include "wdf/resource_list.h"
#include "wdf/self_managed_io.h"
#include "wdf/um/hardware.h"

namespace drydock::wdf {

class ChildList;
class Interrupt;
struct Child;

struct DeviceInterface {
  GUID guid{};
  std::u16string reference;
  std::u16string link;  ///< as IoRegisterDeviceInterface gave it
  bool wanted = true;   ///< WdfDeviceSetDeviceInterfaceState
  bool enabled = false;
};

/// An interface a driver exports to others (WdfDeviceAddQueryInterface).
struct ExportedInterface {
  GUID guid{};
  std::vector<std::byte> interface;  ///< the driver's structure, copied
  bool send_to_parent = false;
  bool import = false;
  PFN_WDF_DEVICE_PROCESS_QUERY_INTERFACE_REQUEST process = nullptr;
};

class Device final : public Object {
  DeviceConfig config_;

 public:
  static constexpr ObjectType kType = ObjectType::Device;
  explicit Device(WDFDEVICE_INIT& init);
  ~Device() override;

  const DeviceConfig& config() const { return config_; }
  bool is_fdo() const { return config_.kind == DeviceKind::Fdo; }
  bool is_pdo() const { return config_.kind == DeviceKind::Pdo; }
  bool is_control() const { return config_.kind == DeviceKind::Control; }
  bool is_policy_owner() const;
  /// No special file in the way, and the driver said nothing else (WDF-038, WDF-100).
  bool power_pageable() const;

  // ---- the device object and its stack ----
  DEVICE_OBJECT* device_object = nullptr;
  DEVICE_OBJECT* lower = nullptr;  ///< what an FDO is attached to
  DEVICE_OBJECT* pdo = nullptr;    ///< of the stack; a PDO's own
  std::u16string symbolic_link;
  std::u16string object_name;

  // ---- its life ----
  PnpMachine pnp;
  PowerMachine power;
  PolicyMachine policy;
  SelfManagedIo self_managed;
  HardwareWatch watch{*this};
  CmResourceList* raw = nullptr;
  CmResourceList* translated = nullptr;
  /// What the device's lists are made of: the request being handled; null otherwise.
  std::vector<Interrupt*> interrupts;  ///< in order of creation
  bool in_prepare_hardware = false;
  bool was_started = false;   ///< this instance got as far (WDF-371)
  bool ever_started = false;  ///< a START has come (where interrupts may be created, WDF-266)

  // ---- of a user-mode driver ----
  bool direct_hardware_access = false;               ///< UmdfDirectHardwareAccess (WDF-422)
  std::vector<HardwareMapping> hardware_mappings;
  bool host_end_handled = false;                     ///< its process has ended, and what follows has begun

  std::unique_ptr<IoPackage> io;
  std::unique_ptr<DmaPackage> dma;
  /// Threads inside a callback that delivers a request of a power-managed queue (WDF-091).
  std::vector<const machine::Thread*> delivering;

  // ---- what it says of itself ----
  WDF_DEVICE_STATE state_flags{};
  WDF_DEVICE_PNP_CAPABILITIES pnp_capabilities{};
  WDF_DEVICE_POWER_CAPABILITIES power_capabilities{};
  std::vector<DeviceInterface> interfaces;
  std::vector<ExportedInterface> exported_interfaces;
  bool static_stop_remove = true;  ///< WdfDeviceSetStaticStopRemove(FALSE) vetoes
  LONG special_files[WdfSpecialFileMax] = {};
  bool special_file_supported[WdfSpecialFileMax] = {};
  bool internally_failed = false;  ///< a callback failed; QUERY_PNP_DEVICE_STATE says so
  WDF_DEVICE_FAILED_ACTION failed_action = WdfDeviceFailedUndefined;

  REENUMERATE_SELF_INTERFACE_STANDARD reenumerate{};  ///< of the bus, once asked for
  bool state_failed = false;                          ///< WdfDeviceSetFailed was called

  // ---- wake, as a PDO ----
  IRP* wake_irp = nullptr;  ///< kept
  bool wake_enabled_at_bus = false;

  // ---- WMI ----
  unsigned wmi_providers = 0;
  bool wmi_registered = false;
  bool has_mof_name = false;  ///< WdfDeviceAssignMofResourceName

  // ---- children of a bus, and the child's side of it ----
  ChildList* static_children = nullptr;
  ChildList* default_child_list = nullptr;
  unsigned relations_retries = 0;
  bool had_children = false;
  std::vector<ChildList*> child_lists;  ///< static first
  GUID bus_type{};
  INTERFACE_TYPE bus_legacy_type = InterfaceTypeUndefined;
  ULONG bus_number = 0;
  bool bus_information_given = false;
  /// The device that must be in D0 while this one is (WDF-075); null: none need be.
  Device* power_parent() const;
  Device* parent_device = nullptr;  ///< of a PDO
  Child* child = nullptr;           ///< of a PDO

  // ---- Object ----
  Device* device() override { return this; }
  void owner_died() override {
    if (lock_) lock_->abandon();
  }
  CallbackLock* callback_lock() override { return lock_.get(); }
  void run_down() override;
  void delete_by_driver() override;

  // ---- steps of make_device ----
  /// Creates the device object and attaches it.
  NTSTATUS create_device_object(WDFDEVICE_INIT& init, const WDF_OBJECT_ATTRIBUTES* attributes);
  /// What every device has: I/O and DMA packages, resource lists, child lists.
  NTSTATUS furnish();

  /// Detaches and deletes the device object.
  void delete_device_object();

  /// QUERY_PNP_DEVICE_STATE soon.
  void invalidate_state();
  /// WDF-183, WDF-373: asks the bus for a new instance, within the budget.
  void ask_for_restart();

 private:
  std::unique_ptr<CallbackLock> lock_;
};

/// WdfDeviceCreate. On failure nothing is left.
NTSTATUS make_device(WDFDEVICE_INIT& init, const WDF_OBJECT_ATTRIBUTES* attributes, Device** made);

/// Null if the device object is none of the framework's.
Device* device_of(const DEVICE_OBJECT* device_object);

/// "edu.sys WDFDEVICE#1", for findings.
std::string describe(const Device& device);

}  // namespace drydock::wdf
