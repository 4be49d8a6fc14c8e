#include "host/whole_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace drydock::host {
namespace {

/// A descriptor that closes itself.
struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) close(number);
  }
};

}  // namespace

Result<std::vector<std::byte>> read_whole_file(const std::string& path, std::size_t bytes_max) {
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.number < 0) return error(path, ": cannot be opened: ", std::strerror(errno));
  struct stat about {};
  if (fstat(file.number, &about) != 0 || !S_ISREG(about.st_mode))
    return error(path, ": is no regular file", S_ISDIR(about.st_mode) ? " but a directory" : "");
  if (static_cast<std::size_t>(about.st_size) > bytes_max)
    return error(path, ": has ", about.st_size, " bytes, more than the ", bytes_max, " that are read at most");
  std::vector<std::byte> bytes(static_cast<std::size_t>(about.st_size));
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = read(file.number, bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return error(path, ": cannot be read: ", std::strerror(errno));
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

}  // namespace drydock::host
