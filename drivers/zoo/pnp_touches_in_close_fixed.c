#define FIXED
#include "pnp_touches_in_close.c"
