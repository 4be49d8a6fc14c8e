// kmdf: 1.33
// Says that it has moved more bytes than it was asked for.
// Expected, with the framework's verifier: request-length-too-long, WDF_VIOLATION (0x10D) with 6, 4.
#define ZOO_IO Io
#include "zoo_wdf.h"

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
  WDF_REQUEST_PARAMETERS parameters;
  UNREFERENCED_PARAMETER(Zoo);
  WDF_REQUEST_PARAMETERS_INIT(&parameters);
  WdfRequestGetParameters(Request, &parameters);
  ULONG_PTR length = parameters.Parameters.Read.Length;  // a write's lies in the same place
#ifndef FIXED
  length += 1;
#endif
  WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, length);
}
