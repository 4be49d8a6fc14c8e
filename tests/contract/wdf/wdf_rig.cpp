#include "contract/wdf/wdf_rig.h"

#include <gtest/gtest-spi.h>

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "contract/ntos/kernel_rig.h"
#include "image/loader.h"
#include "models/pci/fabric.h"
#include "nt/bugcheck.h"
#include "ntos/io/device.h"
#include "ntos/io/driver.h"
#include "ntos/kernel.h"

namespace drydock::test::wdf {

namespace {

namespace io = ntos::io;
using ntos::pnp::DriverPackage;
using ntos::pnp::InstalledValue;
using ntos::pnp::Service;

constexpr models::pci::Location kLocation{0, 5, 0};
constexpr models::pci::Location kNeighbour{0, 13, 0};  // eight further: the same line

struct CallName {
  const char* name;
  char argument;
};
constexpr char P = 'P', N = 'N';
constexpr CallName kCalls[] = {
#define X(name, argument) {#name, static_cast<char>(argument)},
    PUPPET_CALLS(X)
#undef X
};

std::string power_state(PU32 state) {
  constexpr const char* names[] = {"Invalid", "D0", "D1", "D2", "D3", "D3Final", "PrepareForHibernation"};
  return state < std::size(names) ? names[state] : fmt::format("{}", state);
}

std::string describe(const PUPPET_ENTRY& entry) {
  const CallName& call = kCalls[entry.Call];
  std::string text = call.name;
  if (call.argument == 'P') text += fmt::format("({})", power_state(entry.Argument));
  if (call.argument == 'N') text += fmt::format("({})", entry.Argument);
  return entry.Device > 1 ? fmt::format("{}:{}", entry.Device, text) : text;
}

std::string request_name(const ntos::pnp::SentIrp& irp) {
  if (irp.major == IRP_MJ_POWER) return irp.minor == IRP_MN_SET_POWER ? "SET_POWER" : "";
  switch (irp.minor) {
    case IRP_MN_START_DEVICE:
      return "START";
    case IRP_MN_QUERY_STOP_DEVICE:
      return "QUERY_STOP";
    case IRP_MN_STOP_DEVICE:
      return "STOP";
    case IRP_MN_CANCEL_STOP_DEVICE:
      return "CANCEL_STOP";
    case IRP_MN_QUERY_REMOVE_DEVICE:
      return "QUERY_REMOVE";
    case IRP_MN_REMOVE_DEVICE:
      return "REMOVE";
    case IRP_MN_CANCEL_REMOVE_DEVICE:
      return "CANCEL_REMOVE";
    case IRP_MN_SURPRISE_REMOVAL:
      return "SURPRISE_REMOVAL";
    case IRP_MN_EJECT:
      return "EJECT";
    default:
      return "";
  }
}

}  // namespace

WdfRig::WdfRig(std::function<std::unique_ptr<machine::Strategy>()> strategy, std::string driver,
               unsigned processors)
    : driver_("test/" + std::move(driver)) {
  tests::guest("test/wdf_orders");  // parsed outside of the machine
  tests::guest(driver_);
  bus::board::Board board = bus::board::load_board("empty").value();
  machine::MachineConfig config = bus::board::machine_config(board);
  config.keep_records = true;
  if (processors != 0) config.processors = processors;
  config.strategy = std::move(strategy);
  machine_ = machine::Machine::create(config).value();
  const image::ExportIndex& exports = tests::driver_exports();
  machine_->enter([&] { image::Images::attach(*machine_, exports); });
  ntos::install_kernel(*machine_);
  EXPECT_TRUE(bus::board::build_board(*machine_, board));
  plug();
}

void WdfRig::install() {
  auto& store = machine_->part<ntos::Kernel>(machine::PartId::Kernel).pnp->store();
  for (const char16_t* name : {u"wdf_puppet", u"wdf_lower", u"wdf_upper"})
    store.add(Service{.name = name, .load = [this, name](DRIVER_OBJECT** driver) {
                        const std::u16string_view wide(name);
                        const io::LoadResult loaded =
                            io::load_driver(tests::guest(driver_), std::string(wide.begin(), wide.end()));
                        *driver = loaded.driver;
                        return loaded.status;
                      }});
  DriverPackage package{.service = u"wdf_puppet", .ids = {kWdfId}, .class_name = u"Test"};
  package.lower_filters = lower_filters_;
  package.upper_filters = upper_filters_;
  package.values.push_back(InstalledValue{.where = InstalledValue::Where::Hardware,
                                          .subkey = u"Interrupt Management\\MessageSignaledInterruptProperties",
                                          .name = u"MSISupported",
                                          .dword = messages_ ? 1u : 0u});
  store.add(package);
}

void WdfRig::use_image(std::string image) {
  driver_ = std::move(image);
  tests::guest(driver_);
}

void WdfRig::on(PuppetCall call, std::function<void()> then, unsigned device) {
  hooks_.push_back({call, device, std::move(then)});
}

void WdfRig::call_hooks(PVOID rig, PU32 device, PU32 call, PU32) {
  const std::vector<Hook> hooks = static_cast<WdfRig*>(rig)->hooks_;  // one may add another
  for (const Hook& hook : hooks)
    if (hook.call == static_cast<PuppetCall>(call) && (hook.device == 0 || hook.device == device)) hook.then();
}

PUPPET* WdfRig::load_puppet() {
  const io::LoadResult loaded = io::load_driver(tests::guest("test/wdf_orders"), "wdf_orders");
  auto* puppet = static_cast<PUPPET*>(io::record_of(loaded.driver).image->find_symbol("Puppet"));
  puppet->Hook = reinterpret_cast<std::uintptr_t>(io::guest_callable(&WdfRig::call_hooks, "WdfRig::call_hooks"));
  puppet->HookContext = reinterpret_cast<std::uintptr_t>(this);
  return puppet;
}

void WdfRig::plug() {
  machine_->enter([this] {
    bus::board::board_part()->fabric->plug(kLocation, [this](machine::DeviceWires& wires) {
      auto made = std::make_unique<WdfModel>(wires);
      model = made.get();
      return made;
    });
  });
}

void WdfRig::plug_neighbour() {
  machine_->enter([this] {
    bus::board::board_part()->fabric->plug(kNeighbour, [this](machine::DeviceWires& wires) {
      auto made = std::make_unique<WdfModel>(wires);
      neighbour = made.get();
      return made;
    });
  });
}

void WdfRig::add_filter(bool upper) {
  (upper ? upper_filters_ : lower_filters_).push_back(upper ? u"wdf_upper" : u"wdf_lower");
}

void WdfRig::beside(std::function<void()> body, const std::function<void()>& meanwhile) {
  bool done = false;
  machine::create_thread("beside", [&] {
    body();
    done = true;
  });
  meanwhile();
  while (!done) sleep(1ms);
}

void WdfRig::unplug() {
  EXPECT_TRUE(bus::board::unplug(*machine_, {kLocation.bus, kLocation.device, kLocation.function}));
}

void WdfRig::serve_children(std::vector<std::u16string> lower, std::vector<std::u16string> upper) {
  machine_->enter([&] {
    machine_->part<ntos::Kernel>(machine::PartId::Kernel)
        .pnp->store()
        .add(DriverPackage{.service = u"wdf_puppet",
                           .ids = {u"PUPPET\\Child"},
                           .class_name = u"Test",
                           .lower_filters = std::move(lower),
                           .upper_filters = std::move(upper)});
  });
}

PUPPET_ORDERS& WdfRig::orders(unsigned number) {
  has_orders_[number] = true;
  if (puppet_) {
    puppet_->HasOrders[number] = 1;
    return puppet_->Orders[number];
  }
  return orders_[number];
}

void WdfRig::expect_stop(std::uint32_t parameter1) {
  expect_bug_check(WDF_VIOLATION);
  stop_parameter_ = parameter1;
}

void WdfRig::expect_bug_check(std::uint32_t code) {
  stops_ = true;
  stop_code_ = code;
}

void WdfRig::run(const std::function<void(Manager&)>& body) {
  testing::TestPartResultArray failures;
  machine::Outcome outcome;
  {
    using Catcher = testing::ScopedFakeTestPartResultReporter;
    Catcher catcher(Catcher::INTERCEPT_ONLY_CURRENT_THREAD, &failures);
    if (!std::exchange(installed_, true)) machine_->enter([&] { install(); });
    outcome = machine_->run([&] {
      if (!puppet_) {
        puppet_ = load_puppet();
        for (unsigned i = 0; i <= PUPPET_DEVICES; ++i) {
          puppet_->Orders[i] = orders_[i];
          puppet_->HasOrders[i] = has_orders_[i];
        }
      }
      body(ntos::pnp::manager());
    });
  }
  for (int i = 0; i < failures.size(); ++i) {
    const testing::TestPartResult& failure = failures.GetTestPartResult(i);
    if (failure.failed()) ADD_FAILURE_AT(failure.file_name(), failure.line_number()) << failure.message();
  }
  EXPECT_EQ(outcome.kind, stops_ ? machine::OutcomeKind::BugCheck : machine::OutcomeKind::Completed);
  std::size_t next = 0;
  for (const machine::Finding& finding : machine_->findings()) {
    if (finding.severity == machine::Severity::Warning) continue;
    if (stops_ && finding.bug_check && finding.bug_check->code == stop_code_) {
      if (stop_code_ == WDF_VIOLATION) EXPECT_EQ(finding.bug_check->parameters[0], stop_parameter_) << finding.summary;
      continue;
    }
    if (next < expected_.size() && expected_[next] == finding.rule) {
      ++next;
      continue;
    }
    ADD_FAILURE() << finding.rule << ": " << finding.summary;
    for (const std::string& line : finding.details) ADD_FAILURE() << line;
  }
  EXPECT_EQ(next, expected_.size()) << "an expected finding did not come";
}

std::string WdfRig::log(unsigned only) {
  std::string text;
  const unsigned end = std::min<unsigned>(puppet_->Calls, PUPPET_LOG_MAX);
  for (; logged_ < end; ++logged_) {
    const PUPPET_ENTRY& entry = puppet_->Log[logged_];
    if (only == 0 || entry.Device == only) text += (text.empty() ? "" : "; ") + describe(entry);
  }
  return text;
}

unsigned WdfRig::count(PuppetCall call) const {
  return static_cast<unsigned>(
      std::count_if(puppet_->Log, puppet_->Log + std::min<unsigned>(puppet_->Calls, PUPPET_LOG_MAX),
                    [call](const PUPPET_ENTRY& entry) { return entry.Call == static_cast<PU32>(call); }));
}

unsigned WdfRig::irql_of(PuppetCall call) const {
  unsigned irql = 99;
  for (unsigned i = 0; i < std::min<unsigned>(puppet_->Calls, PUPPET_LOG_MAX); ++i)
    if (puppet_->Log[i].Call == static_cast<PU32>(call)) irql = puppet_->Log[i].Irql;
  return irql;
}

std::vector<unsigned> WdfRig::irqls_of(PuppetCall call) const {
  std::vector<unsigned> all;
  for (unsigned i = 0; i < std::min<unsigned>(puppet_->Calls, PUPPET_LOG_MAX); ++i)
    if (puppet_->Log[i].Call == static_cast<PU32>(call)) all.push_back(puppet_->Log[i].Irql);
  return all;
}

void WdfRig::checked(unsigned at_least) const {
  EXPECT_EQ(puppet_->Seen[SeenFirstFailure], 0u) << driver_ << ".c: a MUST in this line does not hold";
  EXPECT_GE(puppet_->Seen[SeenChecks], at_least);
}

std::string WdfRig::requests() {
  std::string text;
  const auto& sent = ntos::pnp::manager().sent_irps();
  for (; requested_ < sent.size(); ++requested_) {
    const std::string name = request_name(sent[requested_]);
    if (name.empty() || sent[requested_].devnode <= 2) continue;  // the root and the host bridge
    text += (text.empty() ? "" : " ") + name;
    if (sent[requested_].status < 0) text += fmt::format("={:08X}", static_cast<ULONG>(sent[requested_].status));
  }
  return text;
}

Devnode& WdfRig::node(Manager& manager) {
  auto served = manager.served_by(u"wdf_puppet");
  EXPECT_FALSE(served.empty());
  return *served.back();
}

DEVICE_OBJECT* WdfRig::device(Manager& manager) {
  return io::IoGetAttachedDevice(node(manager).pdo);
}

void WdfRig::sleep(machine::Duration time) {
  machine::delay_until(machine::Machine::current().now() + time, false, false);
}

}  // namespace drydock::test::wdf
