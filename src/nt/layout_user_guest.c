// The same as layout_kernel_guest.c for what only mingw-w64's user-mode headers declare.
#include <windows.h>

#include "nt/layout_guest.h"

__attribute__((section(".rows"), used)) static const struct layout_row rows[] = {
#include "nt/layout_user.inc"
};
