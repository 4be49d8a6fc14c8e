#pragma once
// The PnP manager of one machine. Scenarios ask it for changes; drivers ask it through the Io... exports.
// All work is done by one system worker thread at PASSIVE_LEVEL, one request after the other.

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "machine/time.h"
#include "nt/base.h"
#include "nt/dispatcher.h"
#include "nt/guid.h"
#include "nt/irp.h"
#include "nt/resource.h"
#include "nt/status.h"
#include "ntos/kernel.h"
#include "ntos/pnp/devnode.h"
#include "ntos/pnp/devnode_table.h"
#include "ntos/pnp/driver_store.h"
#include "ntos/pnp/resources.h"

namespace drydock::ntos::pnp {

class Arbiter;
class InterfaceTable;
class NotificationTable;
class PlatformResets;
class PowerWatch;
class RootBus;
struct PnpReply;
using FillLocation = std::function<void(nt::IO_STACK_LOCATION& location)>;

using DevnodeId = std::uint32_t;
inline constexpr DevnodeId kRootDevnode = 1;

/// Devices that are removed together: some that were asked for, everything below them, and what their drivers name as
/// removal relations.
struct RemovalSet {
  std::vector<Devnode*> members;  ///< every child before its parent, relations last
  std::vector<Devnode*> told;     ///< whose notification callbacks agreed
  std::vector<Devnode*> agreed;   ///< succeeded IRP_MN_QUERY_REMOVE_DEVICE
};

/// How a change ended.
struct Change {
  nt::NTSTATUS status = 0;
  DevnodeId devnode = 0;  ///< where it ended: the one that vetoed or failed, else the one that was asked for
  std::string vetoed_by;  ///< "pvscsi (devnode#3)", "1 open handle on devnode#4", "" if nobody did
  bool ok() const { return status >= 0; }
};

/// One PnP or power IRP that the manager sent, for reports.
struct SentIrp {
  machine::Time sent_at{}, completed_at{};
  DevnodeId devnode = 0;
  nt::UCHAR major = 0, minor = 0;
  nt::NTSTATUS status = 0;
};
std::string_view pnp_minor_name(nt::UCHAR minor);  ///< "IRP_MN_START_DEVICE"

/// One line of the device tree, parents before children.
struct TreeLine {
  DevnodeId devnode = 0;
  DevnodeId parent = 0;
  unsigned depth = 0;
  DevnodeState state{};
  Problem problem{};
  std::string instance_path, description, service;
};

/// A device whose driver found it without the PnP manager.
struct DetectedDevice {
  std::u16string service;
  nt::INTERFACE_TYPE interface_type;
  nt::ULONG bus;
  std::vector<Resource> resources;
};

/// A device the root enumerator reports: the PCI host bridge, software devices.
struct RootDevice {
  std::u16string device_id;    ///< "ACPI\PNP0A08"
  std::u16string instance_id;  ///< "0"
  std::vector<std::u16string> hardware_ids, compatible_ids;
  std::u16string description;
  std::vector<Resource> resources;  ///< windows of a bridge: its boot configuration and what it is given
};

class Manager {
 public:
  Manager();
  Manager(const Manager&) = delete;

  DriverStore& store() { return store_; }

  // ---- What scenarios ask for. Caller: a machine thread at PASSIVE_LEVEL, not the PnP worker. Each returns when it is
  // done. An unknown id gives STATUS_NO_SUCH_DEVICE. ----
  /// Adds a device below the root; it is found by the next enumerate_root(). Also while nothing runs.
  void add_root_device(RootDevice device);
  /// Enumerates the root and everything below it: drivers are loaded, devices started.
  Change enumerate_root();
  /// Asks the bus again who is there, and starts what does not run for want of trying.
  Change scan(DevnodeId devnode);
  /// Orderly removal of the device and everything below it; it stays away until scan() or start().
  Change remove(DevnodeId devnode);
  /// Starts a device that was removed or has a problem; clears the problem.
  Change start(DevnodeId devnode);
  /// Orderly removal that lasts: problem 22 until enable().
  Change disable(DevnodeId devnode);
  Change enable(DevnodeId devnode);
  /// remove() and start() in one step.
  Change restart(DevnodeId devnode);
  enum class NewResources { Same, Other };
  /// Query-stop, stop and start again of the device and everything below it.
  Change rebalance(DevnodeId devnode, NewResources which = NewResources::Same);
  /// Orderly removal for good, then IRP_MN_EJECT if the device can be ejected: problem 47 until it is taken out.
  Change eject(DevnodeId devnode);
  /// Query-remove, then cancel-remove: nothing is removed.
  Change query_and_cancel_remove(DevnodeId devnode);
  /// Query-stop, then cancel-stop.
  Change query_and_cancel_stop(DevnodeId devnode);
  /// Returns once the worker has nothing left to do (devices waiting for handles to close do not count).
  void wait_until_settled();
  /// Runs `work` on the PnP worker, between two requests.
  void run_on_worker(std::function<void()> work);

  // ---- What is there. ----
  std::vector<TreeLine> tree() const;
  Devnode* find(DevnodeId devnode);
  Devnode* find_pdo(const nt::DEVICE_OBJECT* pdo);
  /// The devnode in whose stack `device` is.
  Devnode* find_in_stack(nt::DEVICE_OBJECT* device);
  /// The devnodes whose function driver is `service`, in order of id.
  std::vector<Devnode*> served_by(std::u16string_view service);
  /// The first devnode whose instance path or a hardware id begins with `prefix`.
  Devnode* find_id(std::u16string_view prefix);
  Devnode& root() { return *root_; }

  const std::vector<SentIrp>& sent_irps() const { return sent_; }
  std::uint32_t visits(std::size_t row) const { return visits_[row]; }

  // ---- What drivers and other components ask for. ----
  /// Any IRQL up to DISPATCH_LEVEL.
  void invalidate_relations(nt::DEVICE_OBJECT* pdo, nt::ULONG relation_type);
  void invalidate_state(nt::DEVICE_OBJECT* pdo);
  /// Orderly removal on the worker, then IRP_MN_EJECT if the device can be ejected.
  void request_eject(nt::DEVICE_OBJECT* pdo);
  /// A handle to a device of this stack was closed; the I/O manager calls it when an open count falls to 0.
  void handle_closed(nt::DEVICE_OBJECT* device);
  /// A device is about to be detached from its stack, or deleted: not while the stack has its surprise-removal IRP.
  void check_leaving(nt::DEVICE_OBJECT* device, bool deleted);
  /// Done by the worker after what it has to do already. Any IRQL up to DISPATCH_LEVEL.
  void queue_work(std::function<void()> work) { queue(std::move(work)); }
  void record_irp(const SentIrp& irp);
  /// Resources that a driver or device object uses on its own account, in place of what it claimed before. False if
  /// somebody else has any of them. IRQL: PASSIVE_LEVEL.
  bool claim_for_detection(const void* claimant, const std::vector<Resource>& resources);
  /// PNP-010. Its PDO; null if there was no memory for it. IRQL: PASSIVE_LEVEL.
  nt::DEVICE_OBJECT* add_detected(const DetectedDevice& device);
  /// Called on the worker when IRP_MN_SURPRISE_REMOVAL has come back from a stack: its drivers are done with the
  /// device.
  void (*on_surprise_removed)(nt::DEVICE_OBJECT* pdo) = nullptr;
  /// "pvscsi (devnode#3)" refused with `status`.
  Change refusal(Devnode& node, nt::NTSTATUS status) const;
  Arbiter& arbiter() { return *arbiter_; }
  InterfaceTable& interfaces() { return *interfaces_; }
  NotificationTable& notifications() { return *notifications_; }
  PlatformResets& resets() { return *resets_; }
  /// The stack says which power its device has now (PoSetPowerState).
  void device_power_changed(Devnode& node, nt::DEVICE_POWER_STATE state);

 private:
  friend class RootBus;
  friend class PlatformResets;

  // The worker (worker.cpp).
  Change ask(std::function<Change()> work);
  void queue(std::function<void()> work);
  void ensure_worker();
  void worker_loop();
  /// False for want of memory for the root or a device below it; asked again, it tries again.
  [[nodiscard]] bool ensure_root();
  template <class Work>
  Change ask_about(DevnodeId id, Work work);

  // The table (transitions.cpp) and what its actions do.
  void dispatch(Devnode& node, DevnodeEvent event);
  std::optional<DevnodeEvent> perform(DevnodeAction action, Devnode& node);
  std::optional<DevnodeEvent> find_drivers_of(Devnode& node);      // drivers.cpp
  std::optional<DevnodeEvent> assign_resources_to(Devnode& node);  // start.cpp
  DevnodeEvent place_resources(Devnode& node, const std::vector<Resource>& avoid);
  std::optional<DevnodeEvent> start_stack(Devnode& node);
  std::optional<DevnodeEvent> after_start(Devnode& node);
  void stop_stack(Devnode& node);                             // rebalance.cpp
  std::optional<DevnodeEvent> surprise_stack(Devnode& node);  // removal.cpp
  std::optional<DevnodeEvent> remove_stack(Devnode& node);
  void forget(Devnode& node);

  // Enumeration (enumeration.cpp).
  Devnode& new_devnode(Devnode* parent, nt::DEVICE_OBJECT* pdo);
  void identify(Devnode& node);
  void enumerate_children(Devnode& node);
  void start_devnode(Devnode& node);
  void install(Devnode& node, const DriverPackage& package);
  nt::NTSTATUS load_service(std::u16string_view name, Service** service);
  void unload_unused_drivers();
  void query_device_state(Devnode& node);
  void device_state_changed(Devnode& node);
  void leave_as_told(Devnode& node);
  void query_requirements(Devnode& node);
  void filter_requirements(Devnode& node);
  Change start_again(Devnode& node);
  void set_disabled(Devnode& node, bool disabled);

  // Removal and rebalance.
  void add_to(RemovalSet& set, Devnode& node);
  void add_relations(RemovalSet& set, Devnode& node);
  std::vector<Devnode*> relations_of(Devnode& node, nt::DEVICE_RELATION_TYPE type);
  Change ask_to_leave(Devnode& node, RemovalSet& set);
  /// Asks everyone concerned: callbacks of the whole set first, then the stacks, children first. If somebody refuses
  /// the change says who; cancel_remove() is then due.
  Change query_remove(const std::vector<Devnode*>& roots, RemovalSet& set);
  void cancel_remove(RemovalSet& set);
  void remove_agreed(RemovalSet& set);
  Change remove_tree(Devnode& node, bool only_ask = false);
  void remove_agreed(Devnode& node);
  Change eject_tree(Devnode& node);
  void finish_surprise(Devnode& node);
  Change query_stop_tree(Devnode& node, std::vector<Devnode*>& agreed);
  Change rebalance_tree(Devnode& node, NewResources which, bool only_ask = false);
  unsigned open_handles(const Devnode& node) const;

  DriverStore store_;
  std::vector<std::unique_ptr<Devnode>> devnodes_;  ///< by id - 1; forgotten ones stay, Deleted
  Devnode* root_ = nullptr;
  RootBus* root_bus_ = nullptr;
  std::vector<RootDevice> root_devices_;  ///< not given to the root bus yet
  std::array<std::uint32_t, kDevnodeRowCount> visits_{};
  std::vector<SentIrp> sent_;
  Arbiter* arbiter_ = nullptr;
  std::vector<const void*> detection_owners_;  ///< who claimed resources without a devnode
  InterfaceTable* interfaces_ = nullptr;
  NotificationTable* notifications_ = nullptr;
  PlatformResets* resets_ = nullptr;
  PowerWatch* power_watch_ = nullptr;

  unsigned dispatch_depth_ = 0;
  std::vector<Devnode*> surprised_;  ///< got their IRP during the dispatch under way; finished after it

  std::deque<std::function<void()>> requests_;
  nt::KEVENT* work_arrived_ = nullptr;
  std::uint32_t worker_thread_ = 0;  ///< its machine thread's id; 0: not created yet
  bool worker_busy_ = false;
};

/// The manager of the machine that runs on this thread.
inline Manager& manager() {
  return *kernel().pnp;
}

}  // namespace drydock::ntos::pnp
