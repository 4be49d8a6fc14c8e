#pragma once
// Files that stand for disks: opened before a machine runs, closed by whoever opened them.

#include <cstdint>
#include <string>

#include "host/result.h"

namespace drydock::host {

struct DiskFile {
  int descriptor = -1;
  std::uint64_t size_bytes = 0;
};

/// Fails with a sentence that names the file: it is missing, no regular file, may not be written, or
/// is locked by somebody who uses it. While it is open it is locked against others:
/// all of it, or for QEMU, which will lock what is behind, its first bytes.
Result<DiskFile> open_disk_file(const std::string& path, bool read_only, bool for_qemu = false);
void close_disk_file(int descriptor);

}  // namespace drydock::host
