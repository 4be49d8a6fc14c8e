// What a driver must have given back before its code goes. Windows itself looks at some of it only under Driver
// Verifier and otherwise lets the machine stop later; here each is a finding that does not end the run.

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "image/loader.h"
#include "machine/machine.h"
#include "nt/bugcheck.h"
#include "ntos/ex/pool.h"
#include "ntos/ex/work_queue.h"
#include "ntos/hal/dma.h"
#include "ntos/io/device.h"
#include "ntos/io/dispatch.h"
#include "ntos/io/interrupt.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/io/state.h"
#include "ntos/io/wmi.h"
#include "ntos/ke/state.h"
#include "ntos/mm/io_space.h"
#include "ntos/ob/object.h"

namespace drydock::ntos::io {

namespace {

constexpr std::size_t kDetailsMax = 16;

class Leftovers {
 public:
  explicit Leftovers(const DriverRecord& record) : record_(record) {}

  void devices() {
    std::vector<std::string> names;
    for (DEVICE_OBJECT* device = record_.object->DeviceObject; device != nullptr; device = device->NextDevice)
      names.push_back(device_name(device));
    file("DeleteDevice", std::nullopt, "device objects", std::move(names));
  }

  void pool() {
    std::vector<std::string> lines;
    SIZE_T bytes = 0;
    for (const ex::Pool::Block& block : kernel().pool->blocks_of(first(), last())) {
      lines.push_back(
          fmt::format("{} bytes, tag {}, from {}", block.bytes, ex::tag_text(block.tag), symbol(block.caller)));
      bytes += block.bytes;
    }
    if (lines.empty()) return;
    machine::BugCheck stop{DRIVER_VERIFIER_DETECTED_VIOLATION,
                           {0x62, reinterpret_cast<std::uint64_t>(record_.object->DriverName.Buffer), 0, lines.size()}};
    file("DRIVER_VERIFIER_DETECTED_VIOLATION", stop, "pool allocations", std::move(lines));
  }

  void mappings() {
    std::vector<std::string> lines;
    for (const mm::Leak& leak : mm::leaks_of(first(), last()))
      lines.push_back(fmt::format("{} of {} bytes, from {}", leak.what, leak.bytes, symbol(leak.caller)));
    for (const hal::DmaLeak& leak : hal::dma_leaks_of(first(), last()))
      lines.push_back(fmt::format("{} of {} bytes, from {}", leak.what, leak.bytes, symbol(leak.caller)));
    std::sort(lines.begin(), lines.end());
    file("asymmetric-release", std::nullopt, "mapped, locked or shared memory", std::move(lines));
  }

  void timers() {
    std::vector<std::string> lines;
    std::uint64_t timer_address = 0;
    for (const auto& [timer, live] : kernel().ke->timers) {
      bool inside = contains(timer);
      bool calls_inside = timer->Dpc != nullptr && contains(reinterpret_cast<const void*>(timer->Dpc->DeferredRoutine));
      if (!inside && !calls_inside) continue;
      timer_address = reinterpret_cast<std::uint64_t>(timer);
      lines.push_back(calls_inside ? "a timer whose DPC is " +
                                         symbol(reinterpret_cast<std::uint64_t>(timer->Dpc->DeferredRoutine))
                                   : std::string("a timer in the image's own data"));
    }
    if (lines.empty()) return;
    std::sort(lines.begin(), lines.end());
    machine::BugCheck stop{TIMER_OR_DPC_INVALID, {0, timer_address, first(), last()}};
    file("TIMER_OR_DPC_INVALID", stop, "timers that are still set", std::move(lines));
  }

  void wmi() {
    std::vector<std::string> names;
    for (const DEVICE_OBJECT* device : wmi_providers_of(record_.object)) names.push_back(device_name(device));
    machine::BugCheck stop{DRIVER_VERIFIER_DETECTED_VIOLATION,
                           {0xDA, reinterpret_cast<std::uint64_t>(record_.object), 0, 0}};
    file("DRIVER_VERIFIER_DETECTED_VIOLATION", stop, "WMI registrations", std::move(names));
  }

  void work_items() {
    const WORK_QUEUE_ITEM* item = ex::work_item_in(record_.image->base(), record_.image->mapped_bytes());
    if (item == nullptr) return;
    machine::BugCheck stop{WORKER_INVALID, {0, reinterpret_cast<std::uint64_t>(item), first(), last()}};
    file("WORKER_INVALID", stop, "queued work items",
         {"a work item whose routine is " + symbol(reinterpret_cast<std::uint64_t>(item->WorkerRoutine))});
  }

  void interrupts() {
    std::vector<std::string> lines;
    for (const KINTERRUPT* interrupt : connected_interrupts(first(), last()))
      lines.push_back(fmt::format("vector {:#x}", interrupt->Vector));
    file("interrupt-left-enabled", std::nullopt, "connected interrupts", std::move(lines));
  }

  void irps() {
    std::vector<std::string> held, leaked;
    for (const LiveIrp& live : live_irps()) {
      const IRP* irp = live.irp;
      if (live.stage == IrpStage::Sent && irp->CurrentLocation <= irp->StackCount) {
        const DEVICE_OBJECT* device = IoGetCurrentIrpStackLocation(irp)->DeviceObject;
        if (device != nullptr && ob::type_of(device) == ob::Type::Device && device->DriverObject == record_.object)
          for (std::string& line : describe(irp)) held.push_back(std::move(line));
      } else if (contains(reinterpret_cast<const void*>(live.caller))) {
        leaked.push_back(fmt::format("irp#{} allocated by {}", live.number, symbol(live.caller)));
      }
    }
    file("lost-request", std::nullopt, "requests it never completed", std::move(held));
    file("irp-leaked", std::nullopt, "IRPs it never freed", std::move(leaked));
  }

  std::vector<std::string> take() { return std::move(lines_); }

 private:
  std::uint64_t first() const { return reinterpret_cast<std::uint64_t>(record_.image->base()); }
  std::uint64_t last() const { return first() + record_.image->mapped_bytes() - 1; }
  bool contains(const void* address) const { return record_.image->contains(address); }
  static std::string symbol(std::uint64_t address) { return image::Images::current().symbol_at(address); }

  void file(const char* rule, std::optional<machine::BugCheck> stop, const char* what,
            std::vector<std::string> details) {
    if (details.empty()) return;
    machine::Finding finding;
    finding.rule = rule;
    finding.severity = machine::Severity::Recorded;
    finding.bug_check = stop;
    finding.summary = fmt::format("{} unloads and leaves {} behind: {}", record_.image->name(), what, details.front());
    lines_.push_back(finding.summary);
    if (details.size() > kDetailsMax) {
      std::size_t more = details.size() - kDetailsMax;
      details.resize(kDetailsMax);
      details.push_back(fmt::format("and {} more", more));
    }
    finding.details = std::move(details);
    machine::Machine::current().report(std::move(finding));
  }

  const DriverRecord& record_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> check_leftovers(const DriverRecord& record) {
  if (record.image == nullptr) return {};
  Leftovers leftovers(record);
  leftovers.devices();
  leftovers.timers();
  leftovers.wmi();
  leftovers.work_items();
  leftovers.interrupts();
  leftovers.irps();
  leftovers.pool();
  leftovers.mappings();
  return leftovers.take();
}

}  // namespace drydock::ntos::io
