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

bool MemoryBacking::discard(std::uint64_t offset, std::uint64_t bytes) {
  HOST_CHECK(offset <= size_bytes_ && bytes <= size_bytes_ - offset);
  const std::uint64_t end = offset + bytes;
  for (auto page = pages_.lower_bound(offset / kPageBytes); page != pages_.end() && page->first * kPageBytes < end;) {
    const std::uint64_t start = page->first * kPageBytes;
    const std::uint64_t from = std::max(start, offset), until = std::min(start + kPageBytes, end);
    if (until - from == kPageBytes) {
      page = pages_.erase(page);
    } else {
      std::memset(page->second.data() + (from - start), 0, until - from);
      ++page;
    }
  }
  return true;
}

bool FileBacking::read(std::uint64_t offset, std::span<std::byte> to) {
  return host::read_at(descriptor_, offset, to);
}

bool FileBacking::write(std::uint64_t offset, std::span<const std::byte> from) {
  return !read_only_ && host::write_at(descriptor_, offset, from);
}

bool FileBacking::discard(std::uint64_t offset, std::uint64_t bytes) {
  return !read_only_ && host::discard_at(descriptor_, offset, bytes);
}

bool FileBacking::flush() {
  return host::flush_file(descriptor_);
}

}  // namespace drydock::models::disk
