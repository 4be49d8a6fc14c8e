#include "host/file_io.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace drydock::host {

bool read_at(int descriptor, std::uint64_t offset, std::span<std::byte> to) {
  while (!to.empty()) {
    const ssize_t count = pread(descriptor, to.data(), to.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    if (count == 0) {
      std::memset(to.data(), 0, to.size());
      return true;
    }
    to = to.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return true;
}

bool write_at(int descriptor, std::uint64_t offset, std::span<const std::byte> from) {
  while (!from.empty()) {
    const ssize_t count = pwrite(descriptor, from.data(), from.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    from = from.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return true;
}

bool discard_at(int descriptor, std::uint64_t offset, std::uint64_t bytes) {
  if (bytes == 0) return true;
  if (fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                static_cast<off_t>(bytes)) == 0)
    return true;
  static constexpr std::byte kZeros[4096]{};
  while (bytes != 0) {
    const std::size_t some = std::min<std::uint64_t>(bytes, sizeof(kZeros));
    if (!write_at(descriptor, offset, std::span(kZeros, some))) return false;
    offset += some;
    bytes -= some;
  }
  return true;
}

bool flush_file(int descriptor) { return fdatasync(descriptor) == 0; }

}  // namespace drydock::host
