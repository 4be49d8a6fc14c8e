#include "models/qemu/qemu_process.h"

#include <array>
#include <chrono>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include "host/check.h"
#include "host/file_io.h"
#include "host/socket.h"
#include "models/qemu/device_types.h"
#include "models/qemu/qmp.h"

namespace drydock::models::qemu {

using host::error;
using host::Result;

namespace {

constexpr const char* kProgram = "qemu-system-x86_64";
// A QEMU that says nothing for so long never will: 7.2 stands still for ever when its edu is pulled while its thread waits
// to interrupt. The longest that it needs is a second or two, of a processor that others use too.
constexpr std::chrono::seconds kPatience{20};

/// cli; hlt; jump back: the only code that QEMU's own processor ever runs.
std::string halting_rom() {
  std::string rom(64 << 10, static_cast<char>(0xF4));
  constexpr char kLoop[] = {static_cast<char>(0xFA), static_cast<char>(0xF4), static_cast<char>(0xEB),
                            static_cast<char>(0xFD)};
  std::memcpy(rom.data() + 0xFFF0, kLoop, sizeof(kLoop));
  return rom;
}

std::string node_of(unsigned port, std::size_t disk) {
  return fmt::format("d{}_{}", port, disk);
}

/// Commas end a value unless they are doubled.
std::string quoted(const std::string& value) {
  std::string text;
  for (char c : value) text += c == ',' ? ",," : std::string(1, c);
  return text;
}

bool is_qcow2(const std::string& file) {
  std::array<char, 4> magic{};
  std::ifstream stream(file, std::ios::binary);
  return stream.read(magic.data(), magic.size()) && std::memcmp(magic.data(), "QFI\xfb", 4) == 0;
}

void plan_disks(const Plan& plan, const QemuProcess& qemu, std::vector<std::string>& words, std::vector<int>& inherited) {
  std::size_t memory_disk = 0;
  for (unsigned port = 0; port < plan.devices.size(); ++port) {
    const DevicePlan& device = plan.devices[port];
    for (std::size_t i = 0; i < device.disks.size(); ++i) {
      const DiskPlan& disk = device.disks[i];
      std::string file = disk.file;
      if (file.empty()) {
        inherited.push_back(qemu.memory_disks[memory_disk++].get());
        file = fmt::format("/proc/self/fd/{}", inherited.back());
      }
      const std::string node = node_of(port, i);
      const char* read_only = disk.read_only ? "on" : "off";
      words.insert(words.end(),
                   {"-blockdev", fmt::format("driver=file,node-name=f{},discard=unmap,read-only={},filename={}", node, read_only,
                                             quoted(file))});
      words.insert(words.end(),
                   {"-blockdev", fmt::format("driver={},node-name={},discard=unmap,read-only={},file=f{}",
                                             is_qcow2(file) ? "qcow2" : "raw", node, read_only, node)});
    }
  }
}

unsigned vectors_of(const Plan& plan) {
  return static_cast<unsigned>(plan.devices.size()) * kVectorsPerDevice;
}

/// Plays the server that ivshmem-doorbell expects, ahead of time: we are peer 0 with all the vectors, QEMU is peer 1 with
/// one, which nobody uses.
host::Status serve_doorbell(const QemuProcess& qemu, const host::Descriptor& server) {
  auto send = [&](std::int64_t number, const host::Descriptor* attached = nullptr) {
    const int descriptor = attached ? attached->get() : -1;
    return host::send_with_descriptors(server.get(), &number, sizeof(number),
                                       std::span(&descriptor, attached ? 1 : 0));
  };
  TRY(send(0));
  TRY(send(1));
  TRY(send(-1, &qemu.doorbell_memory));
  for (const host::Descriptor& counter : qemu.messages) TRY(send(0, &counter));
  // QEMU waits for one of its own, and would look at each of more whenever it looks at anything.
  TRY(send(1, &qemu.doorbell_end));
  return {};
}

/// Whatever QEMU works on: all but the process.
Result<QemuProcess> make_parts(const Plan& plan) {
  QemuProcess qemu = TRY(only_memory(plan));
  qemu.bios = TRY(host::make_shared_memory("drydock-rom", 0));
  const std::string rom = halting_rom();
  HOST_CHECK(host::write_at(qemu.bios.get(), 0, std::as_bytes(std::span(rom))));
  qemu.doorbell_memory = TRY(host::make_shared_memory("drydock-doorbell", 4096));
  for (unsigned i = 0; i < vectors_of(plan); ++i) qemu.messages.push_back(TRY(host::make_event_counter()));
  qemu.doorbell_end = TRY(host::make_event_counter());
  for (const DevicePlan& device : plan.devices)
    for (const DiskPlan& disk : device.disks)
      if (disk.file.empty()) qemu.memory_disks.push_back(TRY(host::make_shared_memory("drydock-disk", disk.size_bytes)));
  return qemu;
}

}  // namespace

std::string device_arguments(const DevicePlan& plan, unsigned port, unsigned generation) {
  return fmt::format("{},id=dev{}_{},bus=rp{}{}", plan.type, port, generation, port,
                     device_type(plan.type).disks == DiskBus::Itself && !plan.disks.empty()
                         ? fmt::format(",drive={},share-rw=on", node_of(port, 0))
                         : std::string()) +
         plan.properties;
}

std::vector<std::string> disk_arguments(const DevicePlan& plan, unsigned port, unsigned generation) {
  std::vector<std::string> all;
  const DiskBus bus = device_type(plan.type).disks;
  if (bus != DiskBus::Scsi && bus != DiskBus::Ide) return all;
  for (std::size_t i = 0; i < plan.disks.size(); ++i) {
    const DiskPlan& disk = plan.disks[i];
    const std::string where =
        bus == DiskBus::Scsi
            ? fmt::format("scsi-hd,bus=dev{}_{}.0,scsi-id={},lun={}", port, generation, disk.target, disk.lun)
            : fmt::format("ide-hd,bus=dev{}_{}.{}", port, generation, i);
    // Shared: an adapter that was pulled with commands outstanding keeps its disks for a while.
    all.push_back(fmt::format("{},id=disk{}_{}_{},drive={},share-rw=on,rerror=report,werror=report,"
                              "logical_block_size={},physical_block_size={}",
                              where, port, generation, i, node_of(port, i), disk.block_bytes, disk.block_bytes));
  }
  return all;
}

Result<QemuProcess> only_memory(const Plan& plan) {
  QemuProcess qemu;
  qemu.ram = TRY(host::make_shared_memory("drydock-ram", plan.ram_bytes));
  return qemu;
}

Result<QemuProcess> start_qemu(const Plan& plan) {
  HOST_CHECK(!plan.devices.empty() && plan.devices.size() <= kPortsMax);
  if (!host::is_installed(kProgram))
    return error(plan.devices.front().place, ": this device needs ", kProgram,
                 ", which is not installed: apt-get install qemu-system-x86");
  QemuProcess qemu = TRY(make_parts(plan));
  host::SocketPair qtest = TRY(host::make_socket_pair());
  host::SocketPair qmp = TRY(host::make_socket_pair());
  TRY(launch(plan, qemu, qtest.theirs, qmp.theirs));
  qtest.theirs.close();
  qmp.theirs.close();
  if (host::Status greeted = connect(plan, qemu, std::move(qtest.ours), std::move(qmp.ours)); !greeted) {
    qemu.process.kill();
    return error(greeted.failure().message, " (", qemu.process.end(), ")");
  }
  return qemu;
}

host::Status launch(const Plan& plan, QemuProcess& qemu, const host::Descriptor& qtest, const host::Descriptor& qmp) {
  host::SocketPair doorbell = TRY(host::make_socket_pair());
  TRY(serve_doorbell(qemu, doorbell.ours));
  std::vector<int> inherited{qemu.ram.get(), qemu.bios.get(), qtest.get(), qmp.get(), doorbell.theirs.get()};
  const std::string memory = fmt::format("{}M", plan.ram_bytes >> 20);
  std::vector<std::string> words{
      kProgram, "-machine", "q35,memory-backend=mem", "-m", memory, "-accel", "tcg", "-bios",
      fmt::format("/proc/self/fd/{}", qemu.bios.get()), "-object",
      fmt::format("memory-backend-file,id=mem,size={},share=on,mem-path=/proc/self/fd/{}", memory, qemu.ram.get()),
      "-display", "none", "-nodefaults", "-no-user-config",
      // A port's own hot plug, not the firmware's: pulling a device is one register write then.
      "-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
      "-chardev", fmt::format("socket,id=qtest,fd={}", qtest.get()), "-qtest", "chardev:qtest",
      "-qtest-log", "none",  // a file, even /dev/null, costs each register a line and two times of day
      "-chardev", fmt::format("socket,id=qm,fd={}", qmp.get()), "-mon", "chardev=qm,mode=control",
      "-chardev", fmt::format("socket,id=doorbell,fd={}", doorbell.theirs.get()), "-device",
      fmt::format("ivshmem-doorbell,chardev=doorbell,vectors={},addr={:02x}.0", vectors_of(plan), kDoorbellSlot)};
  plan_disks(plan, qemu, words, inherited);
  for (unsigned port = 0; port < plan.devices.size(); ++port) {
    words.insert(words.end(), {"-device", fmt::format("pcie-root-port,id=rp{},chassis={},slot={},addr={:02x}.0", port,
                                                      port + 1, port + 1, kFirstPortSlot + port)});
    const std::vector<std::string>& more = plan.devices[port].arguments;
    words.insert(words.end(), more.begin(), more.end());
    words.insert(words.end(), {"-device", device_arguments(plan.devices[port], port, 0)});
    for (const std::string& disk : disk_arguments(plan.devices[port], port, 0))
      words.insert(words.end(), {"-device", disk});
  }
  // The server goes here, with all said: QEMU reads it, and looks at a line less whenever it looks at anything.
  return qemu.process.start_again(words, inherited);
}

host::Status connect(const Plan& plan, QemuProcess& qemu, host::Descriptor qtest, host::Descriptor qmp) {
  qemu.qtest = std::move(qtest);
  qemu.qmp = std::move(qmp);
  host::limit_waiting(qemu.qtest.get(), kPatience);
  host::limit_waiting(qemu.qmp.get(), kPatience);
  if (Qmp(qemu.qmp.get()).greet()) return {};
  std::string said = qemu.process.errors();
  while (!said.empty() && said.back() == '\n') said.pop_back();
  return error(plan.devices.front().place, ": ", kProgram, " does not start this board's devices: ",
               said.empty() ? "it said nothing" : said);
}

}  // namespace drydock::models::qemu
