#pragma once
// GUIDs and registry paths as text.

#include <string>

#include "nt/guid.h"
#include "ntos/pnp/devnode.h"

namespace drydock::ntos::pnp {

/// "{53f56307-b6bf-11d0-94f2-00a0c91efb8b}", in lower case as setup writes it.
std::u16string guid_text(const nt::GUID& guid);
/// "0007"
std::u16string four_digits(unsigned number);
/// \Registry\Machine\System\CurrentControlSet\Enum\<instance path>
std::u16string enum_key_path(const Devnode& node);
/// In that key's value ConfigFlags (regstr.h).
inline constexpr nt::ULONG CONFIGFLAG_DISABLED = 0x1;

}  // namespace drydock::ntos::pnp
