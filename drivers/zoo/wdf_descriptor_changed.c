// kmdf: 1.33
// Makes its interrupt exclusive by changing the descriptor it was given.
// Expected: interrupt-descriptor-altered (WDF-449).
#define ZOO_PREPARE Prepare
#include "zoo_wdf.h"

static BOOLEAN NTAPI Isr(WDFINTERRUPT Interrupt, ULONG Message) {
  UNREFERENCED_PARAMETER(Interrupt);
  UNREFERENCED_PARAMETER(Message);
  return FALSE;
}

static NTSTATUS Prepare(ZOO* Zoo, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  WDF_INTERRUPT_CONFIG config;
  WDF_INTERRUPT_CONFIG_INIT(&config, Isr, NULL);
  config.InterruptRaw = ZooFind(Raw, CmResourceTypeInterrupt);
  config.InterruptTranslated = ZooFind(Translated, CmResourceTypeInterrupt);
#ifndef FIXED
  config.InterruptTranslated->ShareDisposition = CmResourceShareShared + 1;
#endif
  return WdfInterruptCreate(Zoo->Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &Zoo->Interrupt);
}
