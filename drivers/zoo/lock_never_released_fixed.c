#define FIXED
#include "lock_never_released.c"
