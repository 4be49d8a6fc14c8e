// kmdf: 1.33
#define FIXED
#include "wdf_timer_after_unload.c"
