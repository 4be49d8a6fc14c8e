// The whole of drivers/pvscsi in one file, for miniports with one mistake in one callback: a driver of the zoo defines
// WRONG_<callback>, includes this and then gives that callback itself, with Right<callback> to fall back on. The
// repaired twin of each is pvscsi.sys.
#pragma once

#include "../pvscsi/pvscsi.h"

#define PvscsiStartIo RightStartIo
#include "../pvscsi/io.c"
#undef PvscsiStartIo

#define PvscsiInterrupt RightInterrupt
#include "../pvscsi/completion.c"
#undef PvscsiInterrupt

#define PvscsiResetBus RightResetBus
#include "../pvscsi/reset.c"
#undef PvscsiResetBus

#include "../pvscsi/adapter.c"
#include "../pvscsi/init.c"

#ifndef WRONG_START_IO
BOOLEAN NTAPI PvscsiStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb) {
  return RightStartIo(Context, Srb);
}
#endif

#ifndef WRONG_INTERRUPT
BOOLEAN NTAPI PvscsiInterrupt(PVOID Context) {
  return RightInterrupt(Context);
}
#endif

#ifndef WRONG_RESET_BUS
BOOLEAN NTAPI PvscsiResetBus(PVOID Context, ULONG PathId) {
  return RightResetBus(Context, PathId);
}
#endif
