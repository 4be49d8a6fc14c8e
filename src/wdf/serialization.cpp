#include "wdf/serialization.h"

namespace drydock::wdf {

Object* serializing_parent(Object* object) {
  while (object && object->type() != ObjectType::Device && object->type() != ObjectType::Queue)
    object = object->parent();
  return object;
}

NTSTATUS lock_for_callback(Object& parent, bool passive_callback, CallbackLock** lock) {
  *lock = nullptr;
  Object* above = serializing_parent(&parent);
  if (!above || above->scope == WdfSynchronizationScopeNone) return STATUS_SUCCESS;
  CallbackLock* its = above->callback_lock();
  if (!its) return STATUS_SUCCESS;
  if (its->passive() != passive_callback) return STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL;
  *lock = its;
  return STATUS_SUCCESS;
}

}  // namespace drydock::wdf
