#pragma once
// The MSI-X table and pending bits of one function. The fabric keeps them, so that no model has to.

#include <cstdint>
#include <vector>

namespace drydock::models::pci {

class MsixTable {
 public:
  static constexpr unsigned kEntrySize = 16;
  static constexpr std::uint32_t kMasked = 1;

  struct Entry {
    std::uint64_t address = 0;
    std::uint32_t data = 0;
    std::uint32_t control = kMasked;
    bool pending = false;
  };

  explicit MsixTable(unsigned vectors) : entries_(vectors) {}

  unsigned vectors() const { return static_cast<unsigned>(entries_.size()); }
  unsigned table_bytes() const { return vectors() * kEntrySize; }
  unsigned pending_bytes() const { return (vectors() + 63) / 64 * 8; }
  Entry& operator[](unsigned vector) { return entries_[vector]; }

  std::uint64_t read_table(std::uint64_t offset, unsigned size) const;
  void write_table(std::uint64_t offset, unsigned size, std::uint64_t value);
  std::uint64_t read_pending(std::uint64_t offset, unsigned size) const;
  void reset() { entries_.assign(entries_.size(), Entry{}); }

 private:
  std::vector<Entry> entries_;
};

}  // namespace drydock::models::pci
