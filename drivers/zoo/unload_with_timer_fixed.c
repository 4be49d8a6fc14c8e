#define FIXED
#include "unload_with_timer.c"
