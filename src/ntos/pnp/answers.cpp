#include "ntos/pnp/answers.h"

#include <cstring>
#include <string>

#include "nt/pnp.h"
#include "ntos/ob/object.h"
#include "ntos/pnp/pool.h"

namespace drydock::ntos::pnp {

using namespace nt;

WCHAR* make_text(std::u16string_view text) {
  auto* block = static_cast<WCHAR*>(allocate_pool((text.size() + 1) * sizeof(WCHAR)));
  if (block) std::memcpy(block, text.data(), text.size() * sizeof(WCHAR));
  return block;
}

WCHAR* make_multi_text(const std::vector<std::u16string>& texts) {
  std::u16string all;
  for (const std::u16string& text : texts) all.append(text).push_back(0);
  return make_text(all);
}

void* make_relations(const std::vector<DEVICE_OBJECT*>& devices) {
  const std::size_t extra = devices.empty() ? 0 : (devices.size() - 1) * sizeof(DEVICE_OBJECT*);
  auto* relations = static_cast<DEVICE_RELATIONS*>(allocate_pool(sizeof(DEVICE_RELATIONS) + extra));
  if (!relations) return nullptr;
  relations->Count = static_cast<ULONG>(devices.size());
  DEVICE_OBJECT** to = relations->Objects;
  for (DEVICE_OBJECT* device : devices) {
    ob::reference(device);
    *to++ = device;
  }
  return relations;
}

}  // namespace drydock::ntos::pnp
