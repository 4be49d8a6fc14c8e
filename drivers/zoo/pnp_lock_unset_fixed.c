#define FIXED
#include "pnp_lock_unset.c"
