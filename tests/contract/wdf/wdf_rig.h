#pragma once
// A machine with a PCI function of its own and wdf_puppet.sys as its driver: orders before, the callbacks after.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bus/board/build_board.h"
#include "contract/wdf/wdf_model.h"
#include "guest/wdf_puppet.h"
#include "machine/machine.h"
#include "nt/irp.h"
#include "nt/pnp.h"
#include "ntos/pnp/manager.h"

namespace drydock::test::wdf {

using namespace nt;
using namespace std::chrono_literals;
using ntos::pnp::Devnode;
using ntos::pnp::DevnodeState;
using ntos::pnp::Manager;
using ntos::pnp::Problem;

class WdfRig {
 public:
  /// `driver`: an image of tests/guest that keeps its diary in wdf_orders.sys. `processors` 0: as many as usual.
  explicit WdfRig(std::function<std::unique_ptr<machine::Strategy>()> strategy = {}, std::string driver = "wdf_puppet",
                  unsigned processors = 0);
  virtual ~WdfRig() = default;

  /// Orders for device `number` (0: for all without their own). Before run(), or between two steps of it.
  PUPPET_ORDERS& orders(unsigned number = 0);

  /// Runs `body` on a machine thread with the puppet installed. Fails the test if the machine stops early or complains
  /// of something that is not expected.
  void run(const std::function<void(Manager&)>& body);
  /// The rules of the findings that the body is meant to cause, in order.
  void expect(std::vector<std::string> rules) { expected_ = std::move(rules); }
  /// The run is meant to end with bug check 0x10D and this first parameter, or with another bug check.
  void expect_stop(std::uint32_t parameter1);
  void expect_bug_check(std::uint32_t code);

  // ---- what it saw ----
  /// Since the last time: "PrepareHardware; D0Entry(D3Final); ...". Calls of the driver and of device `only`; without
  /// it, of all, those of devices after the first with their number before them.
  std::string log(unsigned only = 0);
  unsigned count(PuppetCall call) const;
  /// IRQL at the last call of `call`; 99 if there was none.
  unsigned irql_of(PuppetCall call) const;
  /// IRQL at every call of `call`, in order.
  std::vector<unsigned> irqls_of(PuppetCall call) const;
  /// Fails the test if a MUST in the driver did not hold, or if there were fewer than `at_least`.
  void checked(unsigned at_least = 1) const;
  PUPPET& puppet() const { return *puppet_; }
  /// PnP requests that change the state, and power requests, sent to any device since the last time: "START", failures
  /// as "START=C0000001".
  std::string requests();
  Devnode& node(Manager& manager);
  DEVICE_OBJECT* device(Manager& manager);

  // ---- the world ----
  void plug();
  void unplug();
  static void sleep(machine::Duration time);
  /// The driver also filters the device, as a service of its own, above or below itself. Before run().
  void add_filter(bool upper);
  /// The device gets a line, no messages. Before run().
  void use_line() { messages_ = false; }
  /// Another such device, on the same line.
  void plug_neighbour();
  /// `body` on a thread of its own, and what it does in the meantime.
  static void beside(std::function<void()> body, const std::function<void()>& meanwhile);
  /// Filters of the device, by service: "wdf_puppet" once more, or a HostFilter's. Before run().
  void add_filters(std::vector<std::u16string> lower, std::vector<std::u16string> upper) {
    lower_filters_ = std::move(lower), upper_filters_ = std::move(upper);
  }
  /// Another image in the puppet's place: "test/wdf_puppet_1_15". Before run().
  void use_image(std::string image);
  /// Inside of `call`, of device `device` (0: any): runs on the machine, at the callback's IRQL.
  void on(PuppetCall call, std::function<void()> then, unsigned device = 0);
  void on_none() { hooks_.clear(); }
  /// The puppet also is the function driver of its own children, and filters them below itself if wanted.
  void serve_children(std::vector<std::u16string> lower = {}, std::vector<std::u16string> upper = {});

  machine::Machine& machine() { return *machine_; }
  WdfModel* model = nullptr;
  WdfModel* neighbour = nullptr;

 protected:
  /// Puts the driver's services and its package into the machine's driver store.
  virtual void install();
  /// Where the puppet keeps what it is told and sees, at the first run.
  virtual PUPPET* load_puppet();
  PUPPET* puppet_ = nullptr;
  std::string driver_;

 private:
  std::unique_ptr<machine::Machine> machine_;
  PUPPET_ORDERS orders_[PUPPET_DEVICES + 1] = {};
  bool has_orders_[PUPPET_DEVICES + 1] = {};
  std::vector<std::string> expected_;
  bool installed_ = false, messages_ = true;
  std::vector<std::u16string> lower_filters_, upper_filters_;
  bool stops_ = false;
  std::uint32_t stop_code_ = 0;
  std::uint32_t stop_parameter_ = 0;
  unsigned logged_ = 0;
  std::size_t requested_ = 0;
  struct Hook {
    PuppetCall call;
    unsigned device;
    std::function<void()> then;
  };
  static void NTAPI call_hooks(PVOID rig, PU32 device, PU32 call, PU32 argument);
  std::vector<Hook> hooks_;
};

inline constexpr const char16_t* kWdfId = u"PCI\\VEN_1234&DEV_57DF";

}  // namespace drydock::test::wdf
