#define FIXED
#include "pnp_fails_surprise.c"
