#pragma once
// Ports and registers through calls. Compiled x64 miniports use instructions instead (SP-294), which trap.

#include "nt/base.h"

namespace drydock::port::scsiport {
using namespace nt;

UCHAR NTAPI ScsiPortReadPortUchar(PUCHAR Port);
USHORT NTAPI ScsiPortReadPortUshort(PUSHORT Port);
ULONG NTAPI ScsiPortReadPortUlong(PULONG Port);
VOID NTAPI ScsiPortWritePortUchar(PUCHAR Port, UCHAR Value);
VOID NTAPI ScsiPortWritePortUshort(PUSHORT Port, USHORT Value);
VOID NTAPI ScsiPortWritePortUlong(PULONG Port, ULONG Value);
VOID NTAPI ScsiPortReadPortBufferUchar(PUCHAR Port, PUCHAR Buffer, ULONG Count);
VOID NTAPI ScsiPortReadPortBufferUshort(PUSHORT Port, PUSHORT Buffer, ULONG Count);
VOID NTAPI ScsiPortReadPortBufferUlong(PULONG Port, PULONG Buffer, ULONG Count);
VOID NTAPI ScsiPortWritePortBufferUchar(PUCHAR Port, PUCHAR Buffer, ULONG Count);
VOID NTAPI ScsiPortWritePortBufferUshort(PUSHORT Port, PUSHORT Buffer, ULONG Count);
VOID NTAPI ScsiPortWritePortBufferUlong(PULONG Port, PULONG Buffer, ULONG Count);
UCHAR NTAPI ScsiPortReadRegisterUchar(PUCHAR Register);
USHORT NTAPI ScsiPortReadRegisterUshort(PUSHORT Register);
ULONG NTAPI ScsiPortReadRegisterUlong(PULONG Register);
VOID NTAPI ScsiPortWriteRegisterUchar(PUCHAR Register, UCHAR Value);
VOID NTAPI ScsiPortWriteRegisterUshort(PUSHORT Register, USHORT Value);
VOID NTAPI ScsiPortWriteRegisterUlong(PULONG Register, ULONG Value);
VOID NTAPI ScsiPortReadRegisterBufferUchar(PUCHAR Register, PUCHAR Buffer, ULONG Count);
VOID NTAPI ScsiPortReadRegisterBufferUshort(PUSHORT Register, PUSHORT Buffer, ULONG Count);
VOID NTAPI ScsiPortReadRegisterBufferUlong(PULONG Register, PULONG Buffer, ULONG Count);
VOID NTAPI ScsiPortWriteRegisterBufferUchar(PUCHAR Register, PUCHAR Buffer, ULONG Count);
VOID NTAPI ScsiPortWriteRegisterBufferUshort(PUSHORT Register, PUSHORT Buffer, ULONG Count);
VOID NTAPI ScsiPortWriteRegisterBufferUlong(PULONG Register, PULONG Buffer, ULONG Count);

}  // namespace drydock::port::scsiport
