// The whole of drivers/pvscsi, as zoo_pvscsi.h has it, with a habit besides: it does not wait for the port to notice a
// request that does not end. What too many later ones have overtaken it has the adapter abort, and gives it back at
// once: the adapter has let go of its buffers when it has taken the command. What the adapter says of it in the
// completion ring comes later. A driver of the zoo says what becomes of the request's slot (ZooAborted), and what it
// does besides when a request comes (ZOO_BEFORE_START).
#pragma once

#define WRONG_START_IO
#include "zoo_pvscsi.h"

#define ZOO_OVERTAKEN_MAX 16

static ULONG ZooCompletedAtStart[PVSCSI_SLOTS];
static BOOLEAN ZooWasAborted[PVSCSI_SLOTS];

static VOID ZooAborted(PVSCSI_EXTENSION* Ext, PVSCSI_SLOT* Slot);
#ifndef ZOO_BEFORE_START
#define ZOO_BEFORE_START(Ext)
#endif

static VOID ZooAbortOvertaken(PVSCSI_EXTENSION* Ext) {
  for (USHORT i = 0; i < PVSCSI_SLOTS; ++i) {
    PVSCSI_SLOT* slot = &Ext->Slots[i];
    if (!slot->Srb || ZooWasAborted[i] || Ext->Completed - ZooCompletedAtStart[i] < ZOO_OVERTAKEN_MAX) continue;
    PVSCSI_ABORT arguments = {PVSCSI_CONTEXT(slot->Generation, i), slot->Srb->TargetId, 0};
    ZooWasAborted[i] = TRUE;
    if (PvscsiCommand(Ext, PVSCSI_COMMAND_ABORT, &arguments, sizeof(arguments))) ZooAborted(Ext, slot);
  }
}

BOOLEAN NTAPI PvscsiStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb) {
  PVSCSI_EXTENSION* ext = Context;
  if (ext->State == PvscsiRunning) ZooAbortOvertaken(ext);
  ZOO_BEFORE_START(ext);
  if (ext->FreeSlot != PVSCSI_NO_SLOT) {
    ZooCompletedAtStart[ext->FreeSlot] = ext->Completed;
    ZooWasAborted[ext->FreeSlot] = FALSE;
  }
  return RightStartIo(Context, Srb);
}
