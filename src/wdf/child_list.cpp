#include "wdf/child_list.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "wdf/callback_log.h"
#include "wdf/device.h"
#include "wdf/misuse.h"

namespace drydock::wdf {

using Id = WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER;
using Address = WDF_CHILD_ADDRESS_DESCRIPTION_HEADER;

namespace {

constexpr ULONG kChildTag = 0x68437846;  // "FxCh"
constexpr unsigned kRetriesNoted = 3;

template <class T>
T* copy_in_pool(const T* from, ULONG bytes) {
  auto* to = static_cast<T*>(ExAllocatePoolWithTag(NonPagedPool, bytes, kChildTag));
  if (!to) return nullptr;
  if (from)
    std::memcpy(static_cast<void*>(to), from, bytes);
  else
    std::memset(static_cast<void*>(to), 0, bytes);
  return to;
}

/// The list's lock: its callbacks come one at a time, at DISPATCH_LEVEL (WDF-345).
class ListLock {
 public:
  explicit ListLock(KSPIN_LOCK& lock) : lock_(lock), before_(KeAcquireSpinLockRaiseToDpc(&lock)) {}
  ~ListLock() { KeReleaseSpinLock(&lock_, before_); }
  ListLock(const ListLock&) = delete;

 private:
  KSPIN_LOCK& lock_;
  const KIRQL before_;
};

}  // namespace

ChildList::ChildList(Device& owner, const WDF_CHILD_LIST_CONFIG& its_config, bool its_static)
    : Object(kType, owner.client()), config(its_config), is_static(its_static), owner_(owner) {
  driver_may_delete = false;
  KeInitializeSpinLock(&lock_);
}

ChildList::~ChildList() {
  while (!children_.empty()) forget(*children_.back());
}

// ---- Descriptions ----

bool ChildList::same(Id* a, Id* b, PFN_WDF_CHILD_LIST_IDENTIFICATION_DESCRIPTION_COMPARE compare) {
  if (!a || !b) return false;
  if (!compare) compare = config.EvtChildListIdentificationDescriptionCompare;
  if (!compare) return std::memcmp(a, b, config.IdentificationDescriptionSize) == 0;
  const ListLock lock(lock_);
  return call_driver(compare, handle_as<WDFCHILDLIST>(), a, b) != FALSE;
}

Child* ChildList::find(Id* id, PFN_WDF_CHILD_LIST_IDENTIFICATION_DESCRIPTION_COMPARE compare) {
  for (Child* child : children_)
    if (child->state != Child::State::LeftOut && same(child->id, id, compare)) return child;
  return nullptr;
}

void ChildList::copy_id(const Child& child, Id* to) {
  const ListLock lock(lock_);
  if (config.EvtChildListIdentificationDescriptionCopy)
    call_driver(config.EvtChildListIdentificationDescriptionCopy, handle_as<WDFCHILDLIST>(), child.id, to);
  else
    std::memcpy(static_cast<void*>(to), child.id, config.IdentificationDescriptionSize);
}

void ChildList::copy_address(Address* from, Address* to) {
  if (!from || !to) return;
  const ListLock lock(lock_);
  if (config.EvtChildListAddressDescriptionCopy)
    call_driver(config.EvtChildListAddressDescriptionCopy, handle_as<WDFCHILDLIST>(), from, to);
  else
    std::memcpy(static_cast<void*>(to), from, config.AddressDescriptionSize);
}

Child* ChildList::new_child(Id* id, Address* address, NTSTATUS& status) {
  auto* child = new Child{.list = this};
  status = STATUS_SUCCESS;
  if (id) {
    auto duplicate = config.EvtChildListIdentificationDescriptionDuplicate;
    child->id = copy_in_pool(duplicate ? nullptr : id, config.IdentificationDescriptionSize);
    if (!child->id) status = STATUS_INSUFFICIENT_RESOURCES;
    if (child->id && duplicate) {
      child->id->IdentificationDescriptionSize = config.IdentificationDescriptionSize;
      const ListLock lock(lock_);
      status = call_driver(duplicate, handle_as<WDFCHILDLIST>(), id, child->id);
    }
  }
  if (NT_SUCCESS(status) && config.AddressDescriptionSize != 0) {
    auto duplicate = config.EvtChildListAddressDescriptionDuplicate;
    child->address = copy_in_pool(duplicate ? nullptr : address, config.AddressDescriptionSize);
    if (!child->address) status = STATUS_INSUFFICIENT_RESOURCES;
    if (child->address) child->address->AddressDescriptionSize = config.AddressDescriptionSize;
    if (child->address && duplicate && address) {
      const ListLock lock(lock_);
      status = call_driver(duplicate, handle_as<WDFCHILDLIST>(), address, child->address);
    }
  }
  children_.push_back(child);
  if (NT_SUCCESS(status)) return child;
  forget(*child);
  return nullptr;
}

void ChildList::forget(Child& child) {
  std::erase(children_, &child);
  if (child.id) {
    if (config.EvtChildListIdentificationDescriptionCleanup)
      call_driver(config.EvtChildListIdentificationDescriptionCleanup, handle_as<WDFCHILDLIST>(), child.id);
    ExFreePoolWithTag(child.id, kChildTag);
  }
  if (child.address) {
    if (config.EvtChildListAddressDescriptionCleanup)
      call_driver(config.EvtChildListAddressDescriptionCleanup, handle_as<WDFCHILDLIST>(), child.address);
    ExFreePoolWithTag(child.address, kChildTag);
  }
  if (child.device) child.device->child = nullptr;
  delete &child;
}

// ---- What drivers say ----

void ChildList::note_change() {
  changed = true;
  if (scans_ == 0) tell_pnp_manager();
}

void ChildList::tell_pnp_manager() {
  // WDF-326: a bus that is not started yet is asked anyway once it is.
  if (!changed || owner_.pnp.state() != PnpState::Started) return;
  changed = false;
  IoInvalidateDeviceRelations(owner_.pdo, BusRelations);
}

void ChildList::begin_scan() {
  ++scans_;
  if (std::exchange(naming_, true)) return;  // a scan is open; an open iteration does not make this one void
  for (Child* child : children_) child->named_in_scan = false;
}

void ChildList::end_scan() {
  if (scans_ == 0) return;
  if (--scans_ != 0) return;
  if (std::exchange(naming_, false))
    for (std::size_t i = 0; i < children_.size();) {
      Child* child = children_[i];
      if (!child->named_in_scan && (child->state == Child::State::Wanted || child->state == Child::State::Present))
        mark_missing(*child);
      if (i < children_.size() && children_[i] == child) ++i;
    }
  for (Child* child : std::vector<Child*>(children_.begin(), children_.end()))
    if (std::exchange(child->reenumerate_wanted, false)) reenumerate(*child);
  tell_pnp_manager();
}

void ChildList::begin_iteration() {
  ++scans_;
}

NTSTATUS ChildList::add_or_update(Id* id, Address* address) {
  if (Child* child = find(id)) {
    child->named_in_scan = true;
    child->withdrawn = false;
    if (child->state == Child::State::Missing) {
      child->state = child->device ? Child::State::Present : Child::State::Wanted;
      note_change();
    }
    copy_address(address, child->address);
    return STATUS_OBJECT_NAME_EXISTS;
  }
  NTSTATUS status;
  Child* child = new_child(id, address, status);
  if (!child) return status;
  child->named_in_scan = true;
  note_change();
  return STATUS_SUCCESS;
}

NTSTATUS ChildList::mark_missing(Id* id) {
  Child* child = find(id);
  if (!child || child->state == Child::State::Missing || child->withdrawn) return STATUS_NO_SUCH_DEVICE;
  mark_missing(*child);
  return STATUS_SUCCESS;
}

void ChildList::mark_missing(Child& child) {
  if (child.state == Child::State::Missing || child.state == Child::State::LeftOut) return;
  if (child.being_made) {
    child.withdrawn = true;
    return;
  }
  if (!child.device) {
    // WDF-332: withdrawn before its device was made.
    forget(child);
    return;
  }
  child.state = Child::State::Missing;
  note_change();
}

void ChildList::name_all() {
  for (Child* child : children_)
    if (child->state != Child::State::LeftOut) child->named_in_scan = true;
}

NTSTATUS ChildList::add_static(Device& pdo) {
  NTSTATUS status;
  Child* child = new_child(nullptr, nullptr, status);
  if (!child) return status;
  child->device = &pdo;
  child->state = Child::State::Present;
  pdo.child = child;
  pdo.driver_may_delete = false;
  note_change();
  return STATUS_SUCCESS;
}

void ChildList::reenumerate(Child& child) {
  if (is_static || child.state != Child::State::Present) return;  // WDF-336
  if (scans_ != 0) {
    child.reenumerate_wanted = true;
    return;
  }
  if (auto question = config.EvtChildListDeviceReenumerated) {
    const ListLock lock(lock_);
    if (!call_driver(question, handle_as<WDFCHILDLIST>(), child.device->handle_as<WDFDEVICE>(), child.address,
                              child.address))
      return;
  }
  replace(child);
}

void ChildList::lose(Child& child) {
  if (is_static)
    mark_missing(child);
  else
    replace(child);
  // The query that is being answered leaves it out already.
  if (child.state == Child::State::Missing) report_missing();
}

void ChildList::replace(Child& child) {
  NTSTATUS status;
  Child* clone = is_static ? nullptr : new_child(child.id, child.address, status);
  if (!clone) return;
  mark_missing(child);
  note_change();
}

// ---- The BusRelations query ----

bool ChildList::create(Child& child, bool& retry) {
  WDFDEVICE_INIT* init = new_init(client());
  init->config.kind = DeviceKind::Pdo;
  init->config.characteristics = FILE_AUTOGENERATED_DEVICE_NAME;
  init->parent = &owner_;
  init->child = &child;
  child.being_made = true;
  const NTSTATUS status =
      call_noted(owner_, "CreateChild", config.EvtChildListCreateDevice, handle_as<WDFCHILDLIST>(), child.id, init);
  child.being_made = false;
  const bool withdrawn = std::exchange(child.withdrawn, false);
  Device* made = init->created;
  free_init(init);
  if (NT_SUCCESS(status) && made) {
    child.device = made;
    child.state = Child::State::Present;
    made->child = &child;
    if (withdrawn) mark_missing(child);  // this very query leaves it out
    return true;
  }
  if (made) {
    // WDF-329, WDF-330: through removal from the never-started state.
    made->reference();
    made->pnp.post(PnpEvent::AddFailed);
    made->pnp.wait_until_gone();
    made->dereference();
  }
  if (status == STATUS_RETRY) {
    if (withdrawn) return false;
    retry = true;
    if (++child.retries == kRetriesNoted)
      record("WDF-480", "create-device-retries",
             fmt::format("EvtChildListCreateDevice of {} asked {} times in a row to be called again", name(),
                         child.retries));
    return true;
  }
  if (NT_SUCCESS(status))
    record("WDF-457", "child-not-created",
           fmt::format("EvtChildListCreateDevice of {} returned success and created no device", name()));
  return false;
}

bool ChildList::create_wanted() {
  bool retry = false;
  for (std::size_t i = 0; i < children_.size();) {
    Child* child = children_[i];
    if (child->state == Child::State::Wanted && !create(*child, retry)) {
      forget(*child);
      continue;
    }
    // The driver may have withdrawn others meanwhile.
    i = static_cast<std::size_t>(std::find(children_.begin(), children_.end(), child) - children_.begin()) + 1;
  }
  return retry;
}

void ChildList::report_missing() {
  for (std::size_t i = 0; i < children_.size(); ++i) {
    Child& child = *children_[i];
    if (child.state != Child::State::Missing) continue;
    child.state = Child::State::LeftOut;
    Device& pdo = *child.device;
    if (child.reported) {
      if (pdo.client().built_for(11) && pdo.config().pdo.EvtDeviceReportedMissing)
        call_noted(pdo, "ReportedMissing", pdo.config().pdo.EvtDeviceReportedMissing, pdo.handle_as<WDFDEVICE>());
      continue;
    }
    // WDF-332: nobody else knows of it.
    pdo.reference();
    pdo.pnp.post(PnpEvent::ParentLeaves);
    pdo.pnp.wait_until_gone();
    pdo.dereference();
    i = ~std::size_t{0};  // the list has changed
  }
}

void ChildList::all_gone() {
  for (std::size_t i = 0; i < children_.size();) {
    Child* child = children_[i];
    if (child->being_made) {
      child->withdrawn = true;
    } else if (!child->device) {
      forget(*child);
      continue;
    } else {
      child->state = Child::State::LeftOut;
    }
    ++i;
  }
}

// ---- For the machines ----

NTSTATUS make_default_child_lists(Device& device) {
  WDF_CHILD_LIST_CONFIG none{};
  none.Size = sizeof none;
  auto* statics = new ChildList(device, none, true);
  NTSTATUS status = statics->commit(nullptr, &device);
  if (!NT_SUCCESS(status)) {
    delete statics;
    return status;
  }
  device.static_children = statics;
  device.child_lists.push_back(statics);
  if (!device.config().default_child_list) return STATUS_SUCCESS;
  auto* list = new ChildList(device, *device.config().default_child_list, false);
  status = list->commit(device.config().default_child_list_attributes.get(), &device);
  if (!NT_SUCCESS(status)) {
    delete list;
    return status;
  }
  device.default_child_list = list;
  device.child_lists.push_back(list);
  if (list->config.EvtChildListScanForChildren) note_has(device, "Scan");
  return STATUS_SUCCESS;
}

void scan_child_lists(Device& device) {
  for (ChildList* list : device.child_lists)
    if (auto scan = list->config.EvtChildListScanForChildren)
      call_noted(device, "Scan", scan, list->handle_as<WDFCHILDLIST>());
}

void child_lists_may_report(Device& device) {
  for (ChildList* list : device.child_lists) list->tell_pnp_manager();
}

void children_are_gone(Device& device) {
  for (ChildList* list : device.child_lists) list->all_gone();
}

void remove_children(Device& device) {
  for (ChildList* list : device.child_lists) {
    for (std::size_t i = 0; i < list->children().size();) {
      Child* child = list->children()[i];
      Device* pdo = child->device;
      if (!pdo || (pdo->pnp.state() != PnpState::Created && pdo->pnp.state() != PnpState::PdoRemoved)) {
        ++i;
        continue;
      }
      pdo->reference();
      pdo->pnp.post(PnpEvent::ParentLeaves);
      pdo->pnp.wait_until_gone();
      pdo->dereference();
      i = 0;
    }
  }
}

bool is_still_reported(const Device& pdo) {
  return pdo.child && pdo.child->state == Child::State::Present;
}

void child_was_ejected(Device& pdo) {
  if (pdo.child) pdo.child->list->mark_missing(*pdo.child);
}

void child_has_left(Device& pdo) {
  if (pdo.child) pdo.child->list->forget(*pdo.child);
}

namespace {

NTSTATUS relations_with(const std::vector<Device*>& children, IRP* irp) {
  const auto* above = reinterpret_cast<const DEVICE_RELATIONS*>(irp->IoStatus.Information);
  const ULONG before = above ? above->Count : 0;
  const SIZE_T bytes = sizeof(DEVICE_RELATIONS) + (before + children.size()) * sizeof(DEVICE_OBJECT*);
  auto* all = static_cast<DEVICE_RELATIONS*>(ExAllocatePoolWithTag(PagedPool, bytes, kChildTag));
  if (!all) return STATUS_INSUFFICIENT_RESOURCES;
  all->Count = 0;
  for (ULONG i = 0; i < before; ++i) all->Objects[all->Count++] = above->Objects[i];
  for (Device* child : children) {
    ObfReferenceObject(child->device_object);
    all->Objects[all->Count++] = child->device_object;
  }
  if (above) ExFreePoolWithTag(const_cast<DEVICE_RELATIONS*>(above), 0);
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(all);
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS report_children(Device& device, IRP* irp) {
  bool again = false;
  std::vector<Device*> present;
  for (ChildList* list : device.child_lists) {
    list->changed = false;
    again = list->create_wanted() || again;
    for (Child* child : list->children())
      if (child->state == Child::State::Present) present.push_back(child->device);
  }
  // A driver that never had a child has nothing to say of children.
  if (present.empty() && !device.default_child_list && device.static_children->children().empty() &&
      device.child_lists.size() == 1 && !device.had_children)
    return STATUS_SUCCESS;
  device.had_children = true;
  irp->IoStatus.Status = STATUS_SUCCESS;
  const NTSTATUS status = relations_with(present, irp);
  if (!NT_SUCCESS(status)) {
    // WDF-331: asked for again, at most so many times in a row.
    if (device.relations_retries++ < 3) IoInvalidateDeviceRelations(device.pdo, BusRelations);
    if (irp->IoStatus.Information == 0) return status;
    // A list from above goes on without ours, so that those the PnP manager knows are lost to it.
    for (Device* child : present)
      if (child->child->reported) child->child->list->lose(*child->child);
    return STATUS_SUCCESS;
  }
  device.relations_retries = 0;
  for (Device* child : present) child->child->reported = true;
  for (ChildList* list : device.child_lists) list->report_missing();
  if (again) IoInvalidateDeviceRelations(device.pdo, BusRelations);
  return STATUS_SUCCESS;
}

namespace {

VOID NTAPI keep_interface(PVOID context) {
  static_cast<Device*>(context)->reference();
}
VOID NTAPI let_interface_go(PVOID context) {
  static_cast<Device*>(context)->dereference();
}
VOID NTAPI reenumerate_child(PVOID context) {
  auto* pdo = static_cast<Device*>(context);
  if (pdo->child) pdo->child->list->reenumerate(*pdo->child);
}

}  // namespace

NTSTATUS give_reenumerate_interface(Device& pdo, INTERFACE* to, USHORT size, USHORT version) {
  if (version != 1 || size < sizeof(REENUMERATE_SELF_INTERFACE_STANDARD)) return STATUS_INVALID_BUFFER_SIZE;
  auto* out = reinterpret_cast<REENUMERATE_SELF_INTERFACE_STANDARD*>(to);
  out->Size = sizeof *out;
  out->Version = 1;
  out->Context = &pdo;
  out->InterfaceReference = ntos::io::guest_callable(&keep_interface, "FxDevice::InterfaceReference");
  out->InterfaceDereference = ntos::io::guest_callable(&let_interface_go, "FxDevice::InterfaceDereference");
  out->SurpriseRemoveAndReenumerateSelf = ntos::io::guest_callable(&reenumerate_child, "FxChildList::ReenumerateSelf");
  pdo.reference();
  return STATUS_SUCCESS;
}

bool children_armed_for_wake(const Device& device) {
  for (ChildList* list : device.child_lists)
    for (const Child* child : list->children())
      if (child->device && child->device->wake_enabled_at_bus) return true;
  return false;
}

}  // namespace drydock::wdf
