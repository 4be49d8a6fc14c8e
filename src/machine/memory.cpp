#include "machine/memory.h"

#include <algorithm>
#include <cstring>

#include "host/check.h"
#include "host/pages.h"
#include "host/shared_ram.h"

namespace drydock::machine {
namespace {

constexpr PhysicalAddress k4GiB = PhysicalAddress{1} << 32;
constexpr std::size_t kFirstPage = 256;  // physical memory below 1 MiB is never handed out
constexpr std::size_t kContiguousShare = 4;  // one part in so many of RAM is for contiguous memory
constexpr std::size_t kGroup = 16;       // frames are permuted within groups of so many pages

// An odd multiplier: no page's successor is its physical successor. 13 undoes 5 modulo 16.
constexpr std::size_t permute(std::size_t page) { return (page & ~(kGroup - 1)) | ((page * 5 + 3) & (kGroup - 1)); }
constexpr std::size_t unpermute(std::size_t frame) {
  return (frame & ~(kGroup - 1)) | (((frame - 3) * 13) & (kGroup - 1));
}
static_assert(unpermute(permute(37)) == 37 && unpermute(permute(64)) == 64);

constexpr std::size_t first_of_scattered_zone(std::size_t ram_bytes) {
  return (ram_bytes / kPageSize / kContiguousShare + kGroup - 1) / kGroup * kGroup;
}

host::Protection host_protection(Access access) { return static_cast<host::Protection>(access); }

}  // namespace

Memory::Memory(std::byte* slot_base, std::size_t ram_bytes, std::size_t above_4gb)
    : base_(slot_base + host::kRamView), ram_bytes_(ram_bytes), above_4gb_(above_4gb) {
  const std::size_t pages = ram_bytes / kPageSize, scattered_zone = first_of_scattered_zone(ram_bytes);
  // Another process knows a page by its place in the memory: there all keep their order.
  first_scattered_ = host::ram_is_shared(slot_base) ? pages : scattered_zone;
  free_[kFirstPage] = scattered_zone - kFirstPage;
  free_[scattered_zone] = pages - scattered_zone;
}

PhysicalAddress Memory::pa_of_page(std::size_t page) const {
  std::size_t frame = page < first_scattered_ ? page : permute(page);
  PhysicalAddress pa = PhysicalAddress{frame} * kPageSize;
  std::size_t below = ram_bytes_ - above_4gb_;
  return pa < below ? pa : k4GiB + (pa - below);
}

std::size_t Memory::page_of(PhysicalAddress pa) const {
  std::size_t below = ram_bytes_ - above_4gb_;
  if (pa >= k4GiB)
    pa = pa - k4GiB + below;
  else if (pa >= below)
    return kNoPage;
  if (pa >= ram_bytes_) return kNoPage;
  std::size_t frame = pa / kPageSize;
  return frame < first_scattered_ ? frame : unpermute(frame);
}

PhysicalAddress Memory::highest_address() const {
  return above_4gb_ ? k4GiB + above_4gb_ - 1 : PhysicalAddress{ram_bytes_ - 1};
}

void* Memory::allocate_pages(std::size_t pages, Zone zone, PhysicalAddress highest) {
  if (pages == 0) return nullptr;
  const std::size_t scattered_zone = first_of_scattered_zone(ram_bytes_);
  for (auto run = free_.begin(); run != free_.end(); ++run) {
    auto [first, length] = *run;
    if ((first < scattered_zone) != (zone == Zone::Contiguous) || length < pages) continue;
    if (highest < highest_address()) {
      bool fits = true;
      for (std::size_t page = first; page < first + pages && fits; ++page)
        fits = pa_of_page(page) + (kPageSize - 1) <= highest;
      if (!fits) continue;
    }
    free_.erase(run);
    if (length > pages) free_[first + pages] = length - pages;
    if (access_.size() < first + pages) {
      access_.resize(first + pages, Access::None);
      mapped_.resize(first + pages, Access::ReadWrite);
      touched_.resize(first + pages, false);
    }
    std::fill_n(access_.begin() + static_cast<std::ptrdiff_t>(first), pages, Access::ReadWrite);
    std::fill_n(touched_.begin() + static_cast<std::ptrdiff_t>(first), pages, true);
    pages_in_use_ += pages;
    return base_ + first * kPageSize;
  }
  return nullptr;
}

void Memory::free_pages(void* first_address, std::size_t pages) {
  auto first = static_cast<std::size_t>(static_cast<std::byte*>(first_address) - base_) / kPageSize;
  HOST_CHECK(is_ram(first_address) && first + pages <= access_.size());
  set_access(first, pages, Access::ReadWrite);
  std::fill_n(access_.begin() + static_cast<std::ptrdiff_t>(first), pages, Access::None);
  pages_in_use_ -= pages;
  auto [run, inserted] = free_.emplace(first, pages);
  HOST_CHECK(inserted);
  const std::size_t scattered_zone = first_of_scattered_zone(ram_bytes_);
  auto next = std::next(run);
  if (next != free_.end() && run->first + run->second == next->first && next->first != scattered_zone) {
    run->second += next->second;
    free_.erase(next);
  }
  if (run != free_.begin() && run->first != scattered_zone) {
    auto previous = std::prev(run);
    if (previous->first + previous->second == run->first) {
      previous->second += run->second;
      free_.erase(run);
    }
  }
}

/// Changes the host's protection only where it differs, in as few calls as the runs allow.
void Memory::set_access(std::size_t page, std::size_t pages, Access access) {
  std::fill_n(access_.begin() + static_cast<std::ptrdiff_t>(page), pages, access);
  for (std::size_t end = page + pages; page < end;) {
    if (mapped_[page] == access) {
      ++page;
      continue;
    }
    std::size_t run = page;
    for (; run < end && mapped_[run] != access; ++run) mapped_[run] = access;
    host::protect_pages(base_ + page * kPageSize, (run - page) * kPageSize, host_protection(access));
    page = run;
  }
}

void Memory::protect(void* first, std::size_t pages, Access access) {
  HOST_CHECK(is_ram(first));
  set_access(static_cast<std::size_t>(static_cast<std::byte*>(first) - base_) / kPageSize, pages, access);
}

Access Memory::access_of(const void* address) const {
  if (is_ram(address)) {
    std::size_t page = static_cast<std::size_t>(static_cast<const std::byte*>(address) - base_) / kPageSize;
    return page < access_.size() ? access_[page] : Access::None;
  }
  PhysicalAddress pa = pa_of(address);
  return pa == kNoPhysicalAddress ? Access::None : Access::ReadWrite;
}

PhysicalAddress Memory::pa_of(const void* va) const {
  auto address = static_cast<const std::byte*>(va);
  if (is_ram(va)) {
    auto offset = static_cast<std::size_t>(address - base_);
    return pa_of_page(offset / kPageSize) + offset % kPageSize;
  }
  auto offset = static_cast<std::size_t>(address - (base_ + host::kAliasWindow));
  if (offset >= host::kAliasWindowSize) return kNoPhysicalAddress;
  auto alias = aliases_.find(offset / kPageSize);
  return alias == aliases_.end() ? kNoPhysicalAddress : alias->second * kPageSize + offset % kPageSize;
}

void* Memory::va_of(PhysicalAddress pa) const {
  std::size_t page = page_of(pa);
  return page == kNoPage ? nullptr : base_ + page * kPageSize + pa % kPageSize;
}

void* Memory::map_alias(std::span<const std::uint64_t> frames) {
  // Addresses are not reused until the window has gone round, so that a use after unmap is seen.
  std::size_t window = host::kAliasWindowSize / kPageSize;
  if (alias_hint_ + frames.size() + 1 > window) alias_hint_ = 0;
  std::size_t first = alias_hint_;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (aliases_.contains(first + i)) {
      first += i + 1;
      i = static_cast<std::size_t>(-1);
    }
  }
  alias_hint_ = first + frames.size() + 1;
  std::byte* start = base_ + host::kAliasWindow + first * kPageSize;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    std::size_t page = page_of(frames[i] * kPageSize);
    if (page == kNoPage) {
      unmap_alias(start, i);
      return nullptr;
    }
    aliases_[first + i] = frames[i];
    void* at = start + i * kPageSize;
    host::alias_page(device_view() + page * kPageSize, at);
  }
  return start;
}

void Memory::unmap_alias(void* first, std::size_t pages) {
  auto page = static_cast<std::size_t>(static_cast<std::byte*>(first) - (base_ + host::kAliasWindow)) / kPageSize;
  if (pages == 0) return;
  for (std::size_t i = 0; i < pages; ++i) aliases_.erase(page + i);
  host::unmap_pages(first, pages * kPageSize);
}

void* Memory::device_va(PhysicalAddress pa) const {
  return pa < host::kDeviceWindowSize ? base_ + host::kDeviceWindow + pa : nullptr;
}

PhysicalAddress Memory::device_pa(const void* va) const {
  auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(va) - (base_ + host::kDeviceWindow));
  return offset < host::kDeviceWindowSize ? offset : kNoPhysicalAddress;
}

bool Memory::is_guest(const void* va) const {
  return is_ram(va) || device_pa(va) != kNoPhysicalAddress ||
         static_cast<std::size_t>(static_cast<const std::byte*>(va) - (base_ + host::kAliasWindow)) < host::kAliasWindowSize;
}

bool Memory::read(PhysicalAddress from, std::span<std::byte> to) const {
  for (PhysicalAddress page = from & ~(kPageSize - 1); page < from + to.size(); page += kPageSize)
    if (page_of(page) == kNoPage) return false;
  for (std::size_t done = 0; done < to.size();) {
    std::size_t in_page = (from + done) % kPageSize;
    std::size_t part = std::min(kPageSize - in_page, to.size() - done);
    std::memcpy(to.data() + done, device_view() + page_of(from + done) * kPageSize + in_page, part);
    done += part;
  }
  return true;
}

bool Memory::write(PhysicalAddress to, std::span<const std::byte> from) {
  for (PhysicalAddress page = to & ~(kPageSize - 1); page < to + from.size(); page += kPageSize)
    if (page_of(page) == kNoPage) return false;
  for (std::size_t done = 0; done < from.size();) {
    std::size_t in_page = (to + done) % kPageSize;
    std::size_t part = std::min(kPageSize - in_page, from.size() - done);
    std::size_t page = page_of(to + done);
    if (page >= touched_.size()) {  // a device that writes where nothing was ever allocated
      access_.resize(page + 1, Access::None);
      mapped_.resize(page + 1, Access::ReadWrite);
      touched_.resize(page + 1, false);
    }
    touched_[page] = true;
    std::memcpy(device_view() + page * kPageSize + in_page, from.data() + done, part);
    done += part;
  }
  return true;
}

std::vector<Memory::Run> Memory::touched() const {
  std::vector<Run> runs;
  for (std::size_t page = 0; page < touched_.size(); ++page) {
    if (!touched_[page]) continue;
    if (!runs.empty() && runs.back().first + runs.back().pages == page)
      ++runs.back().pages;
    else
      runs.push_back({page, 1});
  }
  return runs;
}

void Memory::remap_after_restore(const std::vector<Access>& was_mapped,
                                 const std::map<std::size_t, std::uint64_t>& was_aliases) {
  for (std::size_t page = 0; page < std::max(was_mapped.size(), mapped_.size()); ++page) {
    Access now = page < mapped_.size() ? mapped_[page] : Access::ReadWrite;
    Access was = page < was_mapped.size() ? was_mapped[page] : Access::ReadWrite;
    if (was != now) host::protect_pages(base_ + page * kPageSize, kPageSize, host_protection(now));
  }
  for (auto [page, frame] : was_aliases)
    if (!aliases_.contains(page))
      host::unmap_pages(base_ + host::kAliasWindow + page * kPageSize, kPageSize);
  for (auto [page, frame] : aliases_) {
    void* at = base_ + host::kAliasWindow + page * kPageSize;
    host::alias_page(device_view() + page_of(frame * kPageSize) * kPageSize, at);
  }
}

}  // namespace drydock::machine
