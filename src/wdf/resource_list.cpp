#include "wdf/resource_list.h"

#include <algorithm>
#include <cstring>

#include "wdf/device.h"
#include "wdf/driver_memory.h"

namespace drydock::wdf {

CmResourceList::CmResourceList(Client& client, Device& owner) : Object(kType, client), owner_(owner) {
  driver_may_delete = false;  // WDF-055
}

CmResourceList::~CmResourceList() {
  drop_copies();
}

void CmResourceList::drop_copies() {
  for (CM_PARTIAL_RESOURCE_DESCRIPTOR* copy : copies_)
    if (copy) free_for_driver(client(), copy);
  copies_.clear();
}

void CmResourceList::fill(const CM_RESOURCE_LIST* list) {
  drop_copies();
  descriptors_.clear();
  changed = false;
  if (list && list->Count != 0) {
    const CM_PARTIAL_RESOURCE_LIST& partial = list->List[0].PartialResourceList;
    descriptors_.assign(partial.PartialDescriptors, partial.PartialDescriptors + partial.Count);
  }
  copies_.assign(descriptors_.size(), nullptr);
}

CM_RESOURCE_LIST* CmResourceList::build(const CM_RESOURCE_LIST* header) const {
  if (descriptors_.empty()) return nullptr;
  const SIZE_T bytes = sizeof(CM_RESOURCE_LIST) + (descriptors_.size() - 1) * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR);
  auto* list = static_cast<CM_RESOURCE_LIST*>(ExAllocatePoolWithTag(PagedPool, bytes, client().tag));
  if (!list) return nullptr;
  std::memset(static_cast<void*>(list), 0, bytes);
  list->Count = 1;
  if (header && header->Count) {
    list->List[0].InterfaceType = header->List[0].InterfaceType;
    list->List[0].BusNumber = header->List[0].BusNumber;
  }
  CM_PARTIAL_RESOURCE_LIST& partial = list->List[0].PartialResourceList;
  partial.Version = partial.Revision = 1;
  partial.Count = count();
  std::copy(descriptors_.begin(), descriptors_.end(), partial.PartialDescriptors);
  return list;
}

const CM_PARTIAL_RESOURCE_DESCRIPTOR* CmResourceList::at(ULONG index) const {
  return index < descriptors_.size() ? &descriptors_[index] : nullptr;
}

CM_PARTIAL_RESOURCE_DESCRIPTOR* CmResourceList::copy_for_driver(ULONG index) {
  if (index >= descriptors_.size()) return nullptr;
  CM_PARTIAL_RESOURCE_DESCRIPTOR*& copy = copies_[index];
  if (!copy) {
    copy = static_cast<CM_PARTIAL_RESOURCE_DESCRIPTOR*>(
        allocate_for_driver(client(), PagedPool, sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR), client().tag));
    if (copy) *copy = descriptors_[index];
  }
  return copy;
}

int CmResourceList::index_of_copy(const CM_PARTIAL_RESOURCE_DESCRIPTOR* copy) const {
  const auto found = std::find(copies_.begin(), copies_.end(), copy);
  return copy && found != copies_.end() ? static_cast<int>(found - copies_.begin()) : -1;
}

NTSTATUS CmResourceList::insert(const CM_PARTIAL_RESOURCE_DESCRIPTOR& descriptor, ULONG index) {
  if (index > descriptors_.size()) return STATUS_INVALID_PARAMETER;
  descriptors_.insert(descriptors_.begin() + index, descriptor);
  copies_.insert(copies_.begin() + index, nullptr);
  changed = true;
  return STATUS_SUCCESS;
}

void CmResourceList::remove(ULONG index) {
  if (index >= descriptors_.size()) return;
  if (copies_[index]) free_for_driver(client(), copies_[index]);
  descriptors_.erase(descriptors_.begin() + index);
  copies_.erase(copies_.begin() + index);
  changed = true;
}

}  // namespace drydock::wdf
