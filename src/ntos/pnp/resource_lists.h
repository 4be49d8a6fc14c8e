#pragma once
// The IO_ and CM_ lists of drivers, read into and made from our own words (resources.h).

#include <string>
#include <vector>

#include "nt/resource.h"
#include "ntos/pnp/resources.h"

namespace drydock::ntos::pnp {

/// What a driver gave for IRP_MN_QUERY_RESOURCES; null gives nothing.
std::vector<Resource> read_resources(const nt::CM_RESOURCE_LIST* list);

/// What a driver gave for IRP_MN_QUERY_RESOURCE_REQUIREMENTS or left by IRP_MN_FILTER_RESOURCE_REQUIREMENTS.
/// Descriptors of kinds that are not arbitrated are kept in their place. Null gives nothing.
Requirements read_requirements(const nt::IO_RESOURCE_REQUIREMENTS_LIST* list);

/// Each in a block of paged pool of its own, which the receiver frees; null if there is nothing to say, or if pool is
/// exhausted.
nt::IO_RESOURCE_REQUIREMENTS_LIST* make_requirements_list(const Requirements& requirements);
enum class ListForm { Raw, Translated };
nt::CM_RESOURCE_LIST* make_resource_list(const std::vector<Resource>& resources, ListForm form,
                                         nt::ULONG interface_type, nt::ULONG bus);
/// Bytes that `list` occupies.
std::size_t bytes_of(const nt::CM_RESOURCE_LIST* list);

/// "memory E0000000-E0007FFF", for reports.
std::string to_text(const Resource& resource);

}  // namespace drydock::ntos::pnp
