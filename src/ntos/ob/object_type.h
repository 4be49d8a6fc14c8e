#pragma once
// Inside the object manager: types as drivers see them, and the namespace's two halves of creating a name.

#include <string_view>

#include "nt/device_object.h"
#include "nt/list.h"
#include "ntos/ob/object.h"

namespace drydock::nt {

/// Opaque to drivers. Name first, as debuggers expect it.
struct OBJECT_TYPE {
  LIST_ENTRY TypeList;
  UNICODE_STRING Name;
  PVOID DefaultObject;
  UCHAR Index;
};

}  // namespace drydock::nt

namespace drydock::ntos::ob {

/// The OBJECT_TYPE of `type`, in pool.
nt::OBJECT_TYPE* make_type_object(Type type);

/// Whether an object may be created under the canonical `path` now.
nt::NTSTATUS check_new_name(std::u16string_view path);
void insert_name(std::u16string_view path, void* body);

}  // namespace drydock::ntos::ob
