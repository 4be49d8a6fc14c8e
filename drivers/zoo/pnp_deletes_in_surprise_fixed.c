#define FIXED
#include "pnp_deletes_in_surprise.c"
