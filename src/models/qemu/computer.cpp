#include "models/qemu/computer.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "host/check.h"
#include "host/shared_ram.h"
#include "host/socket.h"
#include "models/pci/config_space.h"
#include "models/qemu/device_types.h"
#include "models/qemu/function.h"

namespace drydock::models::qemu {

using host::Result;
using host::Status;
using machine::TapeEntry;

namespace {

// QEMU's q35, as it is set up here: nothing of it is seen by a driver.
constexpr std::uint64_t kExtendedConfig = 0xB0000000;  // one window for all of configuration space
constexpr std::uint64_t kDoorbellBar = 0xE0000000;
constexpr std::uint64_t kDoorbellRegister = kDoorbellBar + 0x0C;
constexpr std::uint64_t kFirstWindow = 0xE1000000;
constexpr std::uint64_t kWindowSize = 0x02000000;
constexpr std::uint64_t kFirstIoWindow = 0x4000;
constexpr std::uint64_t kIoWindowSize = 0x1000;
constexpr unsigned kFirstPortLine = 20;  // I/O APIC inputs of pin A, by slot modulo 4
constexpr unsigned kPortLines = 4;

// Registers of a root port (PCI Express 4.0, 7.5); its PCI Express capability is at 0x54.
constexpr unsigned kPrimaryBus = 0x18, kSecondaryBus = 0x19, kSubordinateBus = 0x1A;
constexpr unsigned kIoBase = 0x1C, kMemoryBase = 0x20, kPrefetchBase = 0x24, kIoBaseUpper = 0x30;
constexpr unsigned kBridgeControl = 0x3E, kSlotControl = 0x54 + 0x18;
constexpr std::uint32_t kSecondaryBusReset = 1u << 6;
constexpr std::uint32_t kSlotPowerOff = 0x07C0, kSlotPowerOn = 0x01C0;  // indicators with it

unsigned slot_of(unsigned port) { return kFirstPortSlot + port; }
unsigned bus_of(unsigned port) { return port + 1; }
unsigned line_of(unsigned port) { return kFirstPortLine + slot_of(port) % kPortLines; }

std::uint64_t config_address(unsigned bus, unsigned device, unsigned offset) {
  return kExtendedConfig + (std::uint64_t{bus} << 20 | device << 15 | offset);
}

/// "pvscsi,id=x,addr=1" as the object that device_add takes.
std::string json_of(const std::string& arguments) {
  std::string json = R"({"execute": "device_add", "arguments": {"driver": ")";
  bool in_value = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const char c = arguments[i];
    if (c == ',' ) {
      json += "\", \"";
      in_value = false;
    } else if (c == '=' && !in_value) {
      json += "\": \"";
      in_value = true;
    } else {
      json += c;
    }
  }
  return json + "\"}}";
}

}  // namespace

Computer::Computer(const Plan& plan, QemuProcess process, host::EventLoop loop, host::Errand errand, machine::Tape* tape)
    : plan_(plan),
      process_(std::move(process)),
      qtest_(process_.qtest.get(), tape),
      qmp_(process_.qmp.get()),
      world_(std::move(loop)),
      errand_(std::move(errand)),
      tape_(tape) {
  present_.fill(true);
  qtest_.on_end([this] { gone(); });
}

Computer::~Computer() {
  host::share_ram(-1, 0);
}

Result<std::unique_ptr<Computer>> Computer::start(const Plan& plan, machine::Tape* tape) {
  QemuProcess process = TRY(tape && tape->replays() ? only_memory(plan) : start_qemu(plan));
  host::EventLoop loop = TRY(host::EventLoop::create());
  host::Errand errand = TRY(host::Errand::create());
  std::unique_ptr<Computer> computer(new Computer(plan, std::move(process), std::move(loop), std::move(errand), tape));
  if (tape) TRY(computer->attach_tape());
  if (!tape || !tape->replays()) TRY(computer->listen());
  host::share_ram(computer->ram_descriptor(), plan.ram_bytes);
  return computer;
}

Status Computer::listen() {
  TRY(listen_to_qtest());
  for (unsigned i = 0; i < process_.messages.size(); ++i) {
    const int counter = process_.messages[i].get();
    TRY(world_.loop().watch(counter, [this, i, counter] {
      host::take_events(counter);
      message_came(i / kVectorsPerDevice, i % kVectorsPerDevice);
    }));
  }
  return {};
}

Status Computer::listen_to_qtest() {
  qtest_.on_line([this](unsigned line, bool raised) { line_changed(line, raised); });
  return world_.loop().watch(qtest_.socket(), [this] { qtest_.take(); });
}

/// A device without power holds no line up.
void Computer::gone() {
  record(TapeEntry::Gone, qtest_.stands_still());
  if (qtest_.socket() >= 0) world_.loop().silence(qtest_.socket());
  if (board_) ended_at_ = board_->now();
  for (Function* function : functions_)
    if (function) function->line_changed(false, false);
}

Status Computer::start_anew() {
  if (tape_) return host::error("QEMU has ended, and the run is to be recorded");
  host::SocketPair qtest = TRY(host::make_socket_pair());
  host::SocketPair qmp = TRY(host::make_socket_pair());
  TRY(errand_.at_home() ? launch(plan_, process_, qtest.theirs, qmp.theirs) : errand_.send(qtest.theirs, qmp.theirs));
  qtest.theirs.close();
  qmp.theirs.close();
  qtest_ = Qtest(qtest.ours.get(), nullptr);
  qtest_.on_end([this] { gone(); });
  qmp_ = Qmp(qmp.ours.get());
  TRY(connect(plan_, process_, std::move(qtest.ours), std::move(qmp.ours)));
  while (world_.loop().wait({})) continue;  // messages of the one before: nobody is there to get them
  fresh_ = true;
  present_.fill(true);
  generation_.fill(0);
  return listen_to_qtest();
}

void Computer::look_after() {
  const std::vector<host::Descriptor> ends = errand_.take();
  if (ends.size() == 2) errand_.done(launch(plan_, process_, ends[0], ends[1]));
}

Status Computer::attach_tape() {
  TRY(tape_->share(process_.ram.get(), plan_.ram_bytes));
  taped_.emplace(world_, *tape_);
  if (tape_->replays())
    tape_->on_event([this](TapeEntry event, std::uint64_t value) { replay(event, value); });
  else
    tape_->control(TRY(host::Brake::of(process_.process)));
  return {};
}

/// The other direction of what line_changed(), message_came() and the end put there.
void Computer::replay(TapeEntry event, std::uint64_t value) {
  if (event == TapeEntry::Line) line_changed(static_cast<unsigned>(value >> 1), value & 1);
  if (event == TapeEntry::Message) message_came(static_cast<unsigned>(value >> 8), value & 0xFF);
  if (event == TapeEntry::Gone) qtest_.end(value != 0);
}

void Computer::record(TapeEntry event, std::uint64_t value) {
  if (tape_ && !tape_->replays()) tape_->put(event, value);
}

/// Through QMP.
Status Computer::command(std::string_view json) {
  if (!tape_) {
    Status done = qmp_.command(json);
    if (qmp_.gone()) qtest_.end(qmp_.stands_still());
    return done;
  }
  if (tape_->replays()) {
    const std::string_view refusal = tape_->take_text(TapeEntry::Command);
    return refusal.empty() ? Status{} : host::error(refusal);
  }
  tape_->release();
  Status done = qmp_.command(json);
  tape_->hold();
  if (qmp_.gone()) qtest_.end(qmp_.stands_still());
  tape_->put(TapeEntry::Command, done ? std::string_view() : std::string_view(done.failure().message));
  return done;
}

Status Computer::power_on(const machine::Computer* board) {
  functions_.fill(nullptr);
  board_ = nullptr;
  if (!fresh_ && !qtest_.ended())
    if (Status back = bring_back(); !back && !qtest_.ended()) return back;
  if (qtest_.ended()) TRY(start_anew());
  if (fresh_) set_up();
  if (used_) clear_memory_disks();
  if (qtest_.ended()) return host::error("QEMU ended while it was set up");
  fresh_ = false;
  used_ = true;
  board_ = board;
  world_.switch_on();
  return {};
}

Status Computer::bring_back() {
  for (unsigned port = 0; port < plan_.devices.size(); ++port)
    if (!present_[port]) TRY(plug(port));
  TRY(command(R"({"execute": "system_reset"})"));
  set_up();
  return {};
}

void Computer::clear_memory_disks() {
  std::size_t memory_disk = 0;
  for (const DevicePlan& device : plan_.devices)
    for (const DiskPlan& disk : device.disks)
      if (disk.file.empty()) host::clear_shared_memory(process_.memory_disks[memory_disk++].get(), disk.size_bytes);
}

void Computer::set_up() {
  qtest_.out(0x43, 1, 0x30);  // the timer chip would interrupt 18 times a second
  if (fresh_) qtest_.intercept_interrupts();
  qtest_.out(0xCF8, 4, 0x80000060);
  qtest_.out(0xCFC, 4, static_cast<std::uint32_t>(kExtendedConfig) | 1);
  qtest_.out(0xCF8, 4, 0x80000064);
  qtest_.out(0xCFC, 4, 0);
  root_write(kDoorbellSlot, pci::header::kBar0, 4, kDoorbellBar);
  root_write(kDoorbellSlot, pci::header::kCommand, 2, pci::command::kMemorySpace);
  for (unsigned port = 0; port < plan_.devices.size(); ++port) set_up_port(port);
}

void Computer::set_up_port(unsigned port) {
  const unsigned slot = slot_of(port);
  const std::uint64_t memory = kFirstWindow + port * kWindowSize;
  const std::uint64_t io = kFirstIoWindow + port * kIoWindowSize;
  root_write(slot, kPrimaryBus, 1, 0);
  root_write(slot, kSecondaryBus, 1, bus_of(port));
  root_write(slot, kSubordinateBus, 1, bus_of(port));
  root_write(slot, kMemoryBase, 4,
             static_cast<std::uint32_t>((memory + kWindowSize - 1) & 0xFFF00000) |
                 static_cast<std::uint32_t>(memory >> 16 & 0xFFF0));
  root_write(slot, kPrefetchBase, 4, 0x0001FFF1);  // closed: prefetchable registers go into the other window
  root_write(slot, kIoBase, 2, static_cast<std::uint32_t>((io >> 8 & 0xF0) | (io & 0xF000)));
  root_write(slot, kIoBaseUpper, 4, 0);
  root_write(slot, pci::header::kCommand, 2,
             pci::command::kIoSpace | pci::command::kMemorySpace | pci::command::kBusMaster);
}

Status Computer::plug(unsigned port) {
  const unsigned generation = ++generation_[port];
  TRY(command(json_of(device_arguments(plan_.devices[port], port, generation))));
  for (const std::string& disk : disk_arguments(plan_.devices[port], port, generation))
    TRY(command(json_of(disk)));
  root_write(slot_of(port), kSlotControl, 2, kSlotPowerOn);
  present_[port] = true;
  return {};
}

void Computer::pull(unsigned port, std::uint64_t registers) {
  functions_[port] = nullptr;
  if (const auto calm = device_type(plan_.devices[port].type).calm; calm && registers != 0) {
    const std::uint32_t command = config_read(port, pci::header::kCommand, 2);
    config_write(port, pci::header::kCommand, 2, command | pci::command::kMemorySpace);
    calm(qtest_, registers);
  }
  root_write(slot_of(port), kSlotControl, 2, kSlotPowerOff);
  present_[port] = false;
}

void Computer::secondary_bus_reset(unsigned port) {
  const std::uint32_t control = root_read(slot_of(port), kBridgeControl, 2);
  root_write(slot_of(port), kBridgeControl, 2, control | kSecondaryBusReset);
  root_write(slot_of(port), kBridgeControl, 2, control & ~kSecondaryBusReset);
}

bool Computer::system_reset() {
  if (!command(R"({"execute": "system_reset"})")) return false;
  set_up();
  for (Function* function : functions_)
    if (function) function->system_was_reset();
  return !qtest_.ended();
}

pci::ModelFactory Computer::factory(unsigned device) {
  return [this, device](machine::DeviceWires& wires) -> std::unique_ptr<machine::DeviceModel> {
    if (!present_[device])
      if (Status plugged = plug(device); !plugged) wires.note(plugged.failure().message);
    return std::make_unique<Function>(*this, device, wires);
  };
}

void Computer::line_changed(unsigned line, bool raised) {
  record(TapeEntry::Line, std::uint64_t{line} << 1 | (raised ? 1 : 0));
  unsigned sharing = 0;
  for (unsigned port = 0; port < plan_.devices.size(); ++port)
    if (functions_[port] && line_of(port) == line) ++sharing;
  for (unsigned port = 0; port < plan_.devices.size(); ++port)
    if (functions_[port] && line_of(port) == line) functions_[port]->line_changed(raised, sharing > 1);
}

void Computer::message_came(unsigned port, unsigned vector) {
  record(TapeEntry::Message, std::uint64_t{port} << 8 | vector);
  if (port < kPortsMax && functions_[port]) functions_[port]->message_came(vector);
}

std::uint64_t Computer::place_bar(unsigned port, bool is_io, std::uint64_t size, std::uint64_t& taken) const {
  const std::uint64_t window = is_io ? kFirstIoWindow + port * kIoWindowSize : kFirstWindow + port * kWindowSize;
  const std::uint64_t at = (window + taken + size - 1) & ~(size - 1);
  const std::uint64_t end = at + size;
  if (end > window + (is_io ? kIoWindowSize : kWindowSize)) return 0;
  taken = end - window;
  return at;
}

Doorbell Computer::doorbell(unsigned port) const {
  return {kDoorbellRegister, port * kVectorsPerDevice};  // peer 0 << 16 | vector
}

std::uint32_t Computer::config_read(unsigned port, unsigned offset, unsigned size) {
  return static_cast<std::uint32_t>(qtest_.read(config_address(bus_of(port), 0, offset), size));
}

void Computer::config_write(unsigned port, unsigned offset, unsigned size, std::uint32_t value) {
  qtest_.write(config_address(bus_of(port), 0, offset), size, value);
}

std::uint32_t Computer::root_read(unsigned slot, unsigned offset, unsigned size) {
  return static_cast<std::uint32_t>(qtest_.read(config_address(0, slot, offset), size));
}

void Computer::root_write(unsigned slot, unsigned offset, unsigned size, std::uint32_t value) {
  qtest_.write(config_address(0, slot, offset), size, value);
}

}  // namespace drydock::models::qemu
