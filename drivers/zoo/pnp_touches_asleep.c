// Does not notice that its device has no power, and sends it what comes at night.
// Expected: touch-before-power.
#define WRONG_POWERED
#include "zoo_pnp.h"
