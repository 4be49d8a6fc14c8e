// kmdf: 1.33
// Creates its interrupt from copies of the descriptors.
// Expected: interrupt-descriptor-altered, WDF_VIOLATION (0x10D).
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
  static CM_PARTIAL_RESOURCE_DESCRIPTOR copy;
  copy = *config.InterruptTranslated;
  config.InterruptTranslated = &copy;
#endif
  return WdfInterruptCreate(Zoo->Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &Zoo->Interrupt);
}
