#pragma once
// A machine's address space: reserved once per process and reused, because mapping costs more than a machine's life.

#include <cstddef>

#include "host/result.h"

namespace drydock::host {

/// Offsets inside a slot. Everything a machine consists of lies at a fixed distance from its base.
inline constexpr std::size_t kRamView = 0;                         ///< RAM as drivers see it
inline constexpr std::size_t kDeviceRamView = 0x08'0000'0000;      ///< the same pages as devices see them, always read-write
inline constexpr std::size_t kThunks = 0x0F'0000'0000;             ///< import thunks, executable
inline constexpr std::size_t kDeviceWindow = 0x10'0000'0000;       ///< device memory by physical address; inaccessible
inline constexpr std::size_t kAliasWindow = 0x20'0000'0000;        ///< second mappings of RAM pages
inline constexpr std::size_t kHostArena = 0x40'0000'0000;          ///< our objects
inline constexpr std::size_t kHostStacks = 0x50'0000'0000;         ///< our stacks of the fibers

inline constexpr std::size_t kRamMax = 0x08'0000'0000;
inline constexpr std::size_t kThunksSize = 1 << 20;
inline constexpr std::size_t kDeviceWindowSize = 0x10'0000'0000;
inline constexpr std::size_t kAliasWindowSize = 0x10'0000'0000;
inline constexpr std::size_t kHostArenaSize = 0x04'0000'0000;
inline constexpr std::size_t kHostStackStride = 1 << 20;           ///< the lower part of each is a guard
#if defined(__SANITIZE_ADDRESS__)
inline constexpr std::size_t kHostStackSize = 768 << 10;
#else
inline constexpr std::size_t kHostStackSize = 192 << 10;
#endif
inline constexpr std::size_t kHostStacksMax = 4096;

/// A slot in use. Base addresses depend on the slot's number only; the lowest free number is taken.
class Slot {
 public:
  /// Fails if all slots are taken or the host refuses the mappings.
  static Result<Slot*> take(std::size_t ram_bytes);
  /// Gives the slot back. The caller has zeroed the RAM it touched and made it read-write again.
  void give_back();

  std::byte* base() const { return base_; }
  std::size_t ram_bytes() const { return ram_bytes_; }
  int ram_descriptor() const { return ram_descriptor_; }
  /// Makes host stack `index` usable (idempotent); returns its lowest usable address.
  std::byte* host_stack(std::size_t index);
  /// Returns RAM pages to the host: they read as zero again.
  void discard_ram(std::size_t offset, std::size_t bytes);
  /// Returns the arena's memory beyond `keep` bytes to the host.
  void trim_arena(std::size_t used, std::size_t keep);

 private:
  friend struct SlotTable;
  std::byte* base_ = nullptr;
  std::size_t ram_bytes_ = 0;
  int ram_descriptor_ = -1;
  std::size_t stacks_ready_ = 0;
  bool taken_ = false;
  bool mapped_ = false;
};

}  // namespace drydock::host
