#pragma once
// What the firmware says about resets: power resources, and the methods in the scope of each device (docs/contracts/
// reset.md, sections 7 and 9). A board writes it down, or names an AML table that does.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/slot.h"
#include "machine/time.h"

namespace drydock::bus::acpi {

/// A method: how long it takes, and how many of its next runs fail (a run that fails changes nothing).
struct Method {
  machine::Duration takes{};
  unsigned fails = 0;
};

/// A power resource. _ON, _OFF and _STA are there always (RST-167).
struct PowerResource {
  std::string name;
  std::optional<Method> rst;  ///< _RST: what _PRR needs
  Method on, off;
  int line = 0;  ///< in the board's file
};

/// The methods in one device's scope.
struct DeviceObject {
  std::optional<Method> rst;     ///< _RST: this device alone
  std::string prr;               ///< _PRR: a power resource; empty: none
  std::vector<std::string> pr3;  ///< _PR3: power resources
  /// _UPC's first byte and _PLD.UserVisible: a device that people can plug and see cannot be reset with its rail.
  std::optional<std::uint8_t> upc;
  std::optional<bool> user_visible;
  bool separate_power = false;  ///< does not share its rail with the other functions of its device (RST-122)
  bool empty() const { return !rst && prr.empty() && pr3.empty(); }
};

/// How a device is reset together with what shares its rail or line.
struct PlatformMethod {
  bool power_cycle = false;            ///< else the _RST of the one resource
  std::vector<std::string> resources;  ///< names
  std::vector<Slot> domain;            ///< in order of slots
};

struct Firmware {
  std::vector<PowerResource> resources;
  std::map<Slot, DeviceObject> devices;
  bool acknowledges_pr3 = true;  ///< bit 2 of what \_SB._OSC answers (RST-172)

  bool empty() const { return devices.empty(); }
  PowerResource* resource(std::string_view name);
  const PowerResource* resource(std::string_view name) const;
  /// What the firmware has to say of this function, siblings' rail included; null if nothing.
  const DeviceObject* object(Slot slot) const;
  /// Nothing if the device has neither _PRR nor a _PR3 that counts (RST-100, RST-169).
  std::optional<PlatformMethod> platform_method(Slot slot) const;
};

}  // namespace drydock::bus::acpi
