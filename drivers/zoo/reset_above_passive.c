// Asks for a reset with a spin lock held.
// Expected: RST-083. The reset must be able to wait, so it is refused.
#include "zoo_edu.h"

static VOID ZooStarted(ZOO_EDU* Edu) {
  KSPIN_LOCK lock;
  KIRQL irql;
  KeInitializeSpinLock(&lock);
  KeAcquireSpinLock(&lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&lock, irql);
  ZooReset(Edu, FunctionLevelDeviceReset);
#else
  ZooReset(Edu, FunctionLevelDeviceReset);
  KeReleaseSpinLock(&lock, irql);
#endif
}
