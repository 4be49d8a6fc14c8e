#include "host/slot.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>

#include "host/arena.h"
#include "host/check.h"
#include "host/shared_ram.h"
#include "host/umdf_process.h"

namespace drydock::host {

/// The process's address-space slots: the one thing machines share, and only while they are created and dropped.
struct SlotTable {
  std::mutex lock;
  Slot slots[kSlotsMax];
  int shared_descriptor = -1;
  std::size_t shared_bytes = 0;
  const Slot* sharer = nullptr;  // the slot that has it for RAM

  static SlotTable& instance() {
    static SlotTable table;
    return table;
  }

  static Status map(Slot& slot, std::size_t ram_bytes);
  static Status map_ram(Slot& slot, std::size_t ram_bytes);
  /// Whether a slot of this size is to have the shared memory.
  static bool is_to_share(std::size_t ram_bytes) {
    return instance().shared_descriptor >= 0 && instance().shared_bytes == ram_bytes;
  }
  static bool shares(const Slot& slot) { return instance().sharer == &slot; }
};

namespace {

bool map_at(std::byte* address, std::size_t bytes, int protection, int flags, int descriptor = -1) {
  return mmap(address, bytes, protection, MAP_FIXED | MAP_NORESERVE | flags, descriptor, 0) == address;
}

}  // namespace

Status SlotTable::map_ram(Slot& slot, std::size_t ram_bytes) {
  if (slot.ram_descriptor_ >= 0 && !shares(slot)) close(slot.ram_descriptor_);
  if (shares(slot)) instance().sharer = nullptr;
  if (is_to_share(ram_bytes)) {
    instance().sharer = &slot;
    slot.ram_descriptor_ = instance().shared_descriptor;
  } else {
    slot.ram_descriptor_ = memfd_create("drydock-ram", MFD_CLOEXEC);
  }
  if (slot.ram_descriptor_ < 0 || ftruncate(slot.ram_descriptor_, static_cast<off_t>(ram_bytes)) != 0)
    return error("cannot create ", ram_bytes >> 20, " MiB of machine memory: ", std::strerror(errno));
  if (slot.ram_bytes_ > ram_bytes) {
    map_at(slot.base_ + kRamView, slot.ram_bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS);
    map_at(slot.base_ + kDeviceRamView, slot.ram_bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS);
  }
  if (!map_at(slot.base_ + kRamView, ram_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, slot.ram_descriptor_) ||
      !map_at(slot.base_ + kDeviceRamView, ram_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, slot.ram_descriptor_))
    return error("cannot map ", ram_bytes >> 20, " MiB of machine memory: ", std::strerror(errno));
  slot.ram_bytes_ = ram_bytes;
  return {};
}

Status SlotTable::map(Slot& slot, std::size_t ram_bytes) {
  auto index = static_cast<std::size_t>(&slot - instance().slots);
  auto* base = reinterpret_cast<std::byte*>(kSlotsBase + index * kSlotStride);
  // Reserves the whole slot, so that an access anywhere in it faults instead of hitting somebody else's memory.
  void* reserved = mmap(base, kSlotStride, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (reserved != base) return error("the address range of machine slot ", index, " is not free in this process");
  slot.base_ = base;
  if (!map_at(base + kThunks, kThunksSize, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS) ||
      !map_at(base + kHostArena, kHostArenaSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS))
    return error("cannot map a machine's memory: ", std::strerror(errno));
  slot.mapped_ = true;
  return map_ram(slot, ram_bytes);
}

void share_ram(int descriptor, std::size_t ram_bytes) {
  SlotTable& table = SlotTable::instance();
  std::lock_guard guard(table.lock);
  table.shared_descriptor = descriptor;
  table.shared_bytes = ram_bytes;
}

bool ram_is_shared(const std::byte* slot_base) {
  const Slot* sharer = SlotTable::instance().sharer;
  return sharer && sharer->base() == slot_base;
}

Result<Slot*> Slot::take(std::size_t ram_bytes) {
  HOST_CHECK(ram_bytes > 0 && ram_bytes <= kRamMax && ram_bytes % 4096 == 0);
  SlotTable& table = SlotTable::instance();
  std::lock_guard guard(table.lock);
  for (Slot& slot : table.slots) {
    if (slot.taken_) continue;
    if (!slot.mapped_)
      TRY(SlotTable::map(slot, ram_bytes));
    else if (slot.ram_bytes_ != ram_bytes || SlotTable::is_to_share(ram_bytes) != SlotTable::shares(slot))
      TRY(SlotTable::map_ram(slot, ram_bytes));
    slot.taken_ = true;
    return &slot;
  }
  return error("all ", kSlotsMax, " machine slots of this process are in use");
}

void Slot::give_back() {
  end_umdf_processes(*this);
  SlotTable& table = SlotTable::instance();
  std::lock_guard guard(table.lock);
  taken_ = false;
}

std::byte* Slot::host_stack(std::size_t index) {
  HOST_CHECK(index < kHostStacksMax);
  std::byte* stack = base_ + kHostStacks + (index + 1) * kHostStackStride - kHostStackSize;
  if (index >= stacks_ready_) {
    HOST_CHECK(index == stacks_ready_);
    HOST_CHECK(map_at(stack, kHostStackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS));
    stacks_ready_ = index + 1;
  }
  return stack;
}

void Slot::discard_ram(std::size_t offset, std::size_t bytes) {
  HOST_CHECK(madvise(base_ + kDeviceRamView + offset, bytes, MADV_REMOVE) == 0);
}

void Slot::trim_arena(std::size_t used, std::size_t keep) {
  if (used > keep) madvise(base_ + kHostArena + keep, (used - keep + 4095) & ~std::size_t{4095}, MADV_DONTNEED);
}

}  // namespace drydock::host
