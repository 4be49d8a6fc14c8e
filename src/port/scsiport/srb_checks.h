#pragma once
// What is checked of an SRB at the moment the miniport gives it back (SP-120, SP-344, SP-366, SP-367).

#include "port/scsiport/fdo.h"

namespace drydock::port::scsiport {

/// Under the interrupt lock, before the slot changes hands.
void check_given_back(Adapter& adapter, const Slot& slot);

}  // namespace drydock::port::scsiport
