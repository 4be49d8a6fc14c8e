// kmdf: 1.33
#define FIXED
#include "wdf_blocks_power_down.c"
