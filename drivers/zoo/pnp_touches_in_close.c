// Tells the device of the last close even when the device has been pulled.
// Expected: RST-200.
#define WRONG_CLOSE
#include "zoo_pnp.h"
