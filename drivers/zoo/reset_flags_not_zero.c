// Passes a flag, of which there are none.
// Expected: RST-067.
#include "zoo_edu.h"

#ifdef FIXED
#define FLAGS 0
#else
#define FLAGS 1
#endif

static VOID ZooStarted(ZOO_EDU* Edu) {
  Edu->Reset.DeviceReset(Edu->Reset.Context, FunctionLevelDeviceReset, FLAGS, NULL);
}
