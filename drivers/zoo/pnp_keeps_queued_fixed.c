#define FIXED
#include "pnp_keeps_queued.c"
