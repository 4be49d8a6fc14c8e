#pragma once
// Driver-defined interfaces.

#include "wdfobject.h"

typedef NTSTATUS NTAPI EVT_WDF_DEVICE_PROCESS_QUERY_INTERFACE_REQUEST(WDFDEVICE Device, LPGUID InterfaceType,
                                                                      PINTERFACE ExposedInterface,
                                                                      PVOID ExposedInterfaceSpecificData);
typedef EVT_WDF_DEVICE_PROCESS_QUERY_INTERFACE_REQUEST* PFN_WDF_DEVICE_PROCESS_QUERY_INTERFACE_REQUEST;

typedef struct _WDF_QUERY_INTERFACE_CONFIG {
  ULONG Size;
  PINTERFACE Interface;
  const GUID* InterfaceType;
  BOOLEAN SendQueryToParentStack;
  PFN_WDF_DEVICE_PROCESS_QUERY_INTERFACE_REQUEST EvtDeviceProcessQueryInterfaceRequest;
  BOOLEAN ImportInterface;
} WDF_QUERY_INTERFACE_CONFIG, *PWDF_QUERY_INTERFACE_CONFIG;

#ifndef WDF_TYPES_ONLY

WDF_INLINE VOID
WDF_QUERY_INTERFACE_CONFIG_INIT(PWDF_QUERY_INTERFACE_CONFIG Config, PINTERFACE Interface, const GUID* InterfaceType,
                                PFN_WDF_DEVICE_PROCESS_QUERY_INTERFACE_REQUEST EvtDeviceProcessQueryInterfaceRequest) {
  WDF_ZERO_WITH_SIZE(Config, WDF_QUERY_INTERFACE_CONFIG);
  Config->Interface = Interface;
  Config->InterfaceType = InterfaceType;
  Config->EvtDeviceProcessQueryInterfaceRequest = EvtDeviceProcessQueryInterfaceRequest;
}

WDF_INLINE VOID NTAPI WdfDeviceInterfaceReferenceNoOp(PVOID Context) {
  (void)Context;
}

WDF_INLINE VOID NTAPI WdfDeviceInterfaceDereferenceNoOp(PVOID Context) {
  (void)Context;
}

#endif  // WDF_TYPES_ONLY
