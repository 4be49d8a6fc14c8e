#include "wdf/hardware_watch.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "image/loader.h"
#include "image/unwind.h"
#include "machine/gs.h"
#include "machine/machine.h"
#include "wdf/callback_hardware.h"
#include "wdf/device.h"
#include "wdf/hardware_checks.h"
#include "wdf/misuse.h"
#include "wdf/paged_code.h"

namespace drydock::wdf {

using machine::Machine;

namespace {

/// WDF-466: who looks at an absent device so often, for so long, will do so for ever.
constexpr unsigned kLoopTouches = 500;
constexpr machine::Duration kLoopTime = std::chrono::seconds(1);

std::string moment(machine::Time time) {
  return fmt::format("{:.6f} s", std::chrono::duration<double>(time).count());
}

/// The devices that have been prepared, in that order: those whose registers anyone can touch.
class Witness final : public machine::DeviceWitness {
 public:
  void registers_touched(machine::PhysicalAddress at, unsigned bytes) override {
    for (HardwareWatch* each : watched_) each->touched(at, bytes, true);
  }
  void ports_touched(std::uint16_t port, unsigned bytes) override {
    for (HardwareWatch* each : watched_) each->touched(port, bytes, false);
  }
  void dma_written(machine::BusAddress from, machine::PhysicalAddress to, std::size_t) override {
    for (HardwareWatch* each : watched_)
      if (each->is_at(from)) each->wrote_memory(to);
  }
  void add(HardwareWatch& watch) {
    if (std::find(watched_.begin(), watched_.end(), &watch) == watched_.end()) watched_.push_back(&watch);
  }
  void remove(HardwareWatch& watch) { std::erase(watched_, &watch); }

 private:
  std::vector<HardwareWatch*> watched_;
};

/// Whether the access under way is a write: a call of WRITE_REGISTER_..., or a move to memory.
bool is_write() {
  const machine::BorderRecord* border = machine::innermost_border();
  if (!border->trap) return border->slot && std::string_view(border->slot->name).starts_with("WRITE_");
  std::uint64_t at = border->trap->rip;
  std::uint8_t code = 0;
  do {
    if (!image::read_guest(at++, &code, 1)) return false;
  } while (code == 0x66 || (code & 0xF0) == 0x40);  // operand size, REX
  return code == 0x88 || code == 0x89 || code == 0xC6 || code == 0xC7;
}

Witness& witness() {
  auto& place = framework().hardware_witness;
  if (!place) {
    place = std::make_unique<Witness>();
    Machine::current().add_witness(*place);
  }
  return static_cast<Witness&>(*place);
}

}  // namespace

HardwareWatch::~HardwareWatch() {
  if (framework().hardware_witness) witness().remove(*this);
  open_paged_code();
}

void HardwareWatch::open_paged_code() {
  if (framework().paged_code) framework().paged_code->come_back(device_);
}

// ---- Moments ----

void HardwareWatch::before_prepare() {
  witness().add(*this);
  find_address();
  registers_ = Registers::Allowed;
  released_ = told_ = told_transfer_ = asleep_ = surprised_ = false;
  loop_ = {};
  programmed_.clear();
  preparing_ = true;
}

void HardwareWatch::after_prepare() {
  preparing_ = false;
  machine::IoFabric* fabric = Machine::current().fabric();
  for (Written& each : programmed_) each.value = fabric ? fabric->read_memory(each.at, each.bytes) : 0;
}

void HardwareWatch::before_d0_entry() {
  registers_ = Registers::Allowed;
  released_ = false;
  for (Written& each : programmed_) each.again = false;
  waking_ = asleep_;
}

void HardwareWatch::after_d0_entry() {
  open_paged_code();
}

void HardwareWatch::after_up() {
  if (!std::exchange(waking_, false)) return;
  machine::IoFabric* fabric = Machine::current().fabric();
  for (const Written& each : programmed_) {
    if (each.again || !fabric) continue;
    const std::uint64_t value = fabric->read_memory(each.at, each.bytes);
    if (value == each.value) continue;
    warn("WDF-465", "initialisation-lost-in-dx",
         fmt::format("register {:#x} of {}, which EvtDevicePrepareHardware wrote, read {:#x} before the device left D0 "
                     "and reads {:#x} now: nothing that brings it back to D0 writes it again",
                     each.at, describe(device_), each.value, value));
    programmed_.clear();  // once says it
    return;
  }
}

void HardwareWatch::before_d0_exit(bool for_good) {
  mapped_before_ = mappings();
  if (for_good || device_.power_pageable()) return;
  auto& paged = framework().paged_code;
  if (!paged) paged = std::make_unique<PagedCode>();
  paged->leave(device_);
}

void HardwareWatch::after_d0_exit() {
  registers_ = Registers::Off;
  since_ = Machine::current().now();
  asleep_ = true;
  if (mappings().size() < mapped_before_.size())
    record("WDF-471", "removal-work-in-d0exit",
           fmt::format("EvtDeviceD0Exit of {} unmaps device memory, which is work for EvtDeviceReleaseHardware: {}",
                       describe(device_), mapped_before_.front()),
           mapped_before_);
  mapped_before_.clear();
}

void HardwareWatch::before_release() {
  open_paged_code();
  registers_ = Registers::Released;
  released_ = true;
  since_ = Machine::current().now();
}

void HardwareWatch::after_release() {
  if (!alone()) return;
  mapped_before_ = mappings();
  if (!mapped_before_.empty()) {
    record("WDF-444", "resources-still-mapped-after-release",
           fmt::format("device memory of {} is still mapped when EvtDeviceReleaseHardware has returned: {}",
                       describe(device_), mapped_before_.front()),
           mapped_before_);
    const auto first = reinterpret_cast<std::uint64_t>(device_.client().driver_object->DriverStart);
    ntos::mm::make_mappings_stale(first, first + device_.client().driver_object->DriverSize - 1);  // WDF-483
  }
  std::vector<std::string> left = own_interrupts(device_.client());
  if (left.empty()) return;
  std::string summary = fmt::format(
      "an interrupt that {} connected by itself is still connected when EvtDeviceReleaseHardware of {} has "
      "returned: {}",
      device_.client().name, describe(device_), left.front());
  record("WDF-450", "interrupt-left-connected", std::move(summary), std::move(left));
}

void HardwareWatch::after_cleanup() {
  if (!released_ || mapped_before_.empty() || !alone()) return;
  if (mappings().size() >= mapped_before_.size()) return;
  record("WDF-464", "hardware-unmapped-in-wrong-place",
         fmt::format("device memory that {} still had when EvtDeviceReleaseHardware returned is unmapped only when the "
                     "device object is cleaned up: {}",
                     describe(device_), mapped_before_.front()),
         mapped_before_);
  mapped_before_.clear();
}

// ---- Register accesses ----

bool HardwareWatch::owns(std::uint64_t at, unsigned bytes, bool memory) const {
  const CmResourceList* list = device_.translated;
  for (ULONG i = 0; list && i < list->count(); ++i) {
    const CM_PARTIAL_RESOURCE_DESCRIPTOR& each = *list->at(i);
    if (each.Type != (memory ? CmResourceTypeMemory : CmResourceTypePort)) continue;
    const auto start = static_cast<std::uint64_t>(each.u.Memory.Start.QuadPart);
    if (at >= start && at + bytes <= start + each.u.Memory.Length) return true;
  }
  return false;
}

bool HardwareWatch::runs_driver_code(std::uint64_t instruction) const {
  const DRIVER_OBJECT* driver = device_.client().driver_object;
  return driver && instruction - reinterpret_cast<std::uint64_t>(driver->DriverStart) < driver->DriverSize;
}

void HardwareWatch::touched(std::uint64_t at, unsigned bytes, bool memory) {
  const std::uint64_t instruction = machine::gs::calling_address();
  if (!runs_driver_code(instruction) || !owns(at, bytes, memory)) return;
  if (memory && preparing_ && programmed_.size() < 64 && is_write() &&
      std::none_of(programmed_.begin(), programmed_.end(), [at](const Written& each) { return each.at == at; }))
    programmed_.push_back({at, bytes});
  if (waking_ && is_write())
    for (Written& each : programmed_) each.again |= each.at == at;
  check_moment(at, memory);
  check_loop(instruction, at);
}

void HardwareWatch::check_moment(std::uint64_t at, bool memory) {
  if (told_ || (registers_ == Registers::Allowed && running_.empty())) return;
  const BegunCallback* running = running_here();
  const CallbackHardware* callback = running ? hardware_of_callback(running->name) : nullptr;
  const bool forbidden = callback && (callback->may == RegisterAccess::Never ||
                                      (callback->may == RegisterAccess::BeforeSurprise && surprised_));
  if (registers_ == Registers::Allowed && !forbidden) return;
  told_ = true;
  std::string when;
  if (registers_ == Registers::Released)
    when = fmt::format("though EvtDeviceReleaseHardware was called at {}", moment(since_));
  else if (registers_ == Registers::Off)
    when = fmt::format("though EvtDeviceD0Exit returned at {} and nothing has brought the device back to D0",
                       moment(since_));
  else
    when = fmt::format("where it may not be ({})", callback->rule);
  record("WDF-446", "hardware-touched-after-release",
         fmt::format("{} {:#x} of {} is touched{}{}, {}", memory ? "register" : "port", at, describe(device_),
                     callback ? " in " : "", callback ? callback->callback : "", when));
}

bool HardwareWatch::is_absent() const {
  machine::IoFabric* fabric = Machine::current().fabric();
  return on_pci_ && fabric &&
         (fabric->read_config(address_.bus, address_.device, address_.function, 0, 2) & 0xFFFF) == 0xFFFF;
}

void HardwareWatch::check_loop(std::uint64_t instruction, std::uint64_t at) {
  if (++loop_.touches % kLoopTouches != 0) return;
  const machine::Time now = Machine::current().now();
  if (!is_absent()) {
    loop_ = {};
  } else if (loop_.touches == kLoopTouches) {
    loop_.since = now;
  } else if (now - loop_.since >= kLoopTime) {
    halt("WDF-466", "endless-wait-for-absent-device",
         fmt::format("{} touches register {:#x} of {}, which is not there: {} times in {:.3f} s now, and it reads all "
                     "ones for ever",
                     image::Images::current().symbol_at(instruction), at, describe(device_),
                     loop_.touches - kLoopTouches, std::chrono::duration<double>(now - loop_.since).count()));
  }
}

// ---- Transfers ----

void HardwareWatch::find_address() {
  ULONG bus = 0, slot = 0, length = 0;
  on_pci_ = device_.is_fdo() && device_.pdo &&
            NT_SUCCESS(IoGetDeviceProperty(device_.pdo, DevicePropertyBusNumber, sizeof bus, &bus, &length)) &&
            NT_SUCCESS(IoGetDeviceProperty(device_.pdo, DevicePropertyAddress, sizeof slot, &slot, &length));
  address_ = {bus, slot >> 16, slot & 0xFFFF};
}

void HardwareWatch::wrote_memory(machine::PhysicalAddress at) {
  // A filter leaves D0 before the function driver below it has stopped the device.
  if (registers_ == Registers::Allowed || told_transfer_ || device_.config().filter) return;
  told_transfer_ = true;
  record("WDF-472", "dma-after-stop",
         fmt::format("the device of {} writes to memory at {:#x} though EvtDeviceD0Exit returned at {}",
                     describe(device_), at, moment(since_)));
}

// ---- Mappings ----

std::vector<std::string> HardwareWatch::mappings() const {
  std::vector<std::string> lines;
  if (device_.client().host) return lines;  // not the driver's, but the framework's: unmap_hardware() sees to them
  const DRIVER_OBJECT* driver = device_.client().driver_object;
  const auto first = reinterpret_cast<std::uint64_t>(driver->DriverStart);
  for (const ntos::mm::Leak& leak : ntos::mm::leaks_of(first, first + driver->DriverSize - 1))
    if (leak.what == "device memory mapping")
      lines.push_back(
          fmt::format("{} bytes, mapped at {}", leak.bytes, image::Images::current().symbol_at(leak.caller)));
  return lines;
}

bool HardwareWatch::alone() const {
  for (const auto& [object, other] : framework().devices)  // any one ends the question: no order matters
    if (other != &device_ && &other->client() == &device_.client() && other->pnp.holds_hardware()) return false;
  return true;
}

// ---- Callbacks ----

RunningCallback::RunningCallback(const Device& device, std::string_view name) : device_(device) {
  const HardwareWatch& watch = device.watch;
  watch.forget_left(this);
  number_ = ++watch.begun_;
  const machine::BorderRecord* border = machine::innermost_border();
  watch.running_.push_back({number_, std::string(name), &machine::current_thread(), KeGetCurrentIrql(), border,
                            border ? border->rsp : 0, border ? border->slot : nullptr, this});
}

RunningCallback::~RunningCallback() {
  std::erase_if(device_.watch.running_, [this](const BegunCallback& each) { return each.number == number_; });
}

/// An interrupt's code runs above, on the same thread.
bool BegunCallback::runs_here() const {
  return thread == &machine::current_thread() && !machine::in_dpc() &&
         KeGetCurrentIrql() <= std::max<KIRQL>(irql, DISPATCH_LEVEL);
}

bool BegunCallback::was_left(const void* frame) const {
  if (!border) return false;         // no driver's code beneath that could have gone on
  if (call <= frame) return true;
  const machine::BorderRecord* each = machine::innermost_border();
  while (each && each != border) each = each->previous;
  return !each || each->rsp != border_rsp || each->slot != border_slot;
}

void HardwareWatch::forget_left(const void* frame) const {
  if (running_.empty() || machine::in_dpc() || KeGetCurrentIrql() > DISPATCH_LEVEL) return;
  std::erase_if(running_, [frame](const BegunCallback& each) {
    return each.thread == &machine::current_thread() && each.was_left(frame);
  });
}

const BegunCallback* HardwareWatch::running() const {
  return running_.empty() ? nullptr : &running_.back();
}

const BegunCallback* HardwareWatch::running_here() const {
  forget_left(__builtin_frame_address(0));
  const auto found =
      std::find_if(running_.rbegin(), running_.rend(), [](const BegunCallback& each) { return each.runs_here(); });
  return found == running_.rend() ? nullptr : &*found;
}

void check_not_in_surprise_notice(Device& device, const char* function) {
  const BegunCallback* running = device.watch.running_here();
  if (!running || running->name != "SurpriseRemoval") return;
  record("WDF-470", "surprise-callback-does-work",
         fmt::format("{} is called in EvtDeviceSurpriseRemoval of {}, which is only a notice: requests end when the "
                     "framework asks for them, in EvtIoStop or when their queue is purged",
                     function, describe(device)));
}

}  // namespace drydock::wdf
