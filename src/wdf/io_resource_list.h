#pragma once
// WDFIORESREQLIST and WDFIORESLIST: what a device needs, in one or more alternatives, as drivers state and change it
// (contract, section 3).

#include <vector>

#include "nt/resource.h"
#include "wdf/framework.h"

namespace drydock::wdf {

class Device;
class IoRequirementsList;

/// One alternative.
class IoResourceList final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::IoResList;
  IoResourceList(Client& client, IoRequirementsList& owner);
  ~IoResourceList() override;

  ULONG count() const { return static_cast<ULONG>(descriptors_.size()); }
  const std::vector<IO_RESOURCE_DESCRIPTOR>& descriptors() const { return descriptors_; }
  /// The driver's copy; null past the end.
  IO_RESOURCE_DESCRIPTOR* copy_for_driver(ULONG index);
  int index_of_copy(const IO_RESOURCE_DESCRIPTOR* copy) const;
  NTSTATUS insert(const IO_RESOURCE_DESCRIPTOR& descriptor, ULONG index);
  void update(const IO_RESOURCE_DESCRIPTOR& descriptor, ULONG index);
  void remove(ULONG index);

  IoRequirementsList& owner() { return owner_; }
  Device* device() override;

 private:
  IoRequirementsList& owner_;
  std::vector<IO_RESOURCE_DESCRIPTOR> descriptors_;
  std::vector<IO_RESOURCE_DESCRIPTOR*> copies_;  ///< in pool; null until asked for
};

class IoRequirementsList final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::IoResReqList;
  IoRequirementsList(Client& client, Device& owner);

  /// Takes a list as the PnP manager has it (null: empty). The object must have its handle.
  NTSTATUS fill(const IO_RESOURCE_REQUIREMENTS_LIST* list);
  /// The same in pool, for whoever reads the request's answer; null for want of memory.
  IO_RESOURCE_REQUIREMENTS_LIST* build() const;

  ULONG count() const { return static_cast<ULONG>(lists_.size()); }
  IoResourceList* at(ULONG index) const { return index < lists_.size() ? lists_[index] : nullptr; }
  /// STATUS_INVALID_PARAMETER for a list of another owner, one that is in already, or an index beyond the end.
  NTSTATUS insert(IoResourceList& list, ULONG index);
  void remove(ULONG index);
  int index_of(const IoResourceList& list) const;

  INTERFACE_TYPE interface_type = InterfaceTypeUndefined;
  ULONG slot = 0;
  /// Who may change the lists at this moment (WDF-050).
  bool may_add = false;
  bool may_remove = false;
  bool changed = false;

  Device* device() override { return &owner_; }

 private:
  Device& owner_;
  ULONG bus_ = 0;
  std::vector<IoResourceList*> lists_;  ///< children of this
};

}  // namespace drydock::wdf
