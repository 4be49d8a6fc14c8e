#define FIXED
#include "pnp_stays_attached.c"
