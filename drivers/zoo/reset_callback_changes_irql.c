// Its completion routine takes a spin lock and forgets to release it.
// Expected: RST-086.
#include "zoo_edu.h"

static KSPIN_LOCK lock;

static VOID NTAPI Completed(NTSTATUS Status, PVOID Context) {
  KIRQL irql;
  UNREFERENCED_PARAMETER(Status);
  UNREFERENCED_PARAMETER(Context);
  KeAcquireSpinLock(&lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&lock, irql);
#endif
}

static VOID ZooStarted(ZOO_EDU* Edu) {
  FUNCTION_LEVEL_DEVICE_RESET_PARAMETERS parameters = {sizeof(parameters), Completed, Edu};
  KeInitializeSpinLock(&lock);
  Edu->Reset.DeviceReset(Edu->Reset.Context, FunctionLevelDeviceReset, 0, &parameters);
}
