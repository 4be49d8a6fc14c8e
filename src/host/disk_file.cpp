#include "host/disk_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace drydock::host {

namespace {

constexpr off_t kBeforeQemusLocks = 100;  // QEMU locks single bytes from here (block/file-posix.c)

}  // namespace

Result<DiskFile> open_disk_file(const std::string& path, bool read_only, bool for_qemu) {
  const int descriptor = open(path.c_str(), (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
  if (descriptor < 0) return error(path, ": this disk cannot be opened: ", std::strerror(errno));
  struct stat about {};
  if (fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode)) {
    close(descriptor);
    return error(path, ": a disk must be a regular file");
  }
  struct flock lock {};
  lock.l_type = read_only ? F_RDLCK : F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_len = for_qemu ? kBeforeQemusLocks : 0;  // 0: to its end
  if (fcntl(descriptor, F_OFD_SETLK, &lock) != 0 && (errno == EAGAIN || errno == EACCES)) {
    close(descriptor);
    return error(path, ": another program has this disk in use: it holds a lock on the file");
  }
  return DiskFile{descriptor, static_cast<std::uint64_t>(about.st_size)};
}

void close_disk_file(int descriptor) {
  if (descriptor >= 0) close(descriptor);
}

}  // namespace drydock::host
