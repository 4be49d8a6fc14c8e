// kmdf: 1.33
#define FIXED
#include "wdf_offset_not_reset.c"
