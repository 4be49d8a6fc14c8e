#pragma once
// The root enumerator: the driver \Driver\PnpManager, whose PDOs stand for the root of the tree and the devices that no
// bus finds.

#include <vector>

#include "nt/irp.h"
#include "ntos/pnp/manager.h"

namespace drydock::ntos::pnp {

class RootBus {
 public:
  /// Creates the driver object. On a machine thread at PASSIVE_LEVEL, as all that follows.
  explicit RootBus(Manager& manager);

  /// The PDO of the tree's root; null if there is no memory for it yet.
  nt::DEVICE_OBJECT* root_pdo();
  /// The PDO; null if there was no memory for it.
  nt::DEVICE_OBJECT* add(const RootDevice& device);

 private:
  struct Entry {
    RootDevice device;
    nt::DEVICE_OBJECT* pdo = nullptr;
  };
  struct Extension {
    RootBus* bus;
    long index;  ///< of the entry; -1: the root
  };
  nt::DEVICE_OBJECT* create_pdo(long index);
  static nt::NTSTATUS NTAPI pnp(nt::DEVICE_OBJECT* device, nt::IRP* irp);
  static nt::NTSTATUS NTAPI power(nt::DEVICE_OBJECT* device, nt::IRP* irp);
  nt::NTSTATUS answer(long index, nt::DEVICE_OBJECT* device, nt::IRP* irp);
  nt::NTSTATUS answer_relations(long index, nt::DEVICE_OBJECT* device, nt::IRP* irp);
  nt::NTSTATUS answer_id(const RootDevice& device, nt::IRP* irp);

  nt::DRIVER_OBJECT* driver_ = nullptr;
  nt::DEVICE_OBJECT* root_pdo_ = nullptr;
  std::vector<Entry> entries_;
};

}  // namespace drydock::ntos::pnp
