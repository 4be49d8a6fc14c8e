// kmdf: 1.33
#define FIXED
#include "wdf_uses_freed_handle.c"
