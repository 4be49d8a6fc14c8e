#include "models/pci/msix_table.h"

namespace drydock::models::pci {

std::uint64_t MsixTable::read_table(std::uint64_t offset, unsigned size) const {
  std::uint64_t value = 0;
  for (unsigned done = 0; done < size; done += 4) {
    const Entry& entry = entries_[(offset + done) / kEntrySize];
    std::uint32_t dword = 0;
    switch ((offset + done) % kEntrySize / 4) {
      case 0:
        dword = static_cast<std::uint32_t>(entry.address);
        break;
      case 1:
        dword = static_cast<std::uint32_t>(entry.address >> 32);
        break;
      case 2:
        dword = entry.data;
        break;
      default:
        dword = entry.control;
        break;
    }
    value |= static_cast<std::uint64_t>(dword) << (8 * done);
  }
  return value >> (offset % 4 * 8);
}

void MsixTable::write_table(std::uint64_t offset, unsigned size, std::uint64_t value) {
  // Only aligned dwords and quadwords are defined (PCI 3.0, 6.8.2); others vanish.
  if (size < 4 || offset % size != 0) return;
  for (unsigned done = 0; done < size; done += 4) {
    Entry& entry = entries_[(offset + done) / kEntrySize];
    const auto dword = static_cast<std::uint32_t>(value >> (8 * done));
    switch ((offset + done) % kEntrySize / 4) {
      case 0:
        entry.address = (entry.address & ~0xFFFFFFFFull) | (dword & ~3u);
        break;
      case 1:
        entry.address = (entry.address & 0xFFFFFFFFull) | static_cast<std::uint64_t>(dword) << 32;
        break;
      case 2:
        entry.data = dword;
        break;
      default:
        entry.control = dword & kMasked;
        break;
    }
  }
}

std::uint64_t MsixTable::read_pending(std::uint64_t offset, unsigned size) const {
  std::uint64_t value = 0;
  for (unsigned bit = 0; bit < size * 8; ++bit) {
    const std::uint64_t vector = offset * 8 + bit;
    if (vector < entries_.size() && entries_[vector].pending) value |= 1ull << bit;
  }
  return value;
}

}  // namespace drydock::models::pci
