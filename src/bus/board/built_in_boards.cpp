#include <algorithm>
#include <array>

#include "bus/board/board.h"
#include "bus/board/built_in_qemu_boards.h"

namespace drydock::bus::board {

namespace {

constexpr std::string_view kPvscsi = R"(# The board of the demo: one adapter, two disks.
name = "pvscsi"
description = "a VMware PVSCSI adapter with two disks of 64 MiB"
memory = "64 MiB"

[[device]]
slot = "0:3.0"
model = "pvscsi"
disk = [
  { target = 0, size = "64 MiB" },
  { target = 1, size = "64 MiB" },
]
)";

constexpr std::string_view kPvscsiSmp = R"(# The demo's board with four processors and memory above 4 GiB.
name = "pvscsi-smp"
description = "four processors, RAM on both sides of 4 GiB, a PVSCSI adapter with four units on two targets"
processors = 4
memory = "128 MiB"
ram_above_4gb = "64 MiB"

[[device]]
slot = "0:3.0"
model = "pvscsi"
disk = [
  { target = 0, lun = 0, size = "64 MiB" },
  { target = 0, lun = 1, size = "16 MiB" },
  { target = 1, lun = 0, size = "64 MiB" },
  { target = 1, lun = 1, size = "16 MiB", block = 4096 },
]
)";

constexpr std::string_view kPvscsiPair = R"(# Two adapters that share an interrupt line.
name = "pvscsi-pair"
description = "two PVSCSI adapters on one interrupt line, a disk behind each"
processors = 2
memory = "64 MiB"

[[device]]
slot = "0:3.0"
model = "pvscsi"
disk = [{ size = "64 MiB" }]

[[device]]
slot = "0:11.0"
model = "pvscsi"
disk = [{ size = "64 MiB" }]
)";

constexpr std::string_view kEdu = R"(# One educational device, quick enough for a load, on a reset line of its own.
name = "edu"
description = "QEMU's educational device, which can be reset by itself and by its reset line"
memory = "64 MiB"

[[rail]]
name = "PRRA"
_RST = "10 ms"

[[device]]
slot = "0:4.0"
model = "edu"
driver = "medic.sys"
latency = "100 us"
_PRR = "PRRA"
)";

constexpr std::string_view kRail = R"(# Two devices that hang on one power rail: what mends one takes both.
name = "rail"
description = "QEMU's educational device and a PVSCSI adapter with two disks, on one power rail"
processors = 2
memory = "64 MiB"

[[rail]]
name = "PRRA"
_RST = "10 ms"

[[device]]
slot = "0:4.0"
model = "edu"
driver = "medic.sys"
latency = "100 us"
_PRR = "PRRA"

[[device]]
slot = "0:3.0"
model = "pvscsi"
driver = "pvscsi.sys"
_PRR = "PRRA"
disk = [
  { target = 0, size = "16 MiB" },
  { target = 1, size = "16 MiB" },
]
)";

constexpr std::string_view kEmpty = R"(# A computer without devices, for drivers that make their own.
name = "empty"
description = "no devices at all"
memory = "32 MiB"
)";

constexpr BuiltInBoard kOwnBoards[] = {
    {"pvscsi", kPvscsi}, {"pvscsi-smp", kPvscsiSmp}, {"pvscsi-pair", kPvscsiPair}, {"edu", kEdu},
    {"rail", kRail},     {"empty", kEmpty}};

constexpr auto kBoards = [] {
  std::array<BuiltInBoard, std::size(kOwnBoards) + std::size(kQemuBoards)> all{};
  std::copy(std::begin(kOwnBoards), std::end(kOwnBoards), all.begin());
  std::copy(std::begin(kQemuBoards), std::end(kQemuBoards), all.begin() + std::size(kOwnBoards));
  return all;
}();

}  // namespace

std::span<const BuiltInBoard> built_in_boards() {
  return kBoards;
}

}  // namespace drydock::bus::board
