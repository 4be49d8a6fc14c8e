#pragma once
// Starts QEMU as a box of devices: no guest system, its memory is ours, its devices sit behind root ports of their own.

#include <cstdint>
#include <string>
#include <vector>

#include "host/helper_process.h"
#include "host/descriptor.h"
#include "host/result.h"

namespace drydock::models::qemu {

struct DiskPlan {
  unsigned target = 0;
  unsigned lun = 0;
  std::uint64_t size_bytes = 0;  ///< of one in memory
  unsigned block_bytes = 512;
  std::string file;  ///< "": in memory, zeroed
  bool read_only = false;
};

struct DevicePlan {
  std::string type;        ///< "lsi53c895a", as QEMU calls it
  std::string properties;  ///< ",key=value..." that the board adds, or ""
  std::vector<std::string> arguments;  ///< further words of QEMU's command line
  std::vector<DiskPlan> disks;
  std::string place;  ///< "board.toml:7", for messages
};

struct Plan {
  std::size_t ram_bytes = 0;
  std::vector<DevicePlan> devices;  ///< at most kPortsMax
};

inline constexpr unsigned kPortsMax = 8;
inline constexpr unsigned kVectorsPerDevice = 16;
inline constexpr unsigned kFirstPortSlot = 4;   ///< root ports sit at 00:04.0 and up
inline constexpr unsigned kDoorbellSlot = 2;    ///< ivshmem-doorbell at 00:02.0: what messages are sent to

/// A running QEMU and our ends of everything that leads into it.
struct QemuProcess {
  host::HelperProcess process;
  host::Descriptor ram;        ///< guest-physical address = offset
  host::Descriptor qtest;
  host::Descriptor qmp;
  std::vector<host::Descriptor> messages;     ///< event counters: device * kVectorsPerDevice + vector
  std::vector<host::Descriptor> memory_disks; ///< those of the plan that have no file, in order
  host::Descriptor bios, doorbell_memory, doorbell_end;
};

/// Fails with a sentence: QEMU is not installed (which package), too old, or what it said before it ended.
host::Result<QemuProcess> start_qemu(const Plan& plan);

/// The same in two halves, to start it anew after it has ended: with the same memory, disks and event counters. The one
/// who may start processes does the first, with QEMU's ends; the one who talks to it the second, with ours.
host::Status launch(const Plan& plan, QemuProcess& qemu, const host::Descriptor& qtest, const host::Descriptor& qmp);
host::Status connect(const Plan& plan, QemuProcess& qemu, host::Descriptor qtest, host::Descriptor qmp);

/// The memory alone, for a run that is made again without QEMU.
host::Result<QemuProcess> only_memory(const Plan& plan);

/// The device_add arguments, as -device has them: "pvscsi,id=dev0,bus=rp0".
std::string device_arguments(const DevicePlan& plan, unsigned port, unsigned generation);
/// The same of its disks.
std::vector<std::string> disk_arguments(const DevicePlan& plan, unsigned port, unsigned generation);

}  // namespace drydock::models::qemu
