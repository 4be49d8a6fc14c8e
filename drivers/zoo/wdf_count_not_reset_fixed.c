// kmdf: 1.33
#define FIXED
#include "wdf_count_not_reset.c"
