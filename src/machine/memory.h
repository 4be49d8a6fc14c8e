#pragma once
// Physical memory and where a driver sees it. Only pa_of and va_of translate; nobody does arithmetic on addresses.

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "host/slot.h"
#include "machine/wires.h"

namespace drydock::machine {

inline constexpr std::size_t kPageSize = 4096;
inline constexpr PhysicalAddress kNoPhysicalAddress = ~PhysicalAddress{0};

enum class Zone {
  Scattered,   ///< pool, images, stacks: neighbouring pages are not neighbours in physical memory
  Contiguous,  ///< common buffers and contiguous memory: physical order is virtual order
};

/// As host::Protection, in that order.
enum class Access : std::uint8_t { None, Read, ReadWrite, ReadExecute, ReadWriteExecute };

class Memory {
 public:
  /// Over a slot's two views of RAM. So many bytes of RAM as `above_4gb` get physical addresses from 4 GiB up.
  Memory(std::byte* slot_base, std::size_t ram_bytes, std::size_t above_4gb);

  /// Pages with ReadWrite access, contents unspecified but deterministic; null when RAM is used up.
  /// Every byte's physical address is at most `highest`.
  void* allocate_pages(std::size_t pages, Zone zone = Zone::Scattered, PhysicalAddress highest = kNoPhysicalAddress);
  /// Also gives the pages ReadWrite access again.
  void free_pages(void* first, std::size_t pages);
  void protect(void* first, std::size_t pages, Access access);
  /// None for everything that is not allocated RAM.
  Access access_of(const void* address) const;

  /// kNoPhysicalAddress if `va` is not RAM (nor an alias of it).
  PhysicalAddress pa_of(const void* va) const;
  /// The driver's view of a RAM address; null if `pa` is not RAM.
  void* va_of(PhysicalAddress pa) const;

  /// A second address for `frames` (page frame numbers) in the alias window; unmapped addresses fault.
  void* map_alias(std::span<const std::uint64_t> frames);
  void unmap_alias(void* first, std::size_t pages);

  /// Where a driver sees device memory at `pa`; every access there traps into the fabric. Null above the window (64 GiB).
  void* device_va(PhysicalAddress pa) const;
  /// kNoPhysicalAddress if `va` is not in the device window.
  PhysicalAddress device_pa(const void* va) const;

  bool is_ram(const void* va) const {
    return static_cast<std::size_t>(static_cast<const std::byte*>(va) - base_) < ram_bytes_;
  }
  /// RAM, alias or device window: anything a driver may hold as a kernel address.
  bool is_guest(const void* va) const;
  std::size_t ram_bytes() const { return ram_bytes_; }
  std::size_t pages_in_use() const { return pages_in_use_; }
  /// The last byte of RAM.
  PhysicalAddress highest_address() const;

  /// For devices: through the second view. False, and nothing moved, if any byte is not RAM.
  bool read(PhysicalAddress from, std::span<std::byte> to) const;
  bool write(PhysicalAddress to, std::span<const std::byte> from);

  // ---- for Snapshot and Machine ----
  struct Run {
    std::size_t first, pages;
  };
  /// Pages ever handed out, as ascending runs of page indices: everything else still reads as zero.
  std::vector<Run> touched() const;
  std::byte* device_view() const { return base_ + host::kDeviceRamView; }
  /// Host protection by page; pages beyond the end are ReadWrite.
  const std::vector<Access>& mapped() const { return mapped_; }
  const std::map<std::size_t, std::uint64_t>& aliases() const { return aliases_; }
  /// Makes the host's mappings agree with the tables of this object, which replaced `was_mapped` and `was_aliases`.
  void remap_after_restore(const std::vector<Access>& was_mapped, const std::map<std::size_t, std::uint64_t>& was_aliases);

 private:
  static constexpr std::size_t kNoPage = ~std::size_t{0};
  std::size_t page_of(PhysicalAddress pa) const;       ///< kNoPage if not RAM
  PhysicalAddress pa_of_page(std::size_t page) const;
  void set_access(std::size_t page, std::size_t pages, Access access);

  std::byte* base_;
  std::size_t ram_bytes_;
  std::size_t above_4gb_;
  std::size_t first_scattered_;              ///< pages below keep their order in physical memory
  std::size_t pages_in_use_ = 0;
  std::map<std::size_t, std::size_t> free_;  ///< first page -> pages, neighbours merged
  std::vector<Access> access_;               ///< by page, up to the highest ever allocated; None also if not allocated
  std::vector<Access> mapped_;               ///< what the host's protection is: a free page stays ReadWrite
  std::vector<bool> touched_;
  std::map<std::size_t, std::uint64_t> aliases_;  ///< alias page -> page frame number
  std::size_t alias_hint_ = 0;
};

}  // namespace drydock::machine
