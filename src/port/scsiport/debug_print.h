#pragma once
// A miniport's debug output.

#include "nt/base.h"

namespace drydock::port::scsiport {
using namespace nt;

VOID NTAPI ScsiDebugPrint(ULONG DebugPrintLevel, PCSTR DebugMessage, ...);

}  // namespace drydock::port::scsiport
