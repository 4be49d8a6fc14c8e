// kmdf: 1.33
#define FIXED
#include "wdf_hangs_between_d0.c"
