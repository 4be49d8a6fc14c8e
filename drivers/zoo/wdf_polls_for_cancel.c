// kmdf: 1.33
// Holds requests without a cancel routine and looks every hour whether they were cancelled.
// Expected: lost-request (Windows, when the thread ends: DRIVER_VERIFIER_DETECTED_VIOLATION, 0x135).
#include <ntddk.h>
#include <wdf.h>

#define LOOK_EVERY_MS (3600 * 1000)

static WDFDEVICE ControlDevice;
static WDFTIMER Timer;
static WDFREQUEST Held;

#ifdef FIXED
static VOID NTAPI Cancel(WDFREQUEST Request) {
  Held = NULL;
  WdfRequestComplete(Request, STATUS_CANCELLED);
}
#endif

static VOID NTAPI Look(WDFTIMER Unused) {
  UNREFERENCED_PARAMETER(Unused);
  WDFREQUEST request = Held;
  if (!request || !WdfRequestIsCanceled(request)) return;
#ifdef FIXED
  if (WdfRequestUnmarkCancelable(request) == STATUS_CANCELLED) return;
#endif
  Held = NULL;
  WdfRequestComplete(request, STATUS_CANCELLED);
}

static VOID NTAPI EvtIoRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length) {
  UNREFERENCED_PARAMETER(Queue);
  UNREFERENCED_PARAMETER(Length);
  Held = Request;
#ifdef FIXED
  if (NT_SUCCESS(WdfRequestMarkCancelableEx(Request, Cancel))) return;
  Held = NULL;
  WdfRequestComplete(Request, STATUS_CANCELLED);
#endif
}

static VOID NTAPI EvtUnload(WDFDRIVER Driver) {
  UNREFERENCED_PARAMETER(Driver);
  WdfObjectDelete(ControlDevice);
}

static NTSTATUS Furnish(VOID) {
  WDF_IO_QUEUE_CONFIG queue;
  WDF_TIMER_CONFIG timer;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue, WdfIoQueueDispatchSequential);
  queue.EvtIoRead = EvtIoRead;
  NTSTATUS status = WdfIoQueueCreate(ControlDevice, &queue, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
  if (!NT_SUCCESS(status)) return status;
  WDF_TIMER_CONFIG_INIT_PERIODIC(&timer, Look, LOOK_EVERY_MS);
  timer.AutomaticSerialization = FALSE;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = ControlDevice;
  status = WdfTimerCreate(&timer, &attributes, &Timer);
  if (NT_SUCCESS(status)) WdfTimerStart(Timer, WDF_REL_TIMEOUT_IN_MS(LOOK_EVERY_MS));
  return status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  DECLARE_CONST_UNICODE_STRING(name, L"\\Device\\ZooPolls");
  DECLARE_CONST_UNICODE_STRING(sddl, L"D:P(A;;GA;;;SY)(A;;GA;;;BA)");
  WDF_DRIVER_CONFIG config;
  WDFDRIVER driver;
  WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
  config.DriverInitFlags = WdfDriverInitNonPnpDriver;
  config.EvtDriverUnload = EvtUnload;
  NTSTATUS status = WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, &driver);
  if (!NT_SUCCESS(status)) return status;
  PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(driver, &sddl);
  if (!init) return STATUS_INSUFFICIENT_RESOURCES;
  status = WdfDeviceInitAssignName(init, &name);
  if (NT_SUCCESS(status)) status = WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &ControlDevice);
  if (!NT_SUCCESS(status)) {
    WdfDeviceInitFree(init);
    return status;
  }
  status = Furnish();
  if (NT_SUCCESS(status)) WdfControlFinishInitializing(ControlDevice);
  return status;
}
