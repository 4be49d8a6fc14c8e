#include "models/disk/backing.h"

#include <algorithm>
#include <cstring>

#include "host/check.h"
#include "host/file_io.h"

namespace drydock::models::disk {

bool MemoryBacking::read(std::uint64_t offset, std::span<std::byte> to) {
  HOST_CHECK(offset <= size_bytes_ && to.size() <= size_bytes_ - offset);
  while (!to.empty()) {
    const std::uint64_t in_page = offset % kPageBytes;
    const std::size_t count = std::min<std::size_t>(to.size(), kPageBytes - in_page);
    if (const auto page = pages_.find(offset / kPageBytes); page != pages_.end())
      std::memcpy(to.data(), page->second.data() + in_page, count);
    else
      std::memset(to.data(), 0, count);
    to = to.subspan(count);
    offset += count;
  }
  return true;
}

bool MemoryBacking::write(std::uint64_t offset, std::span<const std::byte> from) {
  HOST_CHECK(offset <= size_bytes_ && from.size() <= size_bytes_ - offset);
  while (!from.empty()) {
    const std::uint64_t in_page = offset % kPageBytes;
    const std::size_t count = std::min<std::size_t>(from.size(), kPageBytes - in_page);
    std::memcpy(pages_[offset / kPageBytes].data() + in_page, from.data(), count);
    from = from.subspan(count);
    offset += count;
  }
  return true;
}

bool FileBacking::read(std::uint64_t offset, std::span<std::byte> to) {
  return host::read_at(descriptor_, offset, to);
}

bool FileBacking::write(std::uint64_t offset, std::span<const std::byte> from) {
  return !read_only_ && host::write_at(descriptor_, offset, from);
}

bool FileBacking::flush() {
  return host::flush_file(descriptor_);
}

}  // namespace drydock::models::disk
