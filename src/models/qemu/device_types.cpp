#include "models/qemu/device_types.h"

namespace drydock::models::qemu {

namespace {

constexpr DeviceType kTypes[] = {
    {"pvscsi", DiskBus::Scsi},
    {"lsi53c895a", DiskBus::Scsi},
    {"lsi53c810", DiskBus::Scsi},
    {"am53c974", DiskBus::Scsi},
    {"dc390", DiskBus::Scsi},
    {"megasas", DiskBus::Scsi},
    {"megasas-gen2", DiskBus::Scsi},
    {"mptsas1068", DiskBus::Scsi},
    {"virtio-scsi-pci", DiskBus::Scsi},
    {"virtio-scsi-pci-transitional", DiskBus::Scsi},
    {"virtio-scsi-pci-non-transitional", DiskBus::Scsi},
    {"virtio-blk-pci", DiskBus::Itself},
    {"virtio-blk-pci-transitional", DiskBus::Itself},
    {"virtio-blk-pci-non-transitional", DiskBus::Itself},
    {"nvme", DiskBus::Itself},
    {"ich9-ahci", DiskBus::Ide},
    {"piix3-ide", DiskBus::Ide},
    {"piix4-ide", DiskBus::Ide},
    {"edu"},
    {"e1000"},
    {"e1000e"},
    {"ivshmem-plain"},
    {"virtio-rng-pci"},
    {"virtio-balloon-pci"},
    {"virtio-serial-pci"},
};

}  // namespace

std::span<const DeviceType> known_device_types() {
  return kTypes;
}

DeviceType device_type(std::string_view name) {
  for (const DeviceType& type : kTypes)
    if (type.name == name) return type;
  return {name};
}

}  // namespace drydock::models::qemu
