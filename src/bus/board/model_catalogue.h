#pragma once
// The device models a board may name, what each of them accepts, and how it is made.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "bus/board/board.h"
#include "models/disk/backing.h"
#include "models/pci/fabric.h"

namespace drydock::bus::board {

struct FaultInfo {
  std::string_view name;
  std::string_view meaning;
};

/// What lies behind the disks of one device, in the order of its disks. It outlives the device.
using Backings = std::vector<std::shared_ptr<models::disk::Backing>>;

/// Of a request's time in a device.
enum class RequestMoment : std::uint8_t {
  Taken,  ///< the device has just begun with it
  Ended,  ///< it is about to say that it has done it
};

struct ModelInfo {
  std::string_view name;
  std::string_view meaning;
  bool takes_disks = false;
  bool is_bridge = false;                 ///< a board names the bus behind it
  bool has_function_level_reset = false;  ///< so that a board may take it away
  std::span<const FaultInfo> faults;      ///< decisions that can be armed
  models::pci::ModelFactory (*make)(const Device& device, const Backings& backings);
  /// Has a fault strike at its next opportunity; null: the model strikes by decision only.
  void (*strike)(machine::DeviceModel& model, std::string_view fault) = nullptr;
  /// Of such strikes, those that have had no opportunity yet; null where `strike` is.
  unsigned (*strikes_to_come)(const machine::DeviceModel& model, std::string_view fault) = nullptr;
  /// Calls back at a moment of the nth request from now on (1: the next); null: the model does not count requests.
  void (*watch_request)(machine::DeviceModel& model, std::uint64_t nth, RequestMoment moment,
                        std::function<void()> action) = nullptr;
};

std::span<const ModelInfo> model_catalogue();
const ModelInfo* find_model(std::string_view name);
const FaultInfo* find_fault(const ModelInfo& model, std::string_view name);

}  // namespace drydock::bus::board
