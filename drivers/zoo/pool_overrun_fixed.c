#define FIXED
#include "pool_overrun.c"
