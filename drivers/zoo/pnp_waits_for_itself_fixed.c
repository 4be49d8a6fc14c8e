#define FIXED
#include "pnp_waits_for_itself.c"
