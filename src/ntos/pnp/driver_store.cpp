#include "ntos/pnp/driver_store.h"

#include <algorithm>

#include "ntos/ob/names.h"

namespace drydock::ntos::pnp {

bool same_id(std::u16string_view a, std::u16string_view b) {
  return ob::same_name(a, b);
}

void DriverStore::add(Service service) {
  if (Service* known = find_service(service.name)) {
    known->load = std::move(service.load);
    known->stays_loaded = service.stays_loaded;
    return;
  }
  services_.push_back(std::move(service));
}

void DriverStore::add(DriverPackage package) {
  packages_.push_back(std::move(package));
}

void DriverStore::add(ClassFilters filters) {
  filters_.push_back(std::move(filters));
}

Service* DriverStore::find_service(std::u16string_view name) {
  for (Service& service : services_)
    if (same_id(service.name, name)) return &service;
  return nullptr;
}

const DriverPackage* DriverStore::match(const std::vector<std::u16string>& hardware_ids,
                                        const std::vector<std::u16string>& compatible_ids) const {
  auto naming = [this](const std::u16string& id) -> const DriverPackage* {
    auto found = std::find_if(packages_.rbegin(), packages_.rend(), [&id](const DriverPackage& package) {
      return std::any_of(package.ids.begin(), package.ids.end(), [&id](const auto& each) { return same_id(each, id); });
    });
    return found == packages_.rend() ? nullptr : &*found;
  };
  for (const auto* ids : {&hardware_ids, &compatible_ids})
    for (const std::u16string& id : *ids)
      if (const DriverPackage* package = naming(id)) return package;
  return nullptr;
}

const ClassFilters* DriverStore::filters_of(const nt::GUID& class_guid) const {
  for (const ClassFilters& filters : filters_)
    if (filters.class_guid == class_guid) return &filters;
  return nullptr;
}

}  // namespace drydock::ntos::pnp
