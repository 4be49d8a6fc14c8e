#include "ntos/pnp/guid_text.h"

#include <fmt/format.h>

#include "ntos/ob/names.h"

namespace drydock::ntos::pnp {

std::u16string guid_text(const nt::GUID& guid) {
  return ob::widen(fmt::format("{{{:08x}-{:04x}-{:04x}-{:02x}{:02x}-{:02x}{:02x}{:02x}{:02x}{:02x}{:02x}}}", guid.Data1,
                               guid.Data2, guid.Data3, guid.Data4[0], guid.Data4[1], guid.Data4[2], guid.Data4[3],
                               guid.Data4[4], guid.Data4[5], guid.Data4[6], guid.Data4[7]));
}

std::u16string four_digits(unsigned number) {
  return ob::widen(fmt::format("{:04}", number));
}

std::u16string enum_key_path(const Devnode& node) {
  return u"\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\" + node.instance_path;
}

}  // namespace drydock::ntos::pnp
