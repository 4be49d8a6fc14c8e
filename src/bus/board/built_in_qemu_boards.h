#pragma once
// Boards with one of QEMU's devices each. Live: the clock is the wall's, so SCSI buses rest shorter after a reset.

#include "bus/board/board.h"

namespace drydock::bus::board {

namespace qemu_boards {

inline constexpr std::string_view kPvscsi = R"(name = "qemu-pvscsi"
description = "QEMU's pvscsi with two disks of 64 MiB"
memory = "64 MiB"

[settings]
scsiport.reset_holdoff = "20 ms"

[[device]]
slot = "0:3.0"
model = "qemu"
device = "pvscsi"
disk = [
  { target = 0, size = "64 MiB" },
  { target = 1, size = "64 MiB" },
]
)";

inline constexpr std::string_view kLsi53c895a = R"(name = "qemu-lsi53c895a"
description = "QEMU's LSI 53C895A SCSI adapter with two disks"
memory = "64 MiB"

[settings]
scsiport.reset_holdoff = "20 ms"

[[device]]
slot = "0:3.0"
model = "qemu"
device = "lsi53c895a"
disk = [{ target = 0, size = "64 MiB" }, { target = 1, size = "64 MiB" }]
)";

inline constexpr std::string_view kAm53c974 = R"(name = "qemu-am53c974"
description = "QEMU's AMD Am53C974 SCSI adapter with two disks"
memory = "64 MiB"

[settings]
scsiport.reset_holdoff = "20 ms"

[[device]]
slot = "0:3.0"
model = "qemu"
device = "am53c974"
disk = [{ target = 0, size = "64 MiB" }, { target = 1, size = "64 MiB" }]
)";

inline constexpr std::string_view kMegasas = R"(name = "qemu-megasas"
description = "QEMU's LSI MegaRAID SAS 1078 with two disks"
memory = "64 MiB"

[settings]
scsiport.reset_holdoff = "20 ms"

[[device]]
slot = "0:3.0"
model = "qemu"
device = "megasas"
disk = [{ target = 0, size = "64 MiB" }, { target = 1, size = "64 MiB" }]
)";

inline constexpr std::string_view kMptsas1068 = R"(name = "qemu-mptsas1068"
description = "QEMU's LSI SAS1068 with two disks"
memory = "64 MiB"

[settings]
scsiport.reset_holdoff = "20 ms"

[[device]]
slot = "0:3.0"
model = "qemu"
device = "mptsas1068"
disk = [{ target = 0, size = "64 MiB" }, { target = 1, size = "64 MiB" }]
)";

inline constexpr std::string_view kVirtioScsi = R"(name = "qemu-virtio-scsi"
description = "QEMU's virtio SCSI adapter with two disks"
memory = "64 MiB"

[settings]
scsiport.reset_holdoff = "20 ms"

[[device]]
slot = "0:3.0"
model = "qemu"
device = "virtio-scsi-pci"
disk = [{ target = 0, size = "64 MiB" }, { target = 1, size = "64 MiB" }]
)";

inline constexpr std::string_view kVirtioBlk = R"(name = "qemu-virtio-blk"
description = "QEMU's virtio disk, virtio 1.0"
memory = "64 MiB"

[[device]]
slot = "0:3.0"
model = "qemu"
device = "virtio-blk-pci-non-transitional"
disk = [{ size = "64 MiB" }]
)";

inline constexpr std::string_view kVirtioBlkLegacy = R"(name = "qemu-virtio-blk-legacy"
description = "QEMU's virtio disk as it was before virtio 1.0"
memory = "64 MiB"

[[device]]
slot = "0:3.0"
model = "qemu"
device = "virtio-blk-pci,disable-modern=on,disable-legacy=off"
disk = [{ size = "64 MiB" }]
)";

inline constexpr std::string_view kAhci = R"(name = "qemu-ahci"
description = "QEMU's ICH9 AHCI controller with two disks"
memory = "64 MiB"

[[device]]
slot = "0:3.0"
model = "qemu"
device = "ich9-ahci"
disk = [{ target = 0, size = "64 MiB" }, { target = 1, size = "64 MiB" }]
)";

inline constexpr std::string_view kPiixIde = R"(name = "qemu-piix-ide"
description = "QEMU's PIIX IDE controller with a disk"
memory = "64 MiB"

[[device]]
slot = "0:3.0"
model = "qemu"
device = "piix3-ide"
disk = [{ size = "64 MiB" }]
)";

inline constexpr std::string_view kNvme = R"(name = "qemu-nvme"
description = "QEMU's NVMe controller with a namespace"
memory = "64 MiB"

[[device]]
slot = "0:3.0"
model = "qemu"
device = "nvme,serial=drydock"
disk = [{ size = "64 MiB" }]
)";

inline constexpr std::string_view kEdu = R"(name = "qemu-edu"
description = "QEMU's educational device"
memory = "64 MiB"

[[device]]
slot = "0:4.0"
model = "qemu"
device = "edu"
)";

inline constexpr std::string_view kE1000 = R"(name = "qemu-e1000"
description = "QEMU's Intel 82540EM network adapter"
memory = "64 MiB"

[[device]]
slot = "0:3.0"
model = "qemu"
device = "e1000"
)";

inline constexpr std::string_view kIvshmem = R"(name = "qemu-ivshmem"
description = "QEMU's inter-VM shared memory device with 1 MiB"
memory = "64 MiB"

[[device]]
slot = "0:3.0"
model = "qemu"
device = "ivshmem-plain,memdev=shared"
arguments = ["-object", "memory-backend-ram,id=shared,size=1M,share=on"]
)";

inline constexpr std::string_view kVirtioRng = R"(name = "qemu-virtio-rng"
description = "QEMU's virtio entropy source"
memory = "64 MiB"

[[device]]
slot = "0:3.0"
model = "qemu"
device = "virtio-rng-pci"
)";

inline constexpr std::string_view kVirtioBalloon = R"(name = "qemu-virtio-balloon"
description = "QEMU's virtio memory balloon"
memory = "64 MiB"

[[device]]
slot = "0:3.0"
model = "qemu"
device = "virtio-balloon-pci"
)";

inline constexpr std::string_view kVirtioSerial = R"(name = "qemu-virtio-serial"
description = "QEMU's virtio console"
memory = "64 MiB"

[[device]]
slot = "0:3.0"
model = "qemu"
device = "virtio-serial-pci"
)";

}  // namespace qemu_boards

inline constexpr BuiltInBoard kQemuBoards[] = {
    {"qemu-pvscsi", qemu_boards::kPvscsi},
    {"qemu-lsi53c895a", qemu_boards::kLsi53c895a},
    {"qemu-am53c974", qemu_boards::kAm53c974},
    {"qemu-megasas", qemu_boards::kMegasas},
    {"qemu-mptsas1068", qemu_boards::kMptsas1068},
    {"qemu-virtio-scsi", qemu_boards::kVirtioScsi},
    {"qemu-virtio-blk", qemu_boards::kVirtioBlk},
    {"qemu-virtio-blk-legacy", qemu_boards::kVirtioBlkLegacy},
    {"qemu-ahci", qemu_boards::kAhci},
    {"qemu-piix-ide", qemu_boards::kPiixIde},
    {"qemu-nvme", qemu_boards::kNvme},
    {"qemu-edu", qemu_boards::kEdu},
    {"qemu-e1000", qemu_boards::kE1000},
    {"qemu-ivshmem", qemu_boards::kIvshmem},
    {"qemu-virtio-rng", qemu_boards::kVirtioRng},
    {"qemu-virtio-balloon", qemu_boards::kVirtioBalloon},
    {"qemu-virtio-serial", qemu_boards::kVirtioSerial},
};

}  // namespace drydock::bus::board
