// kmdf: 1.33
// Connects an interrupt by itself, behind the framework's back, and leaves it connected.
// Expected: interrupt-left-connected (WDF-450).
#define ZOO_PREPARE Prepare
#define ZOO_RELEASE Release
#include "zoo_wdf.h"

static PKINTERRUPT Connected;

static BOOLEAN NTAPI Isr(PKINTERRUPT Interrupt, PVOID Context) {
  UNREFERENCED_PARAMETER(Interrupt);
  UNREFERENCED_PARAMETER(Context);
  return FALSE;
}

static NTSTATUS Prepare(ZOO* Zoo, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  IO_CONNECT_INTERRUPT_PARAMETERS connect = {.Version = CONNECT_LINE_BASED};
  UNREFERENCED_PARAMETER(Raw);
  UNREFERENCED_PARAMETER(Translated);
  connect.LineBased.PhysicalDeviceObject = WdfDeviceWdmGetPhysicalDevice(Zoo->Device);
  connect.LineBased.InterruptObject = &Connected;
  connect.LineBased.ServiceRoutine = Isr;
  connect.LineBased.ServiceContext = Zoo;
  return IoConnectInterruptEx(&connect);
}

static NTSTATUS Release(ZOO* Zoo, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Translated);
#ifdef FIXED
  IO_DISCONNECT_INTERRUPT_PARAMETERS disconnect = {.Version = CONNECT_LINE_BASED};
  disconnect.ConnectionContext.InterruptObject = Connected;
  IoDisconnectInterruptEx(&disconnect);
#endif
  ZooUnmap(Zoo);
  return STATUS_SUCCESS;
}
