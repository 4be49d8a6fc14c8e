// kmdf: 1.33
#define FIXED
#include "wdf_flushes_at_dispatch.c"
