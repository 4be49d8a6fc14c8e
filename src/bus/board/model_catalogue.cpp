#include "bus/board/model_catalogue.h"

namespace drydock::bus::board {

namespace {

constexpr std::string_view kPvscsiFaults[] = {
    "hang", "late",           "lose_interrupt", "spurious", "foreign_reset", "bus_reset_hangs", "bus_reset_fails",
    "die",  "dma_after_reset"};

constexpr ModelInfo kModels[] = {
    {"pvscsi", "VMware PVSCSI adapter (15AD:07C0), several targets and units, INTx and MSI", true, kPvscsiFaults},
};

}  // namespace

std::span<const ModelInfo> model_catalogue() {
  return kModels;
}

const ModelInfo* find_model(std::string_view name) {
  for (const ModelInfo& model : kModels)
    if (model.name == name) return &model;
  return nullptr;
}

}  // namespace drydock::bus::board
