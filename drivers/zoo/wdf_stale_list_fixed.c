// kmdf: 1.33
#define FIXED
#include "wdf_stale_list.c"
