#pragma once
// Which driver serves which device: what INF files and the service keys say on Windows.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nt/base.h"
#include "nt/guid.h"

namespace drydock::nt {
struct DRIVER_OBJECT;
}

namespace drydock::ntos::pnp {

/// A service: a driver that can be loaded. `load` runs DriverEntry and yields the driver object; the manager calls it
/// when the first device needs the service and unloads the driver after its last device is gone.
struct Service {
  std::u16string name;
  std::function<nt::NTSTATUS(nt::DRIVER_OBJECT** driver)> load;
  nt::DRIVER_OBJECT* driver = nullptr;  ///< while loaded
  bool stays_loaded = false;            ///< our own drivers (pci, disk): never unloaded by the manager
};

/// A registry value that installation writes, under the device's hardware or software key or the service's Parameters.
struct InstalledValue {
  enum class Where { Hardware, Software, Service } where = Where::Hardware;
  std::u16string subkey;  ///< "Interrupt Management\MessageSignaledInterruptProperties"
  std::u16string name;
  nt::ULONG dword = 0;
  std::optional<std::u16string> text = {};  ///< instead of the number
  bool operator==(const InstalledValue&) const = default;
};

/// What an INF's models section says about one driver.
struct DriverPackage {
  std::u16string service;  ///< empty: the device needs no function driver, its bus driver serves it
  std::vector<std::u16string> ids;  ///< hardware or compatible ids, compared without case
  std::u16string class_name;        ///< "SCSIAdapter"
  nt::GUID class_guid{};
  std::u16string description;
  std::vector<std::u16string> lower_filters, upper_filters;  ///< device filters: services, nearest to the PDO first
  std::vector<InstalledValue> values;
};

/// Filters for every device of a setup class.
struct ClassFilters {
  nt::GUID class_guid{};
  std::vector<std::u16string> lower, upper;
};

class DriverStore {
 public:
  void add(Service service);
  void add(DriverPackage package);
  void add(ClassFilters filters);

  Service* find_service(std::u16string_view name);
  /// The best package for a device: the earliest of its hardware ids that any package names, then compatible ids;
  /// packages added later win over earlier ones.
  const DriverPackage* match(const std::vector<std::u16string>& hardware_ids,
                             const std::vector<std::u16string>& compatible_ids) const;
  const ClassFilters* filters_of(const nt::GUID& class_guid) const;
  std::vector<Service>& services() { return services_; }

 private:
  std::vector<Service> services_;
  std::vector<DriverPackage> packages_;
  std::vector<ClassFilters> filters_;
};

/// Windows' comparison of ids and names: without case, ASCII and Latin-1.
bool same_id(std::u16string_view a, std::u16string_view b);

}  // namespace drydock::ntos::pnp
