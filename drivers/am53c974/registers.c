/// The controller's registers and its DMA engine.
#include "am53c974.h"

UCHAR AmRead(AM_EXTENSION* Ext, ULONG Register) {
  return ScsiPortReadPortUchar(Ext->Ports + Register);
}

VOID AmWrite(AM_EXTENSION* Ext, ULONG Register, UCHAR Value) {
  ScsiPortWritePortUchar(Ext->Ports + Register, Value);
}

ULONG AmReadDma(AM_EXTENSION* Ext, ULONG Register) {
  return ScsiPortReadPortUlong((PULONG)(Ext->Ports + Register));
}

VOID AmWriteDma(AM_EXTENSION* Ext, ULONG Register, ULONG Value) {
  ScsiPortWritePortUlong((PULONG)(Ext->Ports + Register), Value);
}

BOOLEAN AmIsGone(AM_EXTENSION* Ext) {
  return AmReadDma(Ext, AM_REG_DMA_STATUS) == AM_ALL_ONES;
}

/// Gives the SCSI core a command that moves bytes, and has the DMA engine move them. Bytes: 1 to AM_COUNT_MAX.
VOID AmCommandWithDma(AM_EXTENSION* Ext, UCHAR Command, ULONG Address, ULONG Bytes, BOOLEAN ToMemory) {
  const ULONG direction = ToMemory ? AM_DMA_TO_MEMORY : 0;
  AmWriteDma(Ext, AM_REG_DMA_COMMAND, direction | AM_DMA_IDLE);
  AmWriteDma(Ext, AM_REG_DMA_COUNT, Bytes);
  AmWriteDma(Ext, AM_REG_DMA_ADDRESS, Address);
  AmWrite(Ext, AM_REG_COUNT_LOW, (UCHAR)Bytes);
  AmWrite(Ext, AM_REG_COUNT_MIDDLE, (UCHAR)(Bytes >> 8));
  AmWrite(Ext, AM_REG_COUNT_HIGH, (UCHAR)(Bytes >> 16));
  AmWrite(Ext, AM_REG_COMMAND, Command | AM_COMMAND_WITH_DMA);
  AmWriteDma(Ext, AM_REG_DMA_COMMAND, direction | AM_DMA_START);
}

/// As after power-on, then configured; whatever it was doing is forgotten, and the bus is left alone.
VOID AmResetChip(AM_EXTENSION* Ext) {
  AmWriteDma(Ext, AM_REG_DMA_COMMAND, AM_DMA_IDLE);
  AmWrite(Ext, AM_REG_COMMAND, AM_COMMAND_RESET_DEVICE);
  AmWrite(Ext, AM_REG_COMMAND, AM_COMMAND_NOP);  // the core takes no other command before this one
  AmWrite(Ext, AM_REG_CONTROL_1, AM_INITIATOR_ID | AM_CONTROL_1_PARITY);
  AmWrite(Ext, AM_REG_CONTROL_2, AM_CONTROL_2_FEATURES);
  AmWrite(Ext, AM_REG_CONTROL_3, 0);
  AmWrite(Ext, AM_REG_CONTROL_4, 0);
  AmWrite(Ext, AM_REG_CLOCK, AM_CLOCK_40_MHZ);
  AmWrite(Ext, AM_REG_TIMEOUT, AM_TIMEOUT_250_MS);
  AmWrite(Ext, AM_REG_SYNC_OFFSET, 0);  // asynchronous
  AmRead(Ext, AM_REG_INTERRUPT);        // lowers the line
}

VOID AmLog(AM_EXTENSION* Ext, ULONG Code, ULONG UniqueId) {
  ScsiPortLogError(Ext, NULL, 0, 0, 0, Code, UniqueId);
}
