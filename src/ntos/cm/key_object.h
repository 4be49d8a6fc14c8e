#pragma once
// Inside cm: key objects behind handles, and paths of drivers' calls.

#include "nt/string.h"
#include "ntos/cm/registry.h"

namespace drydock::ntos::cm {

/// Follows ObjectAttributes. `missing` gets what is left of the path below the deepest key that exists.
nt::NTSTATUS locate(const nt::OBJECT_ATTRIBUTES* attributes, Key** deepest, std::u16string* missing);
/// The key of a handle, or STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_KEY_DELETED.
nt::NTSTATUS key_of(nt::HANDLE handle, Key** key);

}  // namespace drydock::ntos::cm
