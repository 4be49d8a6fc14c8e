#define FIXED
#include "pnp_lock_missed.c"
