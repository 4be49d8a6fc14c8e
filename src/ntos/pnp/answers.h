#pragma once
// What bus drivers of ours answer PnP queries with: blocks of paged pool that the asker frees.

#include <string_view>
#include <vector>

#include "nt/base.h"
#include "nt/device_object.h"

namespace drydock::ntos::pnp {

/// Null if pool is exhausted; to be completed with STATUS_INSUFFICIENT_RESOURCES then.
nt::WCHAR* make_text(std::u16string_view text);
nt::WCHAR* make_multi_text(const std::vector<std::u16string>& texts);
/// DEVICE_RELATIONS; takes the reference on each object that the asker owes back.
void* make_relations(const std::vector<nt::DEVICE_OBJECT*>& devices);

}  // namespace drydock::ntos::pnp
