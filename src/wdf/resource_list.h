#pragma once
// WDFCMRESLIST: the resources a device was given, and what drivers may see of them (contract, sections 3 and 10).

#include <deque>
#include <vector>

#include "nt/resource.h"
#include "wdf/framework.h"

namespace drydock::wdf {

class Device;

class CmResourceList final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::CmResList;
  CmResourceList(Client& client, Device& owner);
  ~CmResourceList() override;

  /// Takes the descriptors of an IRP_MN_START_DEVICE list (null: empty).
  void fill(const CM_RESOURCE_LIST* list);
  /// The list for the lower drivers, in pool; null when empty. `header` gives interface type and bus.
  CM_RESOURCE_LIST* build(const CM_RESOURCE_LIST* header) const;

  ULONG count() const { return static_cast<ULONG>(descriptors_.size()); }
  const CM_PARTIAL_RESOURCE_DESCRIPTOR* at(ULONG index) const;  ///< null past the end
  /// WDF-054: the driver's copy; changing it changes nothing here.
  CM_PARTIAL_RESOURCE_DESCRIPTOR* copy_for_driver(ULONG index);
  /// The index of the descriptor a driver's pointer is the copy of; -1 for a foreign one.
  int index_of_copy(const CM_PARTIAL_RESOURCE_DESCRIPTOR* copy) const;

  NTSTATUS insert(const CM_PARTIAL_RESOURCE_DESCRIPTOR& descriptor, ULONG index);
  void remove(ULONG index);

  /// Who may change the list at this moment (WDF-050).
  bool may_add = false;
  bool may_remove = false;
  bool changed = false;
  /// WDF-447: between ReleaseHardware's return and the next PrepareHardware.
  bool stale = false;

  Device* device() override { return &owner_; }

 private:
  void drop_copies();

  Device& owner_;
  std::vector<CM_PARTIAL_RESOURCE_DESCRIPTOR> descriptors_;
  std::vector<CM_PARTIAL_RESOURCE_DESCRIPTOR*> copies_;  ///< in pool; null until asked for
};

}  // namespace drydock::wdf
