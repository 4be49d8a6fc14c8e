// Gives the interface back and uses it once more.
// Expected: RST-014.
#include "zoo_edu.h"

static VOID ZooStarted(ZOO_EDU* Edu) {
  DEVICE_RESET_INTERFACE_STANDARD copy = Edu->Reset;
#ifdef FIXED
  copy.DeviceReset(copy.Context, FunctionLevelDeviceReset, 0, NULL);
  ZooForgetReset(Edu);
#else
  ZooForgetReset(Edu);
  copy.DeviceReset(copy.Context, FunctionLevelDeviceReset, 0, NULL);
#endif
}
