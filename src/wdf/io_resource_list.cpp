#include "wdf/io_resource_list.h"

#include <algorithm>
#include <cstring>

#include "wdf/device.h"

namespace drydock::wdf {

IoResourceList::IoResourceList(Client& client, IoRequirementsList& owner) : Object(kType, client), owner_(owner) {}

IoResourceList::~IoResourceList() {
  for (IO_RESOURCE_DESCRIPTOR* copy : copies_)
    if (copy) ExFreePoolWithTag(copy, 0);
}

Device* IoResourceList::device() {
  return owner_.device();
}

IO_RESOURCE_DESCRIPTOR* IoResourceList::copy_for_driver(ULONG index) {
  if (index >= descriptors_.size()) return nullptr;
  IO_RESOURCE_DESCRIPTOR*& copy = copies_[index];
  if (!copy) {
    copy = static_cast<IO_RESOURCE_DESCRIPTOR*>(
        ExAllocatePoolWithTag(PagedPool, sizeof(IO_RESOURCE_DESCRIPTOR), client().tag));
    if (copy) *copy = descriptors_[index];
  }
  return copy;
}

int IoResourceList::index_of_copy(const IO_RESOURCE_DESCRIPTOR* copy) const {
  const auto found = std::find(copies_.begin(), copies_.end(), copy);
  return copy && found != copies_.end() ? static_cast<int>(found - copies_.begin()) : -1;
}

NTSTATUS IoResourceList::insert(const IO_RESOURCE_DESCRIPTOR& descriptor, ULONG index) {
  if (index > descriptors_.size()) return STATUS_INVALID_PARAMETER;
  descriptors_.insert(descriptors_.begin() + index, descriptor);
  copies_.insert(copies_.begin() + index, nullptr);
  owner_.changed = true;
  return STATUS_SUCCESS;
}

void IoResourceList::update(const IO_RESOURCE_DESCRIPTOR& descriptor, ULONG index) {
  if (index >= descriptors_.size()) return;
  descriptors_[index] = descriptor;
  if (copies_[index]) *copies_[index] = descriptor;
  owner_.changed = true;
}

void IoResourceList::remove(ULONG index) {
  if (index >= descriptors_.size()) return;
  if (copies_[index]) ExFreePoolWithTag(copies_[index], 0);
  descriptors_.erase(descriptors_.begin() + index);
  copies_.erase(copies_.begin() + index);
  owner_.changed = true;
}

IoRequirementsList::IoRequirementsList(Client& client, Device& owner) : Object(kType, client), owner_(owner) {
  driver_may_delete = false;
}

NTSTATUS IoRequirementsList::fill(const IO_RESOURCE_REQUIREMENTS_LIST* list) {
  if (!list) return STATUS_SUCCESS;
  interface_type = list->InterfaceType;
  bus_ = list->BusNumber;
  slot = list->SlotNumber;
  const IO_RESOURCE_LIST* each = list->List;
  for (ULONG i = 0; i < list->AlternativeLists; ++i) {
    auto* alternative = new IoResourceList(client(), *this);
    if (const NTSTATUS status = alternative->commit(nullptr, this); !NT_SUCCESS(status)) {
      delete alternative;
      return status;
    }
    const IO_RESOURCE_DESCRIPTOR* from = each->Descriptors;  // more than the array's declared one
    for (ULONG n = 0; n < each->Count; ++n) alternative->insert(*from++, n);
    lists_.push_back(alternative);
    each = reinterpret_cast<const IO_RESOURCE_LIST*>(each->Descriptors + each->Count);
  }
  changed = false;
  return STATUS_SUCCESS;
}

IO_RESOURCE_REQUIREMENTS_LIST* IoRequirementsList::build() const {
  constexpr SIZE_T kListHead = offsetof(IO_RESOURCE_LIST, Descriptors);
  SIZE_T bytes = offsetof(IO_RESOURCE_REQUIREMENTS_LIST, List);
  for (const IoResourceList* each : lists_) bytes += kListHead + each->count() * sizeof(IO_RESOURCE_DESCRIPTOR);
  bytes = std::max(bytes, sizeof(IO_RESOURCE_REQUIREMENTS_LIST));
  auto* list = static_cast<IO_RESOURCE_REQUIREMENTS_LIST*>(ExAllocatePoolWithTag(PagedPool, bytes, client().tag));
  if (!list) return nullptr;
  std::memset(static_cast<void*>(list), 0, bytes);
  list->ListSize = static_cast<ULONG>(bytes);
  list->InterfaceType = interface_type;
  list->BusNumber = bus_;
  list->SlotNumber = slot;
  list->AlternativeLists = count();
  IO_RESOURCE_LIST* to = list->List;
  for (const IoResourceList* each : lists_) {
    to->Version = to->Revision = 1;
    to->Count = each->count();
    std::copy(each->descriptors().begin(), each->descriptors().end(), to->Descriptors);
    to = reinterpret_cast<IO_RESOURCE_LIST*>(to->Descriptors + to->Count);
  }
  return list;
}

NTSTATUS IoRequirementsList::insert(IoResourceList& list, ULONG index) {
  if (&list.owner() != this || index_of(list) >= 0 || index > lists_.size()) return STATUS_INVALID_PARAMETER;
  lists_.insert(lists_.begin() + index, &list);
  changed = true;
  return STATUS_SUCCESS;
}

void IoRequirementsList::remove(ULONG index) {
  if (index >= lists_.size()) return;
  lists_.erase(lists_.begin() + index);
  changed = true;
}

int IoRequirementsList::index_of(const IoResourceList& list) const {
  const auto found = std::find(lists_.begin(), lists_.end(), &list);
  return found != lists_.end() ? static_cast<int>(found - lists_.begin()) : -1;
}

}  // namespace drydock::wdf
