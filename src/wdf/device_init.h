#pragma once
// WDFDEVICE_INIT: what a driver says about a device before there is one. Drivers hold its address and nothing more.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nt/guid.h"
#include "wdf/framework.h"
#include "wdf/structures.h"

namespace drydock::wdf {

class Device;
class ChildList;
struct Child;

enum class DeviceKind : std::uint8_t { Fdo, Pdo, Control };

/// Attributes kept for objects the framework will make.
struct KeptAttributes {
  WDF_OBJECT_ATTRIBUTES attributes{};
  bool given = false;
  const WDF_OBJECT_ATTRIBUTES* get() const { return given ? &attributes : nullptr; }
};

struct PreprocessCallback {
  PFN_WDFDEVICE_WDM_IRP_PREPROCESS routine = nullptr;
  std::vector<UCHAR> minors;  ///< empty: all
};

/// What outlives the init block, in the device.
struct DeviceConfig {
  DeviceKind kind = DeviceKind::Fdo;
  bool filter = false;
  DEVICE_TYPE type = FILE_DEVICE_UNKNOWN;
  ULONG characteristics = 0;
  bool exclusive = false;
  WDF_DEVICE_IO_TYPE read_write_io = WdfDeviceIoBuffered;
  WDF_DEVICE_IO_TYPE control_io = WdfDeviceIoBuffered;
  ULONG direct_threshold = 0;
  bool io_type_given = false;

  WDF_PNPPOWER_EVENT_CALLBACKS pnp{};
  WDF_POWER_POLICY_EVENT_CALLBACKS policy{};
  std::optional<bool> policy_owner;  ///< as the driver said; the default follows the kind (WDF-011)
  WDF_RELEASE_HARDWARE_ORDER_ON_FAILURE release_order = WdfReleaseHardwareOrderOnFailureEarly;
  bool power_pageable = true;
  bool power_inrush = false;

  WDF_FILEOBJECT_CONFIG file_config{};
  KeptAttributes file_attributes;
  KeptAttributes request_attributes;
  std::map<UCHAR, PreprocessCallback> preprocess;  ///< by major function
  PFN_WDF_IO_IN_CALLER_CONTEXT in_caller_context = nullptr;
  bool lock_for_io = false;

  WDF_FDO_EVENT_CALLBACKS fdo{};
  std::optional<WDF_CHILD_LIST_CONFIG> default_child_list;
  KeptAttributes default_child_list_attributes;

  WDF_PDO_EVENT_CALLBACKS pdo{};
  bool raw = false;
  GUID raw_class{};
  bool allows_forward_to_parent = false;
  bool no_power_dependency = false;
  std::u16string device_id, instance_id, container_id;
  std::vector<std::u16string> hardware_ids, compatible_ids;
  struct Text {
    std::u16string description, location;
    ULONG locale;
  };
  std::vector<Text> texts;
  ULONG default_locale = 0;

  PFN_WDF_DEVICE_SHUTDOWN_NOTIFICATION shutdown = nullptr;
  UCHAR shutdown_flags = 0;
};

struct WDFDEVICE_INIT {
  explicit WDFDEVICE_INIT(Client& its_client) : client(its_client) {}

  Client& client;
  DeviceConfig config;
  std::u16string name;  ///< of the device object; empty: none, or made up for a PDO
  std::u16string sddl;
  GUID setup_class{};
  DEVICE_OBJECT* pdo = nullptr;   ///< below an FDO
  Device* parent = nullptr;       ///< of a PDO
  Child* child = nullptr;         ///< the description a dynamic PDO is made for
  bool made_by_framework = true;  ///< given to EvtDriverDeviceAdd or CreateChild
  Device* created = nullptr;      ///< WdfDeviceCreate made it
};

/// WDF-469: stops unless `init` is alive, then gives it.
WDFDEVICE_INIT& live_init(WDFDEVICE_INIT* init, const char* function);
WDFDEVICE_INIT* new_init(Client& client);
void free_init(WDFDEVICE_INIT* init);

}  // namespace drydock::wdf
