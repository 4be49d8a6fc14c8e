#pragma once
// The object model (contract, section 17): handles, contexts, parents, references, and the two steps of deletion.

#include <cstdint>
#include <string>
#include <vector>

#include "wdf/kernel.h"
#include "wdf/structures.h"

namespace drydock::wdf {

struct Client;
class Device;

enum class ObjectType : std::uint8_t {
  Driver,
  Device,
  Queue,
  Request,
  FileObject,
  Dpc,
  Timer,
  WorkItem,
  Interrupt,
  WaitLock,
  SpinLock,
  Memory,
  Lookaside,
  IoTarget,
  DmaEnabler,
  DmaTransaction,
  CommonBuffer,
  Key,
  String,
  Collection,
  ChildList,
  IoResReqList,
  IoResList,
  CmResList,
  WmiProvider,
  WmiInstance,
  General,  ///< WdfObjectCreate
  Count
};
const char* type_name(ObjectType type);  ///< "WDFDEVICE"

/// Lies right before a context's memory, so that a driver's pointer leads back to the object.
struct ContextHeader {
  WDFOBJECT object;
  ULONG64 reserved;
};

/// One context of an object: memory in pool, and what the driver wants to hear at the end.
struct ObjectContext {
  const WDF_OBJECT_CONTEXT_TYPE_INFO* unique = nullptr;  ///< null: attributes without a type
  PVOID memory = nullptr;
  SIZE_T bytes = 0;
  PFN_WDF_OBJECT_CONTEXT_CLEANUP cleanup = nullptr;
  PFN_WDF_OBJECT_CONTEXT_DESTROY destroy = nullptr;
};

/// Serialises a driver's callbacks on a device or a queue. Passive-level ones block, the others spin.
class CallbackLock {
 public:
  explicit CallbackLock(bool passive);
  void acquire();
  void release();
  bool held_by_me() const;
  bool passive() const { return passive_; }
  /// Its owner will never release it: from now on nobody waits.
  void abandon();

 private:
  bool passive_;
  bool abandoned_ = false;
  KSPIN_LOCK spin_{};
  KEVENT free_;
  KIRQL irql_ = 0;
  const void* owner_ = nullptr;  ///< the machine's thread
  bool owned_in_dpc_ = false;
};

enum class ObjectState : std::uint8_t { Created, Disposing, Disposed, Deleted };

class Object {
 public:
  Object(ObjectType type, Client& client);
  virtual ~Object();
  Object(const Object&) = delete;

  ObjectType type() const { return type_; }
  Client& client() const { return client_; }
  WDFOBJECT handle() const { return handle_; }
  template <class Handle>
  Handle handle_as() const {
    return static_cast<Handle>(handle_);
  }
  std::uint32_t number() const { return number_; }
  std::string name() const;  ///< "WDFDEVICE#3"
  ObjectState state() const { return state_; }
  Object* parent() const { return parent_; }
  const std::vector<Object*>& children() const { return children_; }
  LONG references() const { return references_; }
  std::uint64_t creator() const { return creator_; }  ///< the driver's call that made it, or led to it

  // ---- creation ----
  /// Gives the object its handle, the context `attributes` ask for, and its place below `parent` (the attributes' own
  /// parent is the caller's business). On failure the caller deletes the object.
  NTSTATUS commit(const WDF_OBJECT_ATTRIBUTES* attributes, Object* parent);
  /// A context more. STATUS_OBJECT_NAME_EXISTS with the one that is there; STATUS_DELETE_PENDING.
  NTSTATUS add_context(const WDF_OBJECT_ATTRIBUTES& attributes, PVOID* memory);
  /// Null if the object has none of that type.
  PVOID context(const WDF_OBJECT_CONTEXT_TYPE_INFO* type) const;

  // ---- the end ----
  /// Cleanup of all descendants and of this, then destruction as references go. Above PASSIVE_LEVEL a tree that needs
  /// PASSIVE_LEVEL is deleted by a worker.
  void delete_object();
  /// The first half of it alone: all cleanup callbacks. delete_object() does the rest.
  void dispose_now();
  /// The driver never saw the object: it hears nothing of its end (WDF-358).
  void forget_callbacks() {
    for (ObjectContext& context : contexts_) context.cleanup = nullptr, context.destroy = nullptr;
  }
  void reference() { ++references_; }
  void dereference();
  /// References of the driver's, with the tags it gave.
  void add_tag(PVOID tag) { tags_.push_back(tag); }
  bool remove_tag(PVOID tag);
  const std::vector<PVOID>& tags() const { return tags_; }

  // ---- what kinds of objects differ in ----
  /// WDF-356: whether WdfObjectDelete is for the driver to call.
  bool driver_may_delete = true;
  /// WDF-354: cleanup and destroy callbacks need PASSIVE_LEVEL.
  bool needs_passive = false;
  /// Resolved: passive callbacks only.
  bool passive_callbacks = false;
  WDF_SYNCHRONIZATION_SCOPE scope = WdfSynchronizationScopeNone;
  /// WdfObjectAcquireLock; null: the object has none.
  virtual CallbackLock* callback_lock() { return nullptr; }
  /// WdfObjectDelete, where it is allowed.
  virtual void delete_by_driver() { delete_object(); }
  /// Runs down what the object does, before its cleanup callbacks: timers, queues. PASSIVE_LEVEL if needs_passive.
  virtual void run_down() {}
  /// The host process of a user-mode driver is gone: whoever waits for the driver inside the object goes on.
  virtual void owner_died() {}
  /// The device the object belongs to; null if it hangs from the driver.
  virtual Device* device();

 private:
  friend class Handles;
  void detach();
  bool tree_needs_passive() const;
  void dispose_tree();
  void destroy_tree();
  void destroy();
  void call_cleanup();
  NTSTATUS make_context(const WDF_OBJECT_ATTRIBUTES& attributes, ObjectContext& context);

  const ObjectType type_;
  ObjectState state_ = ObjectState::Created;
  bool deletion_queued_ = false;
  Client& client_;
  const std::uint64_t creator_;
  WDFOBJECT handle_ = nullptr;
  std::uint32_t number_ = 0;
  LONG references_ = 1;
  Object* parent_ = nullptr;
  std::vector<Object*> children_;  ///< in order of creation
  std::vector<ObjectContext> contexts_;
  std::vector<PVOID> tags_;
};

/// Words for drivers, each good for one object; a stale one is never taken for another's.
class Handles {
 public:
  /// Null if there are too many objects.
  WDFOBJECT give(Object& object);
  void take_back(Object& object);
  /// Null for what is no handle, or no longer one.
  Object* find(WDFOBJECT handle) const {
    const auto word = reinterpret_cast<std::uint64_t>(handle);
    const std::uint64_t index = word >> 4 & (kMax - 1);
    if (index >= slots_.size()) return nullptr;
    const Slot& slot = slots_[index];
    return slot.object && slot.object->handle_ == handle ? slot.object : nullptr;
  }
  /// In order of their making.
  std::vector<Object*> of(const Client& client) const;

 private:
  struct Slot {
    Object* object = nullptr;
    std::uint32_t generation = 0;
  };
  static constexpr std::size_t kMax = 0x100000;  ///< an index is 20 bits of the word
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::uint32_t next_number_[static_cast<unsigned>(ObjectType::Count)] = {};
};

/// How many bytes of context `attributes` ask for.
SIZE_T context_size(const WDF_OBJECT_ATTRIBUTES& attributes);

/// What the parent of a new object may be, and which attributes it takes.
struct AttributeRules {
  bool parent_allowed = true;
  bool parent_required = false;
  bool execution_level = false;
  bool synchronization_scope = false;
};
/// Null attributes are fine unless a parent is required. STATUS_INFO_LENGTH_MISMATCH, STATUS_WDF_...
NTSTATUS check_attributes(const WDF_OBJECT_ATTRIBUTES* attributes, AttributeRules rules = {});

}  // namespace drydock::wdf
