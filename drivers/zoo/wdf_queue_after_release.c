// kmdf: 1.33
// Empties its power-managed queue when the hardware has been released.
// Expected: managed-queue-used-after-release (WDF-452).
#define ZOO_RELEASE Release
#define ZOO_ADDED Added
#include "zoo_wdf.h"

static VOID Empty(ZOO* Zoo) {
  WDFREQUEST request;
  while (NT_SUCCESS(WdfIoQueueRetrieveNextRequest((WDFQUEUE)Zoo->Object, &request)))
    WdfRequestComplete(request, STATUS_CANCELLED);
}

static NTSTATUS Added(ZOO* Zoo) {
  WDF_IO_QUEUE_CONFIG config;
  WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
#ifdef FIXED
  config.PowerManaged = WdfFalse;
#else
  config.PowerManaged = WdfTrue;
#endif
  return WdfIoQueueCreate(Zoo->Device, &config, WDF_NO_OBJECT_ATTRIBUTES, (WDFQUEUE*)&Zoo->Object);
}

static NTSTATUS Release(ZOO* Zoo, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Translated);
  ZooUnmap(Zoo);
  Empty(Zoo);
  return STATUS_SUCCESS;
}
