#define FIXED
#include "pnp_touches_asleep.c"
