#define FIXED
#include "pnp_keeps_power_irp.c"
