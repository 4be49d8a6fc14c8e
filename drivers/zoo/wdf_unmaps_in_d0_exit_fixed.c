// kmdf: 1.33
#define FIXED
#include "wdf_unmaps_in_d0_exit.c"
