#pragma once
// Resets as the firmware does them: the device's own _RST, the _RST of a power resource, the D3cold power cycle.

#include "bus/acpi/acpi_driver.h"
#include "bus/pci/reset_target.h"

namespace drydock::bus::acpi {

/// The function below a filter. _RST in its scope replaces what its bus has (RST-163).
class FirmwareReset final : public pci::ResetTarget {
 public:
  FirmwareReset(pci::Pdo& function, Slot slot) : ResetTarget(function), slot_(slot) {}

  nt::ULONGLONG types() const override;
  nt::NTSTATUS function_level() override;
  nt::NTSTATUS platform_level() override;

 private:
  Slot slot_;
};

}  // namespace drydock::bus::acpi
