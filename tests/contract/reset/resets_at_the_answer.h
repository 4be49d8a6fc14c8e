#pragma once
// Somebody who resets an educational device at the worst moment, behind the back of its driver.

#include <array>

#include "../drivers/include/edu_registers.h"
#include "machine/wires.h"
#include "models/edu/edu_model.h"

namespace drydock::test::reset {

/// Resets the device at the moment when its driver is about to read the answer, and leaves it as the bus does.
class ResetsAtTheAnswer final : public machine::DeviceWitness {
 public:
  models::edu::EduModel* model = nullptr;
  void registers_touched(machine::PhysicalAddress address, unsigned) override {
    // First the number is written there, then the answer is read.
    if (!model || address % EDU_REGISTER_SPACE != EDU_FACTORIAL || ++touches_ != 2) return;
    std::array<std::uint32_t, 64> config;
    for (unsigned i = 0; i < config.size(); ++i) config[i] = model->config_read(4 * i, 4);
    model->reset(machine::ResetKind::FunctionLevel);
    for (unsigned i = 0; i < config.size(); ++i) model->config_write(4 * i, 4, config[i]);
  }

 private:
  unsigned touches_ = 0;
};

}  // namespace drydock::test::reset
