// Silences its device at the remove IRP, long after that device has been pulled.
// Expected: RST-200.
#ifdef FIXED
#define ZOO_SURPRISE_REMOVED(Edu) ZooUnmap(Edu)
#define ZOO_REMOVED(Edu) \
  if ((Edu)->Registers) ZooWrite(Edu, EDU_INTERRUPT_ACKNOWLEDGE, EDU_ALL_ONES)
#else
#define ZOO_REMOVED(Edu) ZooWrite(Edu, EDU_INTERRUPT_ACKNOWLEDGE, EDU_ALL_ONES)
#endif
#include "zoo_edu.h"

static VOID ZooStarted(ZOO_EDU* Edu) {
  ZooRead(Edu, EDU_IDENTIFICATION);
}
