#pragma once
// A machine with a board, and drivers of the test's own making that keep a diary of the PnP IRPs they see.

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bus/board/board.h"
#include "bus/board/build_board.h"
#include "machine/machine.h"
#include "nt/irp.h"
#include "nt/pnp.h"
#include "ntos/pnp/manager.h"

namespace drydock::test::pnp {

using namespace nt;
using ntos::pnp::Change;
using ntos::pnp::Devnode;
using ntos::pnp::DevnodeState;
using ntos::pnp::Manager;
using ntos::pnp::Problem;

/// What one driver of the test does and saw.
struct Script {
  std::string name;
  std::map<UCHAR, NTSTATUS> refuse;  ///< by PnP minor code: completed here with this status
  ULONG device_state = 0;            ///< added to IRP_MN_QUERY_PNP_DEVICE_STATE
  NTSTATUS add_device = STATUS_SUCCESS;
  bool leaves_initializing = false;  ///< AddDevice forgets to clear the flag
  std::vector<GUID> interfaces;      ///< registered by AddDevice, enabled by START, disabled at the end
  std::function<void(DEVICE_OBJECT*, IRP*)> on_start;             ///< after the lower drivers have started
  std::function<void(IO_RESOURCE_REQUIREMENTS_LIST*)> on_filter;  ///< may change the list in place
  std::map<UCHAR, NTSTATUS> refuse_power;                         ///< by power minor code
  bool owns_power_policy = false;                                 ///< sends its device to D3 and back with the system
  std::vector<std::string>* diary = nullptr;

  // The last instance.
  DRIVER_OBJECT* driver = nullptr;
  DEVICE_OBJECT* device = nullptr;
  DEVICE_OBJECT* pdo = nullptr;
  std::vector<std::u16string> links;
  unsigned devices = 0;

  // Children, if it is a bus: their instance ids.
  bool is_bus = false;
  std::vector<std::u16string> children;
  std::map<std::u16string, DEVICE_OBJECT*> child_pdos;
  std::map<DEVICE_OBJECT*, std::u16string> child_names;
};

class PnpRig {
 public:
  explicit PnpRig(std::string board = "pvscsi");

  /// Runs `body` on a machine thread; fails the test if the machine does not come to its end in order.
  void run(const std::function<void(Manager&)>& body);

  /// A driver named `name`. With ids it is the function driver of devices with these ids.
  Script& driver(std::string name, std::vector<std::u16string> ids = {});
  /// Function driver `function` for the ids, with filters that driver() has made.
  void package(const std::string& function, std::vector<std::u16string> ids, std::vector<std::u16string> lower,
               std::vector<std::u16string> upper, std::vector<ntos::pnp::InstalledValue> values = {});

  machine::Machine& machine() { return *machine_; }
  std::vector<std::string>& diary() { return *diary_; }
  /// The minor codes the manager sent to a devnode, in order, as "START QUERY_CAPABILITIES ...".
  std::string sent_to(const Devnode& node, std::size_t from = 0) const;
  std::string diary_text();

 private:
  std::unique_ptr<machine::Machine> machine_;
  std::vector<std::string>* diary_ = nullptr;
};

inline constexpr const char16_t* kPvscsiId = u"PCI\\VEN_15AD&DEV_07C0";
inline constexpr GUID kTestInterface = {0x7A1F0A30, 0x5C1B, 0x4B55, {0x9E, 0x1D, 0x21, 0x0C, 0x51, 0x83, 0x0A, 0x01}};

}  // namespace drydock::test::pnp
