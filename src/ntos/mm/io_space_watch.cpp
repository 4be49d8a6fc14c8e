#include "ntos/mm/io_space_watch.h"

#include <string_view>

#include <fmt/format.h>

#include "image/loader.h"
#include "machine/guest_call.h"
#include "machine/machine.h"
#include "machine/processor.h"
#include "nt/bugcheck.h"
#include "nt/irql.h"
#include "ntos/kernel.h"
#include "ntos/mm/state.h"

namespace drydock::ntos::mm {

namespace {

constexpr std::uint64_t page_of(std::uint64_t address) {
  return address & ~std::uint64_t{machine::kPageSize - 1};
}
constexpr std::uint64_t page_after(std::uint64_t address) {
  return page_of(address + machine::kPageSize - 1);
}

/// A driver's instruction, or its call of a READ_REGISTER or WRITE_REGISTER function; null if the access is ours.
const machine::BorderRecord* driver_access() {
  const machine::BorderRecord* border = machine::innermost_border();
  if (!border || border->trap) return border;
  const std::string_view name = border->slot ? border->slot->name : "";
  return name.starts_with("READ_REGISTER") || name.starts_with("WRITE_REGISTER") ? border : nullptr;
}

bool is_mapped(std::uint64_t at) {
  const auto& mappings = kernel().mm->mappings;
  for (auto next = mappings.upper_bound(at); next != mappings.begin();) {
    --next;
    if (!next->second.mdl && !next->second.stale && at < page_after(next->first + next->second.bytes)) return true;
  }
  return false;
}

}  // namespace

void IoSpaceWatch::unmapped(std::uint64_t base, std::uint64_t bytes, std::uint64_t caller, bool stale) {
  machine::Machine& machine = machine::Machine::current();
  if (!behind_ && machine.fabric()) {
    behind_ = machine.fabric();
    machine.set_fabric(this);
  }
  gone_[page_of(base)] = {page_after(base + bytes), caller, stale};
}

void IoSpaceWatch::mapped(std::uint64_t base, std::uint64_t bytes) {
  std::erase_if(gone_, [first = page_of(base), end = page_after(base + bytes)](const auto& each) {
    return each.first < end && first < each.second.end;
  });
}

void IoSpaceWatch::look_at(machine::PhysicalAddress address, bool write) {
  if (gone_.empty()) return;
  machine::Machine& machine = machine::Machine::current();
  const machine::BorderRecord* border = driver_access();
  if (!border) return;
  const auto at = reinterpret_cast<std::uint64_t>(machine.memory().device_va(address));
  auto range = gone_.upper_bound(at);
  if (range == gone_.begin() || at >= (--range)->second.end || is_mapped(at)) return;
  const image::Images& images = image::Images::current();
  const std::uint64_t instruction =
      border->trap ? border->trap->rip : *reinterpret_cast<const std::uint64_t*>(border->rsp);
  const std::string summary =
      fmt::format("unmapped-range-touched: {} {} 0x{:x}, device memory that {} {}, at IRQL {}",
                  images.symbol_at(instruction), write ? "wrote to" : "read from", at,
                  images.symbol_at(range->second.caller),
                  range->second.stale ? "had mapped and that its device has no more" : "had unmapped",
                  machine::current_irql());
  if (machine::current_irql() >= nt::DISPATCH_LEVEL)
    machine.bug_check(nt::DRIVER_IRQL_NOT_LESS_OR_EQUAL, at, machine::current_irql(), write ? 1 : 0, instruction,
                      summary, border->trap);
  machine.bug_check(nt::PAGE_FAULT_IN_NONPAGED_AREA, at, write ? 2 : 0, instruction, 0, summary, border->trap);
}

std::uint64_t IoSpaceWatch::read_memory(machine::PhysicalAddress address, unsigned size) {
  look_at(address, false);
  return behind_->read_memory(address, size);
}

void IoSpaceWatch::write_memory(machine::PhysicalAddress address, unsigned size, std::uint64_t value) {
  look_at(address, true);
  behind_->write_memory(address, size, value);
}

std::uint32_t IoSpaceWatch::read_port(std::uint16_t port, unsigned size) {
  return behind_->read_port(port, size);
}

void IoSpaceWatch::write_port(std::uint16_t port, unsigned size, std::uint32_t value) {
  behind_->write_port(port, size, value);
}

std::uint32_t IoSpaceWatch::read_config(unsigned bus, unsigned device, unsigned function, unsigned offset,
                                        unsigned size) {
  return behind_->read_config(bus, device, function, offset, size);
}

void IoSpaceWatch::write_config(unsigned bus, unsigned device, unsigned function, unsigned offset, unsigned size,
                                std::uint32_t value) {
  behind_->write_config(bus, device, function, offset, size, value);
}

}  // namespace drydock::ntos::mm
