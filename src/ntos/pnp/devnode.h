#pragma once
// A device as the PnP manager knows it: identity, place in the tree, state, drivers, resources, power.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "machine/time.h"
#include "nt/base.h"
#include "nt/guid.h"
#include "nt/power.h"
#include "ntos/pnp/devnode_table.h"
#include "ntos/pnp/resources.h"

namespace drydock::nt {
struct DEVICE_OBJECT;
struct DRIVER_OBJECT;
}  // namespace drydock::nt

namespace drydock::ntos::pnp {

/// Why a devnode does not run, as Device Manager shows it (cfg.h).
enum class Problem : std::uint8_t {
  None = 0,
  NotConfigured = 1,       ///< CM_PROB_NOT_CONFIGURED
  FailedStart = 10,        ///< CM_PROB_FAILED_START
  NormalConflict = 12,     ///< CM_PROB_NORMAL_CONFLICT
  NeedRestart = 14,        ///< CM_PROB_NEED_RESTART
  WillBeRemoved = 21,      ///< CM_PROB_WILL_BE_REMOVED
  Disabled = 22,           ///< CM_PROB_DISABLED
  DeviceNotThere = 24,     ///< CM_PROB_DEVICE_NOT_THERE
  FailedInstall = 28,      ///< CM_PROB_FAILED_INSTALL: no driver matches
  HardwareDisabled = 29,   ///< CM_PROB_HARDWARE_DISABLED
  FailedAdd = 31,          ///< CM_PROB_FAILED_ADD
  DisabledService = 32,    ///< CM_PROB_DISABLED_SERVICE
  FailedDriverEntry = 37,  ///< CM_PROB_FAILED_DRIVER_ENTRY
  DriverFailedLoad = 39,   ///< CM_PROB_DRIVER_FAILED_LOAD
  FailedPostStart = 43,    ///< CM_PROB_FAILED_POST_START
  HeldForEject = 47,       ///< CM_PROB_HELD_FOR_EJECT
  DeviceReset = 54,        ///< CM_PROB_DEVICE_RESET
};
std::string_view problem_name(Problem problem);  ///< "CM_PROB_FAILED_START"

/// What IRP_MN_QUERY_CAPABILITIES said (nt/pnp.h has the structure drivers fill).
struct DevnodeCapabilities {
  bool removable = false;
  bool eject_supported = false;
  bool surprise_removal_ok = false;
  bool raw_device_ok = false;
  bool unique_id = false;
  bool no_display_in_ui = false;
  nt::ULONG address = ~0u;
  nt::ULONG ui_number = ~0u;
  nt::DEVICE_POWER_STATE device_state[nt::POWER_SYSTEM_MAXIMUM] = {};
  nt::ULONG d3_latency_100us = 0;
};

struct Devnode {
  std::uint32_t id = 0;  ///< 1 is the root, then in order of arrival; traces say devnode#id
  DevnodeState state = DevnodeState::Reported;
  Problem problem = Problem::None;
  nt::NTSTATUS problem_status = 0;

  Devnode* parent = nullptr;
  std::vector<Devnode*> children;  ///< in the order the bus reported them
  nt::DEVICE_OBJECT* pdo = nullptr;
  unsigned bus_filters = 0;      ///< devices that were attached to the PDO before its stack was built
  bool reported = true;          ///< in its bus's last relations
  bool was_present = false;      ///< used while relations are compared
  bool root_enumerated = false;  ///< its PDO is the PnP manager's own

  std::u16string device_id;      ///< "PCI\VEN_15AD&DEV_07C0&SUBSYS_07C015AD&REV_02"
  std::u16string instance_id;    ///< "3&1A2B3C4D&0&18"
  std::u16string instance_path;  ///< device_id \ instance_id: the key below Enum
  std::vector<std::u16string> hardware_ids;
  std::vector<std::u16string> compatible_ids;
  std::u16string description, location;
  std::optional<nt::GUID> bus_type;
  nt::ULONG interface_type = ~0u;  ///< INTERFACE_TYPE of the bus it sits on
  nt::ULONG bus_number = ~0u;
  DevnodeCapabilities capabilities;
  nt::ULONG state_flags = 0;  ///< the last PNP_DEVICE_STATE

  // Drivers, in the order AddDevice was called: lower filters, function driver, upper filters.
  std::u16string service;  ///< the function driver's; empty: none
  std::u16string class_name;
  nt::GUID class_guid{};
  unsigned driver_instance = 0;  ///< the NNNN of Control\Class\{guid}\NNNN
  bool disabled = false;
  bool held = false;               ///< removed on request: stays away until a scan or start is asked for
  bool waits_for_handles = false;  ///< its remove IRP waits for LastHandleClosed
  bool rebuilding = false;         ///< found anew by a platform-level reset: code 54 until it has started
  unsigned resets_refused = 0;     ///< RST-158, since its stack was built
  nt::UCHAR irp_minor = 0xFF;      ///< of the PnP IRP that its stack has now; 0xFF: none
  bool held_by_older = false;      ///< an older instance with this path is still there (RST-143)

  // Resources.
  Requirements requirements;       ///< as its bus has them
  Requirements filtered;           ///< as its drivers left them
  std::vector<Resource> boot;      ///< what it decoded when found
  std::vector<Resource> assigned;  ///< raw and translated of each; empty: none

  // Power.
  nt::DEVICE_POWER_STATE device_power = nt::PowerDeviceUnspecified;
  nt::SYSTEM_POWER_STATE system_power = nt::PowerSystemWorking;

  /// Nothing keeps it from being started.
  bool may_start() const { return problem == Problem::None || (rebuilding && problem == Problem::DeviceReset); }
  /// "PCI\VEN_15AD&DEV_07C0...\3&1A2B3C4D&0&18", for reports.
  std::string name() const;
  bool has_stack() const {
    return state == DevnodeState::NotStarted || state == DevnodeState::ResourcesAssigned ||
           state == DevnodeState::Started || state == DevnodeState::StopPending || state == DevnodeState::Stopped ||
           state == DevnodeState::RemovePending || state == DevnodeState::SurpriseRemoved;
  }
};

/// Every change of a problem code, and a line of the trace for it: machine::Event::DevnodeState with the state it has
/// and kProblemChanged + code in place of the event.
void set_problem(Devnode& node, Problem problem, nt::NTSTATUS status = 0);
inline constexpr unsigned kProblemChanged = 0x100;

}  // namespace drydock::ntos::pnp
