#include "models/qemu/device_types.h"

#include "models/qemu/qtest.h"

namespace drydock::models::qemu {

namespace {

/// QEMU 7.2 removes an edu with its lock held, and waits for the end of edu's thread, which wants that lock to interrupt
/// when a factorial is computed. So the interrupt is switched off, and one computed that began after that.
void let_edu_finish(Qtest& qtest, std::uint64_t registers) {
  constexpr std::uint64_t kFactorial = 0x08, kStatus = 0x20, kComputing = 1, kNobody = 0xFFFFFFFF;
  constexpr unsigned kReadsMax = 1'000'000;  // the longest computation is of 2^32 steps
  const auto computes_no_more = [&] {
    for (unsigned reads = 0; reads < kReadsMax; ++reads) {
      const std::uint64_t status = qtest.read(registers + kStatus, 4);
      if (status == kNobody) return false;  // QEMU has gone, or the window leads elsewhere
      if ((status & kComputing) == 0) return true;
    }
    return false;
  };
  qtest.write(registers + kStatus, 4, 0);
  if (!computes_no_more()) return;
  qtest.write(registers + kFactorial, 4, 0);
  computes_no_more();
}

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
    {"edu", DiskBus::None, let_edu_finish},
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
