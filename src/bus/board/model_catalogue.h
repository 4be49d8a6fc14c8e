#pragma once
// The device models a board may name, and what each of them accepts.

#include <span>
#include <string_view>

namespace drydock::bus::board {

struct ModelInfo {
  std::string_view name;
  std::string_view meaning;
  bool takes_disks = false;
  std::span<const std::string_view> faults;  ///< decisions that can be armed
};

std::span<const ModelInfo> model_catalogue();
const ModelInfo* find_model(std::string_view name);

}  // namespace drydock::bus::board
