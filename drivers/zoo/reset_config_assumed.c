// After a function-level reset it relies on what it had programmed before: the interrupt at the end of a factorial.
// Expected: the watchdog of the PnP manager ends the run, with the IRP that is never completed.
#include "zoo_edu.h"

static KEVENT finished;
static PKINTERRUPT interrupt;

static VOID NTAPI Finished(PKDPC Dpc, PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
  UNREFERENCED_PARAMETER(Dpc);
  UNREFERENCED_PARAMETER(Device);
  UNREFERENCED_PARAMETER(Irp);
  UNREFERENCED_PARAMETER(Context);
  KeSetEvent(&finished, IO_NO_INCREMENT, FALSE);
}

static BOOLEAN NTAPI Interrupt(PKINTERRUPT Interrupt, PVOID Context) {
  ZOO_EDU* edu = Context;
  UNREFERENCED_PARAMETER(Interrupt);
  ULONG bits = ZooRead(edu, EDU_INTERRUPT_STATUS);
  if (bits == 0 || bits == EDU_ALL_ONES) return FALSE;
  ZooWrite(edu, EDU_INTERRUPT_ACKNOWLEDGE, bits);
  IoRequestDpc(edu->Device, NULL, NULL);
  return TRUE;
}

static VOID Compute(ZOO_EDU* Edu) {
  ZooWrite(Edu, EDU_FACTORIAL, 5);
  KeWaitForSingleObject(&finished, Executive, KernelMode, FALSE, NULL);
}

static VOID ZooStarted(ZOO_EDU* Edu) {
  IO_CONNECT_INTERRUPT_PARAMETERS connect = {.Version = CONNECT_LINE_BASED};
  KeInitializeEvent(&finished, SynchronizationEvent, FALSE);
  IoInitializeDpcRequest(Edu->Device, Finished);
  connect.LineBased.PhysicalDeviceObject = Edu->Physical;
  connect.LineBased.InterruptObject = &interrupt;
  connect.LineBased.ServiceRoutine = Interrupt;
  connect.LineBased.ServiceContext = Edu;
  if (!NT_SUCCESS(IoConnectInterruptEx(&connect))) return;

  ZooWrite(Edu, EDU_STATUS, EDU_INTERRUPT_AFTER_FACTORIAL);
  Compute(Edu);
  ZooReset(Edu, FunctionLevelDeviceReset);
#ifdef FIXED
  ZooWrite(Edu, EDU_STATUS, EDU_INTERRUPT_AFTER_FACTORIAL);
#endif
  Compute(Edu);

  IO_DISCONNECT_INTERRUPT_PARAMETERS disconnect = {.Version = CONNECT_LINE_BASED};
  disconnect.ConnectionContext.InterruptObject = interrupt;
  IoDisconnectInterruptEx(&disconnect);
}
