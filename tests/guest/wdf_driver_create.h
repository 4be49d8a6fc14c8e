/// What wdf_driver_create.sys saw: its calls of WdfDriverCreate, and its end. Needs no Windows header.
#pragma once

enum {
  kCreateWrongSize,       // a Size that no version had
  kCreateUnknownFlag,
  kCreateNonPnpWithAdd,   // NonPnpDriver and EvtDriverDeviceAdd
  kCreateLegal,           // as the service's last letter says
  kCreateAgain,           // after the legal one
  kCreateAttempts,
};

/// The legal ways, by the last letter of the service's name.
enum {
  kCreatePlain = 'a',            // EvtDriverDeviceAdd and EvtDriverUnload
  kCreateNonPnp = 'b',           // NonPnpDriver, no EvtDriverUnload
  kCreateNonPnpUnload = 'c',     // NonPnpDriver with EvtDriverUnload; leaves a control device
  kCreateNoOverride = 'd',       // NoDispatchOverride and NonPnpDriver with EvtDriverDeviceAdd; its own DriverUnload
};

typedef struct _DRIVER_CREATE {
  unsigned int Status[kCreateAttempts];
  unsigned int HasUnload;   // DriverObject->DriverUnload after the legal call
  unsigned int Displaces;   // DisplaceDriverUnload
  unsigned int DriverIsSet; // the globals' Driver after the legal call
} DRIVER_CREATE;
