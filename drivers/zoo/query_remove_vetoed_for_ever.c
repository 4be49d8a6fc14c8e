// Refuses every query-remove, so that its rail can never be reset.
// Expected: RST-058. The reset is given up after its last attempt.
#ifndef FIXED
#define ZOO_QUERY_REMOVE STATUS_DEVICE_BUSY
#endif
#include "zoo_edu.h"

static VOID ZooStarted(ZOO_EDU* Edu) {
  UNREFERENCED_PARAMETER(Edu);
}
