#include "wdf/paged_code.h"

#include <algorithm>

#include <fmt/format.h>

#include "image/loader.h"
#include "ntos/rtl/fault_witness.h"
#include "wdf/device.h"
#include "wdf/misuse.h"

namespace drydock::wdf {

namespace {

bool mend(const machine::FaultInfo& info) {
  return framework().paged_code->touched(info.address, info.instruction);
}

machine::Memory& memory() {
  return machine::Machine::current().memory();
}

}  // namespace

PagedCode::PagedCode() {
  ntos::rtl::add_fault_mender(mend);
}

void PagedCode::leave(const Device& device) {
  const image::LoadedImage* image = image::Images::current().at(device.client().driver_object->DriverStart);
  if (!image) return;
  for (const image::Section& section : image->pe().sections()) {
    if (!section.name.starts_with("PAGE")) continue;
    Closed closed{&device, image->base() + section.rva, {}};
    const std::size_t pages = (section.bytes + machine::kPageSize - 1) / machine::kPageSize;
    if (is_closed(closed.first)) continue;
    for (std::size_t i = 0; i < pages; ++i)
      closed.was.push_back(memory().access_of(closed.first + i * machine::kPageSize));
    memory().protect(closed.first, pages, machine::Access::None);
    closed_.push_back(std::move(closed));
  }
}

void PagedCode::open(const Closed& closed) {
  for (std::size_t i = 0; i < closed.was.size(); ++i)
    memory().protect(closed.first + i * machine::kPageSize, 1, closed.was[i]);
}

bool PagedCode::is_closed(const std::byte* page) const {
  return std::any_of(closed_.begin(), closed_.end(), [page](const Closed& each) { return each.first == page; });
}

void PagedCode::come_back(const Device& device) {
  for (const Closed& each : closed_)
    if (each.device == &device) open(each);
  std::erase_if(closed_, [&device](const Closed& each) { return each.device == &device; });
}

bool PagedCode::touched(std::uint64_t address, std::uint64_t instruction) {
  for (std::size_t i = 0; i < closed_.size(); ++i) {
    const Closed closed = closed_[i];
    if (address - reinterpret_cast<std::uint64_t>(closed.first) >= closed.was.size() * machine::kPageSize) continue;
    open(closed);
    closed_.erase(closed_.begin() + static_cast<std::ptrdiff_t>(i));
    const image::Images& images = image::Images::current();
    record("WDF-467", "paged-code-in-nonpageable-transition",
           fmt::format("{}, in a pageable section, is touched by {} while {}, which is not pageable, is on its way "
                       "between D0 and Dx: it cannot be paged in then",
                       images.symbol_at(address), images.symbol_at(instruction), describe(*closed.device)));
    return true;
  }
  return false;
}

}  // namespace drydock::wdf
