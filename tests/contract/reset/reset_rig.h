#pragma once
// A machine with resettable functions on its PCI bus and reset_puppet.sys for their drivers: the reset interface from
// both sides.

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bus/acpi/firmware.h"
#include "contract/reset/resettable_model.h"
#include "guest/reset_puppet.h"
#include "machine/guest_call.h"
#include "machine/machine.h"
#include "models/pci/fabric.h"
#include "nt/interface.h"
#include "nt/irp.h"
#include "nt/pnp.h"
#include "ntos/pnp/manager.h"
#include "ntos/pnp/platform_reset.h"

namespace drydock::test::reset {

using namespace nt;
using namespace std::chrono_literals;
using bus::Slot;
using bus::acpi::Firmware;
using bus::acpi::Method;
using ntos::pnp::Devnode;
using ntos::pnp::DevnodeState;
using ntos::pnp::Manager;
using ntos::pnp::Problem;
using ntos::pnp::ResetStepKind;
using Behaviour = ResettableModel::Behaviour;

/// Device id 11E8 + n in slot 0:5+n.0 unless said otherwise.
struct Function {
  Behaviour behaviour;
  models::pci::Location at{0, 5, 0};
};

class ResetRig {
 public:
  /// `board` is TOML; the functions are plugged in besides what it has.
  explicit ResetRig(std::vector<Function> functions = {Function{}}, Firmware firmware = {},
                    const char* board = "name = \"reset\"\nmemory = \"32 MiB\"\n");

  struct ServiceOptions {
    std::vector<std::string> lower, upper;  ///< filters: names of other services
    bool stays_loaded = true;               ///< so that its variables can be read at any time
    bool messages = false;                  ///< its INF asks for message interrupts
  };
  /// reset_puppet.sys under a name of its own, for devices with this id ("PCI\\VEN_1234&DEV_11E8"); empty: a filter.
  void service(const std::string& name, std::u16string id, const ServiceOptions& options);
  void service(const std::string& name, std::u16string id = u"PCI\\VEN_1234&DEV_11E8") { service(name, id, {}); }

  /// Runs `body` on a machine thread; whatever goes wrong fails the test, findings included.
  void run(const std::function<void(Manager&)>& body);
  /// The rules of the findings that `body` is meant to cause.
  std::vector<std::string> rules_after(const std::function<void(Manager&)>& body);

  machine::Machine& machine() { return *machine_; }
  models::pci::PciFabric& fabric();
  bus::acpi::Firmware& firmware();
  ResettableModel& model(models::pci::Location at = {0, 5, 0});
  machine::Time now() { return machine_->now(); }

  // ---- The driver, while it is loaded ----
  RESET_PUPPET& puppet(const std::string& service = "puppet");
  /// The device object of its latest instance.
  DEVICE_OBJECT* device(const std::string& service = "puppet");
  /// Calls a routine of the driver by its name.
  template <class Result, class... Arguments>
  Result call(const std::string& service, const char* routine, Arguments... arguments) {
    return machine::call_driver(reinterpret_cast<Result(NTAPI*)(Arguments...)>(symbol(service, routine)), arguments...);
  }
  /// Has the driver ask its stack, and look at what it got.
  NTSTATUS query(void* buffer, unsigned size, unsigned version = 1, ULONG_PTR* information = nullptr,
                 const std::string& service = "puppet");
  NTSTATUS get_interface(const std::string& service = "puppet");
  DEVICE_RESET_INTERFACE_STANDARD& interface(const std::string& service = "puppet");
  /// Has the driver call DeviceReset with the interface it got, getting it first if it has none.
  PUPPET_RESET reset(DEVICE_RESET_TYPE type, PUPPET_RESET call = {}, const std::string& service = "puppet");
  PUPPET_RESET reset_by(DEVICE_RESET_INTERFACE_STANDARD interface, DEVICE_RESET_TYPE type, PUPPET_RESET call = {},
                        const std::string& service = "puppet");
  PUPPET_STATUS status(unsigned missing = 0, const std::string& service = "puppet");

  Devnode& node(Manager& manager, const std::string& service = "puppet");
  /// PnP IRPs that removal, start and stop are made of, as sent: "puppet QUERY_REMOVE, neighbour QUERY_REMOVE, ...".
  std::string story(std::size_t from);
  std::size_t irps();
  /// The steps of resets since `from`: "requested, waiting, ...".
  std::vector<ResetStepKind> steps();
  machine::Time time_of(ResetStepKind kind, unsigned n = 0);
  unsigned count_of(ResetStepKind kind);

 private:
  void* symbol(const std::string& service, const char* name);
  std::unique_ptr<machine::Machine> machine_;
  std::map<models::pci::Location, ResettableModel*>* models_ = nullptr;
};

/// Two functions on one reset line, whose drivers are "puppet" and "neighbour".
Firmware shared_line(std::optional<Method> rst = Method{.takes = 10ms});
/// The same on one rail that is switched off and on.
Firmware shared_rail();
std::vector<Function> two_functions(Behaviour first = {}, Behaviour second = {});
inline constexpr const char16_t* kSecondId = u"PCI\\VEN_1234&DEV_11E9";
inline constexpr models::pci::Location kFirst{0, 5, 0}, kSecond{0, 6, 0};

/// The calls themselves take a little virtual time.
inline bool about(machine::Duration is, machine::Duration wanted) {
  return is >= wanted && is < wanted + 1ms;
}

/// Until no platform-level reset is left.
inline void until_over(Manager& manager) {
  manager.resets().wait_until_over();
  manager.wait_until_settled();
}

}  // namespace drydock::test::reset
