// The whole of drivers/pvscsi in one file, for miniports with one mistake: a driver of the zoo says which routines it
// gives itself by defining WRONG_<routine>, includes this and then defines Pvscsi<Routine> (StartIo, Interrupt, ResetBus)
// or Zoo<Routine> (the others), with the right one to fall back on as Right<Routine> or Pvscsi<Routine>. The mistake
// stands behind #ifndef REPAIRED; <name>_fixed.c defines that and includes <name>.c, so that a driver and its repaired
// twin differ in nothing else.
#pragma once

#include "../pvscsi/pvscsi.h"

#define PvscsiStartIo RightStartIo
#include "../pvscsi/io.c"
#undef PvscsiStartIo

#define PvscsiInterrupt RightInterrupt
#include "../pvscsi/completion.c"
#undef PvscsiInterrupt

#ifdef WRONG_GIVE_BACK_ALL
static VOID ZooGiveBackAll(PVSCSI_EXTENSION* Ext, UCHAR SrbStatus);
#define PvscsiGiveBackAll ZooGiveBackAll
#endif

#define PvscsiResetBus RightResetBus
#include "../pvscsi/reset.c"
#undef PvscsiResetBus

#include "../pvscsi/adapter.c"

#ifdef WRONG_FIND_ADAPTER
static ULONG NTAPI ZooFindAdapter(PVOID Context, PVOID HwContext, PVOID BusInformation, PCHAR ArgumentString,
                                  PPORT_CONFIGURATION_INFORMATION Config, PBOOLEAN Again);
#endif
#ifdef WRONG_ADAPTER_CONTROL
static SCSI_ADAPTER_CONTROL_STATUS NTAPI ZooAdapterControl(PVOID Context, SCSI_ADAPTER_CONTROL_TYPE Type, PVOID List);
#endif
#ifdef WRONG_DRIVER_ENTRY
static ULONG ZooDriverEntry(PVOID DriverObject, PVOID RegistryPath, PHW_INITIALIZATION_DATA Data);
#endif

static ULONG ZooRegister(PVOID DriverObject, PVOID RegistryPath, PHW_INITIALIZATION_DATA Data, PVOID HwContext) {
#ifdef WRONG_FIND_ADAPTER
  Data->HwFindAdapter = ZooFindAdapter;
#endif
#ifdef WRONG_ADAPTER_CONTROL
  Data->HwAdapterControl = ZooAdapterControl;
#endif
#ifdef WRONG_DRIVER_ENTRY
  UNREFERENCED_PARAMETER(HwContext);
  return ZooDriverEntry(DriverObject, RegistryPath, Data);
#else
  return ScsiPortInitialize(DriverObject, RegistryPath, Data, HwContext);
#endif
}

#define ScsiPortInitialize ZooRegister
#include "../pvscsi/init.c"
#undef ScsiPortInitialize

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

/// TEST UNIT READY, which the class driver sends now and then and which the adapter need not see to be answered.
static inline BOOLEAN ZooIsProbe(PSCSI_REQUEST_BLOCK Srb) {
  return Srb->Function == SRB_FUNCTION_EXECUTE_SCSI && Srb->Cdb[0] == SCSIOP_TEST_UNIT_READY;
}
