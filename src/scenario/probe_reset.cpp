#include "scenario/probe_reset.h"

#include <fmt/format.h>

#include "bus/board/build_board.h"
#include "bus/pci/capability_text.h"
#include "bus/pci/reset_target.h"
#include "models/pci/fabric.h"
#include "nt/pci.h"
#include "ntos/ke/delay.h"
#include "scenario/stage.h"

namespace drydock::scenario {

using namespace std::chrono_literals;
using bus::pci::ConfigAccess;
using machine::Machine;

namespace {

// PCI Express 4.0: how long after a reset nobody may ask (6.6.1), after D3hot (5.3.1.4), how long the bit of a bridge
// must be set at least (7.5.1.3.13).
constexpr machine::Duration kAfterReset = 100ms, kAfterD3 = 10ms, kBusResetHeld = 2ms;
constexpr machine::Duration kPollEvery = 10ms;

void wait(machine::Duration duration) {
  ntos::ke::delay(duration);
}

struct Subject {
  bus::pci::Pdo& pdo;
  const ConfigAccess& config() const { return pdo.config(); }
  models::pci::Location location() const {
    const bus::pci::Address at = config().address();
    return {at.bus, at.device, at.function};
  }
  models::pci::PciFabric& fabric() const { return *bus::board::board_part()->fabric; }
};

/// One way to reset a function. `perform` returns false if it could not be.
struct ResetWay {
  const char* name;
  std::string (*why_not)(const Subject& subject);  ///< "" if it is offered
  bool (*perform)(const Subject& subject);
  bool clears_command;  ///< decoding and bus mastering must be off afterwards
};

std::string offered(const Subject&) { return {}; }

std::string no_function_reset(const Subject& subject) {
  return bus::pci::offers_function_level_reset(subject.config()) ? "" : "its capabilities do not offer it";
}

bool reset_function(const Subject& subject) {
  const unsigned at = bus::pci::find_capability(subject.config(), nt::PCI_CAPABILITY_ID_PCI_EXPRESS);
  const std::uint32_t control = subject.config().read(at + nt::kExpressDeviceControl, 2);
  subject.config().write(at + nt::kExpressDeviceControl, 2, control | nt::kExpressControlInitiateFunctionLevelReset);
  wait(kAfterReset);
  return true;
}

std::string no_power_management(const Subject& subject) {
  return bus::pci::find_capability(subject.config(), nt::PCI_CAPABILITY_ID_POWER_MANAGEMENT)
             ? ""
             : "it has no power management capability";
}

bool visit_d3(const Subject& subject) {
  if (!bus::pci::set_power(subject.config(), false)) return false;
  wait(kAfterD3);
  if (!bus::pci::set_power(subject.config(), true)) return false;
  wait(kAfterD3);
  return true;
}

/// By the bridge above; where the board shows none (QEMU's port is not part of it) by the line that a bridge would
/// pull.
bool reset_bus_above(const Subject& subject) {
  constexpr unsigned kBridgeControl = 0x3E;
  constexpr std::uint32_t kSecondaryBusReset = 1u << 6;
  models::pci::PciFabric& fabric = subject.fabric();
  if (const auto bridge = fabric.bridge_above(subject.location())) {
    const std::uint32_t control = fabric.read_config(bridge->bus, bridge->device, bridge->function, kBridgeControl, 2);
    fabric.write_config(bridge->bus, bridge->device, bridge->function, kBridgeControl, 2, control | kSecondaryBusReset);
    wait(kBusResetHeld);
    fabric.write_config(bridge->bus, bridge->device, bridge->function, kBridgeControl, 2, control);
  } else {
    fabric.reset(subject.location(), machine::ResetKind::Conventional);
  }
  wait(kAfterReset);
  return true;
}

bool reset_system(const Subject&) {
  if (!bus::board::system_reset(Machine::current())) return false;
  wait(kAfterReset);
  return true;
}

constexpr ResetWay kWays[] = {
    {"function-level reset", no_function_reset, reset_function, true},
    {"D3hot and back", no_power_management, visit_d3, false},
    {"bus reset", offered, reset_bus_above, true},
    {"system reset", offered, reset_system, true},
};

/// Configuration retry and all ones mean: not yet (RST-192).
bool await_ready(const ConfigAccess& config, machine::Duration& took) {
  const machine::Time began = Machine::current().now();
  while (!config.present()) {
    if (Machine::current().now() - began > bus::pci::kReadyLimit) return false;
    wait(kPollEvery);
  }
  took = Machine::current().now() - began;
  return true;
}

/// What a function has turned on: decoding and bus mastering.
std::uint32_t enabled(const ConfigAccess& config) {
  return config.read(0x04, 2) & (nt::PCI_ENABLE_IO_SPACE | nt::PCI_ENABLE_MEMORY_SPACE | nt::PCI_ENABLE_BUS_MASTER);
}

/// "" if the function is as it was; else what is not.
std::string difference(const Subject& subject, const bus::pci::Identity& identity,
                       const std::vector<std::string>& capabilities, std::uint32_t enabled_before) {
  if (!(bus::pci::read_identity(subject.config()) == identity)) return "it is another device now";
  if (bus::pci::capability_texts(subject.config()) != capabilities) return "its capabilities have changed";
  if (enabled(subject.config()) != enabled_before) return "it does not let its decoding be turned on again";
  return {};
}

std::string result_of(const ResetWay& way, const Subject& subject, const ProbedRegisters& registers,
                      const DeviceUse& use, std::string& said) {
  const bus::pci::Identity identity = subject.pdo.identity();
  const std::vector<std::string> capabilities = bus::pci::capability_texts(subject.config());
  const std::uint32_t enabled_before = enabled(subject.config());
  if (!way.perform(subject)) return "it could not be performed";
  machine::Duration took{};
  if (!await_ready(subject.config(), took)) return "the device does not answer any more";
  if (way.clears_command && enabled(subject.config()) != 0) return "it had no effect: the device still decodes";
  subject.pdo.program_again();
  if (std::string what = difference(subject, identity, capabilities, enabled_before); !what.empty()) return what;
  if (!use.works(registers)) return fmt::format("it does not work afterwards: {}: no", use.what);
  said = fmt::format("usable: {}", use.what);
  if (took > kPollEvery) said += fmt::format("; ready {} late", time_text(took));
  return {};
}

}  // namespace

void try_resets(ProbedDevice& to, bus::pci::Pdo& pdo, const ProbedRegisters& registers, const DeviceUse& use) {
  const Subject subject{pdo};
  for (const ResetWay& way : kWays) {
    ProbedReset& reset = to.resets.emplace_back();
    reset.way = way.name;
    reset.said = way.why_not(subject);
    if (!reset.said.empty()) continue;
    std::string said;
    const std::string trouble = result_of(way, subject, registers, use, said);
    reset.state = trouble.empty() ? ProbedReset::State::Passed : ProbedReset::State::Failed;
    reset.said = trouble.empty() ? said : trouble;
    if (!trouble.empty()) return;  // what comes after would only fail with it
  }
}

}  // namespace drydock::scenario
