#include "scenario/under_load.h"

#include <algorithm>

#include <fmt/format.h>

#include "ntos/ke/delay.h"
#include "scenario/device_load.h"
#include "scenario/devices.h"
#include "scenario/disk_accounts.h"
#include "scenario/disk_load.h"
#include "scenario/edu_load.h"
#include "scenario/toolbox_load.h"

namespace drydock::scenario {

using namespace std::chrono_literals;
using machine::Machine;

namespace {

/// Where in the load the disturbance comes: one of so many moments, the first without decisions.
constexpr std::uint32_t kMoments = 16;
constexpr machine::Duration kPollEvery = 20us;
constexpr machine::Duration kPollAtMost = 5ms;  ///< while nothing moves: the device hangs

}  // namespace

std::vector<std::unique_ptr<RequestSource>> disk_sources(Stage& stage) {
  std::vector<std::unique_ptr<RequestSource>> sources;
  for (Disk* disk : stage.present_disks()) sources.push_back(std::make_unique<DiskSource>(stage, *disk));
  return sources;
}

std::vector<std::unique_ptr<RequestSource>> interface_sources(Stage& stage) {
  std::vector<std::unique_ptr<RequestSource>> sources;
  for (OpenInterface& interface : stage.interfaces())
    if (EduSource::understands(interface))
      sources.push_back(std::make_unique<EduSource>(stage, interface));
    else if (ToolboxSource::understands(interface))
      sources.push_back(std::make_unique<ToolboxSource>(stage, interface));
    else if (ToolSource::understands(interface))
      sources.push_back(std::make_unique<ToolSource>(stage, interface));
    else
      sources.push_back(std::make_unique<DeviceSource>(stage, interface));
  return sources;
}

std::vector<std::unique_ptr<RequestSource>> open_sources(Stage& stage) {
  open_by_name(stage);
  std::vector<std::unique_ptr<RequestSource>> sources = disk_sources(stage);
  for (std::unique_ptr<RequestSource>& source : interface_sources(stage)) sources.push_back(std::move(source));
  return sources;
}

std::unique_ptr<Load> start_load(Stage& stage, bool failures_allowed, unsigned requests) {
  std::vector<std::unique_ptr<RequestSource>> sources = open_sources(stage);
  if (sources.empty()) return nullptr;
  LoadPlan plan;
  plan.requests = requests != 0 ? requests : stage.config().requests;
  plan.failures_allowed = failures_allowed || stage.devices_may_fail();
  auto load = std::make_unique<Load>(stage, std::move(sources), plan);
  load->start();
  return load;
}

unsigned await_moment(Stage& stage, const Load& load) {
  const std::uint32_t chosen = stage.machine().choose("order.disturbance", kMoments);
  const unsigned after = load.planned() / 4 + load.planned() / 2 * chosen / kMoments;
  machine::Duration poll = kPollEvery;
  for (unsigned sent = load.sent(); load.running() && (sent < after || load.outstanding() == 0);) {
    ntos::ke::delay(poll);
    poll = sent == load.sent() ? std::min(2 * poll, kPollAtMost) : kPollEvery;
    sent = load.sent();
  }
  return load.outstanding();
}

RetryCount::RetryCount(Stage& stage) : stage_(stage), before_(requests_retried(stage.machine())) {}

RetryCount::~RetryCount() {
  stage_.counts().retried += requests_retried(stage_.machine()) - before_;
}

std::string Disturbed::text() const {
  if (!with_load) return {};
  return fmt::format("{} in flight, {}", in_flight, failed == 0 ? "none failed" : fmt::format("{} failed", failed));
}

Disturbed under_load(Stage& stage, bool failures_allowed, const std::function<void()>& disturb, unsigned requests) {
  Disturbed result;
  std::unique_ptr<Load> load = start_load(stage, failures_allowed, requests);
  if (!load) {
    disturb();
    return result;
  }
  RetryCount retries(stage);
  result.with_load = true;
  result.in_flight = await_moment(stage, *load);
  disturb();
  load->join();
  result.failed = load->failed();
  result.lines = load->failure_lines();
  return result;
}

}  // namespace drydock::scenario
