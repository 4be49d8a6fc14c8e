#pragma once
// How objects come to be: what every Wdf...Create does after it has looked at its parameters.

#include <memory>
#include <utility>

#include "wdf/driver.h"

namespace drydock::wdf {

/// Gives `object` its handle, context and parent, and the driver its handle. An object that cannot be had is deleted.
template <class T, class Handle>
NTSTATUS commit_new(std::unique_ptr<T> object, const WDF_OBJECT_ATTRIBUTES* attributes, Object* parent,
                    Handle* handle) {
  const NTSTATUS status = object->commit(attributes, parent);
  if (!NT_SUCCESS(status)) return status;
  *handle = object.release()->template handle_as<Handle>();
  return status;
}

/// The same with the attributes' parent, else the driver.
template <class T, class Handle>
NTSTATUS commit_new(std::unique_ptr<T> object, const WDF_OBJECT_ATTRIBUTES* attributes, Handle* handle) {
  Object* driver = object->client().driver;
  return commit_new(std::move(object), attributes, parent_from(attributes, driver), handle);
}

}  // namespace drydock::wdf
