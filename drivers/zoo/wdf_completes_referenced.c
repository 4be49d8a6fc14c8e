// kmdf: 1.33
// Completes a request while it holds a reference to its buffer.
// Expected: request-completed-with-buffer-references, WDF_VIOLATION (0x10D) with 3.
#define ZOO_IO Io
#include "zoo_wdf.h"

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
  WDF_REQUEST_PARAMETERS parameters;
  WDFMEMORY memory;
  UNREFERENCED_PARAMETER(Zoo);
  WDF_REQUEST_PARAMETERS_INIT(&parameters);
  WdfRequestGetParameters(Request, &parameters);
  NTSTATUS status = parameters.Type == WdfRequestTypeRead ? WdfRequestRetrieveOutputMemory(Request, &memory)
                                                          : WdfRequestRetrieveInputMemory(Request, &memory);
  if (!NT_SUCCESS(status)) return WdfRequestComplete(Request, status);
  WdfObjectReference(memory);
#ifdef FIXED
  WdfObjectDereference(memory);
#endif
  WdfRequestComplete(Request, STATUS_SUCCESS);
#ifndef FIXED
  WdfObjectDereference(memory);
#endif
}
