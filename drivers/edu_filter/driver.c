/// A framework filter, for above or below a driver of the educational device: it forwards every request and counts what
/// comes back.
#include <ntddk.h>
#include <wdf.h>

#define EDU_FILTER_TAG 0x46756445  // EduF

typedef struct _EDU_FILTER {
  volatile LONG Forwarded, CameBack;
} EDU_FILTER;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(EDU_FILTER, EduFilter)

static VOID NTAPI EduFilterCameBack(WDFREQUEST Request, WDFIOTARGET Target, PWDF_REQUEST_COMPLETION_PARAMS Params,
                                    WDFCONTEXT Context) {
  EDU_FILTER* filter = Context;
  UNREFERENCED_PARAMETER(Target);
  InterlockedIncrement(&filter->CameBack);
  WdfRequestCompleteWithInformation(Request, Params->IoStatus.Status, Params->IoStatus.Information);
}

static VOID NTAPI EduFilterForward(WDFQUEUE Queue, WDFREQUEST Request) {
  WDFDEVICE device = WdfIoQueueGetDevice(Queue);
  EDU_FILTER* filter = EduFilter(device);
  WdfRequestFormatRequestUsingCurrentType(Request);
  WdfRequestSetCompletionRoutine(Request, EduFilterCameBack, filter);
  InterlockedIncrement(&filter->Forwarded);
  if (WdfRequestSend(Request, WdfDeviceGetIoTarget(device), WDF_NO_SEND_OPTIONS)) return;
  InterlockedDecrement(&filter->Forwarded);
  WdfRequestComplete(Request, WdfRequestGetStatus(Request));
}

static NTSTATUS NTAPI EduFilterDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_IO_QUEUE_CONFIG config;
  WDFDEVICE device;
  UNREFERENCED_PARAMETER(Driver);
  WdfFdoInitSetFilter(DeviceInit);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, EDU_FILTER);
  NTSTATUS status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
  config.EvtIoDefault = EduFilterForward;
  config.AllowZeroLengthRequests = TRUE;  // to whom it is for
  return WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, EduFilterDeviceAdd);
  config.DriverPoolTag = EDU_FILTER_TAG;
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
