/// The adapter's registers and commands.
#include "pvscsi.h"

ULONG PvscsiRead(PVSCSI_EXTENSION* Ext, ULONG Register) {
  return ScsiPortReadRegisterUlong((PULONG)(Ext->Registers + Register));
}

VOID PvscsiWrite(PVSCSI_EXTENSION* Ext, ULONG Register, ULONG Value) {
  ScsiPortWriteRegisterUlong((PULONG)(Ext->Registers + Register), Value);
}

/// Gives the adapter a command with its arguments. The status read also makes sure that the writes have arrived.
/// Returns TRUE if the adapter took it; FALSE if it refused, or is gone.
BOOLEAN PvscsiCommand(PVSCSI_EXTENSION* Ext, ULONG Command, const VOID* Arguments, ULONG Bytes) {
  const ULONG* data = Arguments;
  PvscsiWrite(Ext, PVSCSI_REG_COMMAND, Command);
  for (ULONG i = 0; i < Bytes / sizeof(ULONG); ++i) PvscsiWrite(Ext, PVSCSI_REG_COMMAND_DATA, data[i]);
  return PvscsiRead(Ext, PVSCSI_REG_COMMAND_STATUS) == PVSCSI_COMMAND_GOOD;
}

/// TRUE if the adapter is not there any more. (A failed command reads all ones too, the interrupt status never does.)
BOOLEAN PvscsiAnswersAllOnes(PVSCSI_EXTENSION* Ext) {
  return PvscsiRead(Ext, PVSCSI_REG_INTERRUPT_STATUS) == PVSCSI_ALL_ONES;
}

/// Starts empty rings and lets the adapter interrupt. The adapter must have been reset and no command be out.
BOOLEAN PvscsiSetUpRings(PVSCSI_EXTENSION* Ext) {
  volatile ULONG* state = (volatile ULONG*)Ext->Ring;
  for (ULONG i = 0; i < PVSCSI_PAGE_SIZE / sizeof(ULONG); ++i) state[i] = 0;
  Ext->RequestProducer = 0;
  Ext->CompletionConsumer = 0;

  if (!PvscsiCommand(Ext, PVSCSI_COMMAND_SETUP_RINGS, &Ext->Setup, sizeof(Ext->Setup))) return FALSE;
  // A reset clears the status but may leave the line up; this write lowers it.
  PvscsiWrite(Ext, PVSCSI_REG_INTERRUPT_STATUS, PVSCSI_INTERRUPT_ALL);
  PvscsiWrite(Ext, PVSCSI_REG_INTERRUPT_MASK, PVSCSI_INTERRUPT_COMPLETION);
  return TRUE;
}

VOID PvscsiLog(PVSCSI_EXTENSION* Ext, ULONG Code, ULONG UniqueId) {
  ScsiPortLogError(Ext, NULL, 0, 0, 0, Code, UniqueId);
}
