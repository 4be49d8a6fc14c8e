#include "port/scsiport/debug_print.h"

namespace drydock::port::scsiport {

// Silent, as in a free build.
VOID NTAPI ScsiDebugPrint(ULONG, PCSTR, ...) {}

}  // namespace drydock::port::scsiport
