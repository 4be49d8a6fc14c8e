#include "wdf/object.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "machine/gs.h"
#include "wdf/callback_log.h"
#include "wdf/deferred.h"
#include "wdf/device.h"
#include "wdf/driver_memory.h"
#include "wdf/framework.h"
#include "wdf/misuse.h"
#include "wdf/old_structures.h"

namespace drydock::wdf {

const char* type_name(ObjectType type) {
  constexpr const char* names[] = {
      "WDFDRIVER",      "WDFDEVICE",      "WDFQUEUE",      "WDFREQUEST",        "WDFFILEOBJECT",   "WDFDPC",
      "WDFTIMER",       "WDFWORKITEM",    "WDFINTERRUPT",  "WDFWAITLOCK",       "WDFSPINLOCK",     "WDFMEMORY",
      "WDFLOOKASIDE",   "WDFIOTARGET",    "WDFDMAENABLER", "WDFDMATRANSACTION", "WDFCOMMONBUFFER", "WDFKEY",
      "WDFSTRING",      "WDFCOLLECTION",  "WDFCHILDLIST",  "WDFIORESREQLIST",   "WDFIORESLIST",    "WDFCMRESLIST",
      "WDFWMIPROVIDER", "WDFWMIINSTANCE", "WDFOBJECT"};
  static_assert(std::size(names) == static_cast<unsigned>(ObjectType::Count));
  return names[static_cast<unsigned>(type)];
}

namespace {

constexpr ObjectType kPassiveTypes[] = {ObjectType::Device, ObjectType::Driver,   ObjectType::Dpc,
                                        ObjectType::Queue,  ObjectType::Timer,    ObjectType::Interrupt,
                                        ObjectType::String, ObjectType::IoTarget, ObjectType::WorkItem};

}  // namespace

SIZE_T context_size(const WDF_OBJECT_ATTRIBUTES& attributes) {
  if (!attributes.ContextTypeInfo) return 0;
  return attributes.ContextSizeOverride ? attributes.ContextSizeOverride : attributes.ContextTypeInfo->ContextSize;
}

// ---- Handles ----

// The words are no canonical addresses, so that a driver which follows one faults at once.
WDFOBJECT Handles::give(Object& object) {
  std::uint32_t index;
  if (free_.empty()) {
    if (slots_.size() == kMax) return nullptr;
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Slot& slot = slots_[index];
  slot.object = &object;
  ++slot.generation;
  object.number_ = ++next_number_[static_cast<unsigned>(object.type())];
  return reinterpret_cast<WDFOBJECT>(0x5744'0000'0000'0000u | std::uint64_t{slot.generation & 0xFFFFFF} << 24 |
                                     std::uint64_t{index} << 4);
}

void Handles::take_back(Object& object) {
  if (!object.handle()) return;
  const auto index = static_cast<std::uint32_t>(reinterpret_cast<std::uint64_t>(object.handle()) >> 4 & (kMax - 1));
  slots_[index].object = nullptr;
  free_.push_back(index);
}

std::vector<Object*> Handles::of(const Client& client) const {
  std::vector<Object*> all;
  for (const Slot& slot : slots_)
    if (slot.object && &slot.object->client() == &client) all.push_back(slot.object);
  return all;
}

// ---- Objects ----

Object::Object(ObjectType type, Client& client)
    : needs_passive(client.host ||  // WDF-420
                    std::find(std::begin(kPassiveTypes), std::end(kPassiveTypes), type) != std::end(kPassiveTypes)),
      type_(type),
      client_(client),
      creator_(machine::gs::calling_address()) {}

Object::~Object() = default;

std::string Object::name() const {
  return fmt::format("{}#{}", type_name(type_), number_);
}

Device* Object::device() {
  return parent_ ? parent_->device() : nullptr;
}

NTSTATUS check_attributes(const WDF_OBJECT_ATTRIBUTES* attributes, AttributeRules rules) {
  if (!attributes) return rules.parent_required ? STATUS_WDF_PARENT_NOT_SPECIFIED : STATUS_SUCCESS;
  if (attributes->Size != sizeof(WDF_OBJECT_ATTRIBUTES)) return STATUS_INFO_LENGTH_MISMATCH;
  if (const WDF_OBJECT_CONTEXT_TYPE_INFO* type = attributes->ContextTypeInfo) {
    if (type->Size != sizeof(WDF_OBJECT_CONTEXT_TYPE_INFO) && type->Size != kContextTypeInfoSize10)
      return STATUS_INFO_LENGTH_MISMATCH;
    if (type->ContextSize != 0 && !type->ContextName) return STATUS_WDF_OBJECT_ATTRIBUTES_INVALID;
  }
  if (attributes->ContextSizeOverride != 0 &&
      (!attributes->ContextTypeInfo || attributes->ContextSizeOverride < attributes->ContextTypeInfo->ContextSize))
    return STATUS_WDF_OBJECT_ATTRIBUTES_INVALID;
  if (!rules.parent_allowed && attributes->ParentObject) return STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED;
  if (rules.parent_required && !attributes->ParentObject) return STATUS_WDF_PARENT_NOT_SPECIFIED;
  const LONG level = attributes->ExecutionLevel, scope = attributes->SynchronizationScope;
  if (level <= WdfExecutionLevelInvalid || level > WdfExecutionLevelDispatch ||
      scope <= WdfSynchronizationScopeInvalid || scope > WdfSynchronizationScopeNone)
    return STATUS_WDF_OBJECT_ATTRIBUTES_INVALID;
  if (!rules.synchronization_scope && scope != WdfSynchronizationScopeInheritFromParent &&
      scope != WdfSynchronizationScopeNone)
    return STATUS_WDF_SYNCHRONIZATION_SCOPE_INVALID;
  if (!rules.execution_level && level != WdfExecutionLevelInheritFromParent) return STATUS_WDF_EXECUTION_LEVEL_INVALID;
  return STATUS_SUCCESS;
}

NTSTATUS Object::make_context(const WDF_OBJECT_ATTRIBUTES& attributes, ObjectContext& context) {
  context.cleanup = attributes.EvtCleanupCallback;
  context.destroy = attributes.EvtDestroyCallback;
  if (!attributes.ContextTypeInfo) return STATUS_SUCCESS;
  context.unique = attributes.ContextTypeInfo->UniqueType;
  context.bytes = context_size(attributes);
  if (context.bytes == 0) return STATUS_SUCCESS;
  PVOID block = allocate_for_driver(client_, NonPagedPool, sizeof(ContextHeader) + context.bytes, client_.tag);
  if (!block) return STATUS_INSUFFICIENT_RESOURCES;
  std::memset(block, 0, sizeof(ContextHeader) + context.bytes);
  auto* header = static_cast<ContextHeader*>(block);
  header->object = handle_;
  context.memory = header + 1;
  return STATUS_SUCCESS;
}

NTSTATUS Object::commit(const WDF_OBJECT_ATTRIBUTES* attributes, Object* parent) {
  if (parent && parent->state_ != ObjectState::Created) return STATUS_DELETE_PENDING;
  if (machine::refused("wdf.object")) return STATUS_INSUFFICIENT_RESOURCES;
  handle_ = framework().handles.give(*this);
  if (!handle_) return STATUS_INSUFFICIENT_RESOURCES;
  if (attributes) {
    ObjectContext context;
    const NTSTATUS status = make_context(*attributes, context);
    if (!NT_SUCCESS(status)) {
      framework().handles.take_back(*this);
      handle_ = nullptr;
      return status;
    }
    contexts_.push_back(context);
  }
  if (parent) {
    parent_ = parent;
    parent->children_.push_back(this);
  }
  return STATUS_SUCCESS;
}

NTSTATUS Object::add_context(const WDF_OBJECT_ATTRIBUTES& attributes, PVOID* memory) {
  if (state_ != ObjectState::Created) return STATUS_DELETE_PENDING;
  for (const ObjectContext& each : contexts_) {
    if (!each.unique || each.unique != attributes.ContextTypeInfo->UniqueType) continue;
    if (memory) *memory = each.memory;
    return STATUS_OBJECT_NAME_EXISTS;
  }
  ObjectContext context;
  const NTSTATUS status = make_context(attributes, context);
  if (!NT_SUCCESS(status)) return status;
  contexts_.push_back(context);
  if (memory) *memory = context.memory;
  return STATUS_SUCCESS;
}

PVOID Object::context(const WDF_OBJECT_CONTEXT_TYPE_INFO* type) const {
  for (const ObjectContext& each : contexts_)
    if (each.unique == type) return each.memory;
  return nullptr;
}

void Object::dereference() {
  HOST_CHECK(references_ > 0);
  if (--references_ != 0) return;
  if (needs_passive && KeGetCurrentIrql() != PASSIVE_LEVEL)
    at_passive_level([this] { destroy(); });
  else
    destroy();
}

bool Object::remove_tag(PVOID tag) {
  auto found = std::find(tags_.begin(), tags_.end(), tag);
  if (found == tags_.end()) return false;
  tags_.erase(found);
  return true;
}

void Object::detach() {
  if (!parent_) return;
  std::erase(parent_->children_, this);
  parent_ = nullptr;
}

bool Object::tree_needs_passive() const {
  return needs_passive || std::any_of(children_.begin(), children_.end(),
                                      [](const Object* child) { return child->tree_needs_passive(); });
}

void Object::delete_object() {
  if (state_ == ObjectState::Created) {
    if (deletion_queued_) return;
    if (KeGetCurrentIrql() != PASSIVE_LEVEL && tree_needs_passive()) {
      deletion_queued_ = true;
      at_passive_level([this] {
        deletion_queued_ = false;
        delete_object();
      });
      return;
    }
    // Its parent must not meet it while it goes by itself.
    Object* parent = parent_;
    detach();
    parent_ = parent;  // device() still finds it in the callbacks
    dispose_tree();
    parent_ = nullptr;
  } else if (state_ == ObjectState::Disposed) {
    detach();
  } else {
    return;
  }
  destroy_tree();
}

void Object::dispose_now() {
  if (state_ == ObjectState::Created) dispose_tree();
}

void Object::dispose_tree() {
  state_ = ObjectState::Disposing;
  // WDF-477: siblings in order of creation. Callbacks may delete siblings meanwhile.
  for (std::size_t i = 0; i < children_.size();) {
    Object* child = children_[i];
    if (child->state_ == ObjectState::Created) child->dispose_tree();
    if (i < children_.size() && children_[i] == child) ++i;
  }
  run_down();
  call_cleanup();
  state_ = ObjectState::Disposed;
}

namespace {

void call_object_callback(Object& object, std::string_view name, PFN_WDF_OBJECT_CONTEXT_CLEANUP callback) {
  if (object.type() == ObjectType::Device) note_call(static_cast<Device&>(object), name);
  if (object.type() == ObjectType::Driver && !object.client().host)
    note_driver(object.client().name, std::string("calls ") + std::string(name));
  call_driver(callback, object.handle());
}

}  // namespace

void Object::call_cleanup() {
  for (std::size_t i = 0; i < contexts_.size(); ++i)
    if (auto cleanup = std::exchange(contexts_[i].cleanup, nullptr)) call_object_callback(*this, "ObjCleanup", cleanup);
}

void Object::destroy_tree() {
  state_ = ObjectState::Deleted;
  std::vector<Object*> children = std::move(children_);
  children_.clear();
  for (Object* child : children) {
    child->parent_ = nullptr;
    child->destroy_tree();
  }
  dereference();
}

void Object::destroy() {
  for (std::size_t i = 0; i < contexts_.size(); ++i) {
    // An object that never was disposed of: its last reference went first.
    if (auto cleanup = std::exchange(contexts_[i].cleanup, nullptr)) call_object_callback(*this, "ObjCleanup", cleanup);
    if (auto destroy = std::exchange(contexts_[i].destroy, nullptr)) call_object_callback(*this, "ObjDestroy", destroy);
  }
  framework().handles.take_back(*this);
  for (const ObjectContext& context : contexts_)
    if (context.memory) free_for_driver(client_, static_cast<ContextHeader*>(context.memory) - 1);
  delete this;
}

// ---- Callback locks ----

CallbackLock::CallbackLock(bool passive) : passive_(passive) {
  KeInitializeEvent(&free_, SynchronizationEvent, TRUE);
  KeInitializeSpinLock(&spin_);
}

bool CallbackLock::held_by_me() const {
  return owner_ && owner_ == &machine::current_thread() && owned_in_dpc_ == machine::in_dpc();
}

void CallbackLock::abandon() {
  abandoned_ = true;
  if (passive_) KeSetEvent(&free_, 0, FALSE);
}

void CallbackLock::acquire() {
  if (abandoned_) return;
  if (held_by_me())
    stop(Violation::RecursiveLock, "recursive-callback-lock", "the callback lock is taken again by its owner",
         reinterpret_cast<std::uint64_t>(this));
  if (passive_)
    KeWaitForSingleObject(&free_, Executive, KernelMode, FALSE, nullptr);
  else
    irql_ = KeAcquireSpinLockRaiseToDpc(&spin_);
  if (abandoned_) return void(KeSetEvent(&free_, 0, FALSE));
  owner_ = &machine::current_thread();
  owned_in_dpc_ = machine::in_dpc();
}

void CallbackLock::release() {
  if (abandoned_) return;
  owner_ = nullptr;
  if (passive_)
    KeSetEvent(&free_, 0, FALSE);
  else
    KeReleaseSpinLock(&spin_, irql_);
}

}  // namespace drydock::wdf
