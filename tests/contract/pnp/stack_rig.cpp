#include "contract/pnp/stack_rig.h"

#include <algorithm>

#include <fmt/format.h>

#include "bus/board/build_board.h"
#include "contract/ntos/kernel_rig.h"
#include "image/loader.h"
#include "machine/guest_call.h"
#include "ntos/exports.h"
#include "ntos/io/driver.h"
#include "ntos/kernel.h"
#include "ntos/ob/names.h"

namespace drydock::test::pnp {

namespace {

constexpr std::string_view kBoard = R"(
name = "stack"
[[device]]
slot = "0:4.0"
model = "edu"
)";

const image::ExportIndex& exports() {
  static const image::ExportIndex index = [] {
    image::ExportIndex made;
    ntos::add_ntos_exports(made);
    return made;
  }();
  return index;
}

std::string line_text(const PNP_PUPPET_LINE& line) {
  switch (line.Code) {
    case PNP_PUPPET_ADD_DEVICE:
      return "AddDevice";
    case PNP_PUPPET_UNLOAD:
      return "Unload";
    default:
      break;
  }
  const auto major = static_cast<UCHAR>(line.Code >> 8), minor = static_cast<UCHAR>(line.Code);
  if (major == IRP_MJ_POWER) {
    if (minor == IRP_MN_WAIT_WAKE) return "WAIT_WAKE";
    const char* what = minor == IRP_MN_SET_POWER ? "SET" : "QUERY";
    return fmt::format("{}_{}{}", what, line.Argument & 0x100 ? "S" : "D", static_cast<int>(line.Argument & 0xFF) - 1);
  }
  if (major != IRP_MJ_PNP) return {};
  switch (minor) {
    case IRP_MN_START_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
      break;
    default:
      return {};
  }
  std::string name(ntos::pnp::pnp_minor_name(minor));
  name.erase(0, 7);
  if (name != "QUERY_PNP_DEVICE_STATE" && name.ends_with("_DEVICE")) name.resize(name.size() - 7);
  return name == "QUERY_PNP_DEVICE_STATE" ? "STATE" : name;
}

}  // namespace

StackRig::StackRig() {
  const bus::board::Board board = bus::board::parse_board(kBoard, "stack.toml").value();
  const image::ExportIndex& index = exports();
  bus_image_ = &tests::guest("test/bus_puppet");  // parsed on the host's heap, which outlives the machine
  machine::MachineConfig config = bus::board::machine_config(board);
  config.keep_records = true;
  machine_ = machine::Machine::create(config).value();
  ntos::install_kernel(*machine_);
  machine_->enter([&] { image::Images::attach(*machine_, index); });
  EXPECT_TRUE(bus::board::build_board(*machine_, board));
}

StackRig& StackRig::driver(const std::string& name, const std::string& image) {
  images_[name] = &tests::guest("test/" + image);
  puppets_[name] = nullptr;
  drivers_[name] = nullptr;
  order_.push_back(name);
  DRIVER_OBJECT** driver = &drivers_[name];
  machine_->enter([&] {
    ntos::pnp::manager().store().add(ntos::pnp::Service{.name = ntos::ob::widen(name),
                                                        .load =
                                                            [driver](DRIVER_OBJECT** loaded) {
                                                              *loaded = *driver;
                                                              return STATUS_SUCCESS;
                                                            },
                                                        .stays_loaded = true});
  });
  return *this;
}

StackRig& StackRig::package(const std::u16string& id, const std::string& function, std::vector<std::string> lower,
                            std::vector<std::string> upper) {
  machine_->enter([&] {
    ntos::pnp::DriverPackage package;
    package.service = ntos::ob::widen(function);
    package.ids = {id};
    package.class_name = u"Test";
    for (const std::string& each : lower) package.lower_filters.push_back(ntos::ob::widen(each));
    for (const std::string& each : upper) package.upper_filters.push_back(ntos::ob::widen(each));
    ntos::pnp::manager().store().add(std::move(package));
    if (id == kRootId)
      ntos::pnp::manager().add_root_device({.device_id = kRootId,
                                            .instance_id = u"0",
                                            .hardware_ids = {kRootId},
                                            .compatible_ids = {},
                                            .description = u"Puppet",
                                            .resources = {}});
  });
  return *this;
}

void StackRig::run(const std::function<void()>& orders, const std::function<void(Manager&)>& body) {
  const machine::Outcome outcome = machine_->run([&] {
    std::uint64_t clock = 0;
    for (const std::string& name : order_) {
      const auto loaded = ntos::io::load_driver(*images_[name], name);
      drivers_[name] = loaded.driver;
      puppets_[name] = static_cast<PNP_PUPPET*>(ntos::io::record_of(loaded.driver).image->find_symbol("Puppet"));
      if (clock == 0) clock = reinterpret_cast<std::uint64_t>(&puppets_[name]->Ticks);
      puppets_[name]->Clock = clock;
    }
    if (orders) orders();
    ntos::pnp::manager().enumerate_root();
    ntos::pnp::manager().wait_until_settled();
    body(ntos::pnp::manager());
  });
  if (expects_findings_) return;
  EXPECT_EQ(outcome.kind, machine::OutcomeKind::Completed);
  for (const machine::Finding& finding : machine_->findings()) ADD_FAILURE() << finding.rule << ": " << finding.summary;
}

PNP_PUPPET& StackRig::puppet(const std::string& name) {
  return *puppets_.at(name);
}

Devnode& StackRig::node(std::u16string_view id) {
  Devnode* last = nullptr;
  Manager& manager = ntos::pnp::manager();
  for (std::uint32_t n = 1; Devnode* node = manager.find(n); ++n) {
    if (node->state == DevnodeState::Deleted) continue;
    for (const auto* ids : {&node->hardware_ids, &node->compatible_ids})
      for (const std::u16string& each : *ids)
        if (ntos::pnp::same_id(each, id)) last = node;
  }
  EXPECT_NE(last, nullptr);
  return *last;
}

std::string StackRig::seen(const std::string& name) {
  PNP_PUPPET& puppet = *puppets_.at(name);
  std::string text;
  for (unsigned i = 0; i < puppet.LineCount; ++i) {
    const std::string line = line_text(puppet.Lines[i]);
    if (!line.empty()) text += (text.empty() ? "" : " ") + line;
  }
  puppet.LineCount = 0;
  return text;
}

std::string StackRig::seen_by_all() {
  struct Entry {
    unsigned sequence;
    std::string text;
  };
  std::vector<Entry> all;
  for (const std::string& name : order_) {
    PNP_PUPPET& puppet = *puppets_.at(name);
    for (unsigned i = 0; i < puppet.LineCount; ++i) {
      std::string line = line_text(puppet.Lines[i]);
      if (line.empty()) continue;
      std::string who = name;
      const unsigned child = puppet.Lines[i].Argument >> 16;
      if (images_[name] == bus_image_ && child != 0xFFFF) who += fmt::format("/{}", child);
      all.push_back({puppet.Lines[i].Sequence, who + " " + line});
    }
    puppet.LineCount = 0;
  }
  std::sort(all.begin(), all.end(), [](const Entry& a, const Entry& b) { return a.sequence < b.sequence; });
  std::string text;
  for (const Entry& each : all) text += (text.empty() ? "" : ", ") + each.text;
  return text;
}

void StackRig::forget() {
  for (auto& [name, puppet] : puppets_) puppet->LineCount = 0;
}

void StackRig::call(const std::string& name, const char* function) {
  using Routine = VOID(NTAPI*)();
  auto* routine = reinterpret_cast<Routine>(ntos::io::record_of(drivers_.at(name)).image->find_symbol(function));
  machine::call_driver(routine);
}

}  // namespace drydock::test::pnp
