#include "host/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace drydock::host {
namespace {

int descriptor_of(Stream stream) {
  return stream == Stream::Output ? STDOUT_FILENO : STDERR_FILENO;
}

}  // namespace

bool is_terminal(Stream stream) {
  return isatty(descriptor_of(stream)) == 1;
}

unsigned terminal_columns(Stream stream) {
  winsize size{};
  if (!is_terminal(stream) || ioctl(descriptor_of(stream), TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

}  // namespace drydock::host
