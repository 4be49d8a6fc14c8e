#pragma once
// A machine with one educational device, a software device of the root, and puppets (tests/guest) as their drivers: the
// PnP and power manager seen by real drivers.

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "bus/board/board.h"
#include "guest/pnp_puppet.h"
#include "image/pe_image.h"
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

inline constexpr const char16_t* kEduId = u"PCI\\VEN_1234&DEV_11E8";
inline constexpr const char16_t* kRootId = u"ROOT\\PUPPET";
inline constexpr bus::board::Slot kEduSlot{0, 4, 0};

class StackRig {
 public:
  StackRig();

  /// A puppet under this name; it is loaded by load(), so that orders can be given before its first device.
  StackRig& driver(const std::string& name, const std::string& image = "pnp_puppet");
  /// Puppets as function driver and filters for a hardware id.
  StackRig& package(const std::u16string& id, const std::string& function, std::vector<std::string> lower = {},
                    std::vector<std::string> upper = {});
  /// Loads the puppets that packages name, runs `orders`, enumerates, then runs `body`. Findings fail the test unless
  /// expected.
  void run(const std::function<void()>& orders, const std::function<void(Manager&)>& body);

  PNP_PUPPET& puppet(const std::string& name);
  /// The devnode with this hardware id that came last.
  Devnode& node(std::u16string_view id);
  /// What one puppet saw since the last call, PnP IRPs of the protocol and power IRPs: "AddDevice START REMOVE".
  std::string seen(const std::string& name);
  /// What all puppets saw, in order: "upper START, function START".
  std::string seen_by_all();
  void forget();
  /// Calls a function of a puppet.
  void call(const std::string& name, const char* function);

  machine::Machine& machine() { return *machine_; }
  const std::vector<machine::Finding>& findings() const { return machine_->findings(); }
  void expect_findings() { expects_findings_ = true; }

 private:
  std::unique_ptr<machine::Machine> machine_;
  const image::PeImage* bus_image_ = nullptr;
  std::map<std::string, const image::PeImage*> images_;
  std::map<std::string, PNP_PUPPET*> puppets_;
  std::map<std::string, DRIVER_OBJECT*> drivers_;
  std::vector<std::string> order_;
  bool expects_findings_ = false;
};

}  // namespace drydock::test::pnp
