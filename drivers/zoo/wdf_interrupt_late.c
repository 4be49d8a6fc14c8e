// kmdf: 1.33
// Creates its interrupt in EvtDeviceD0Entry.
// Expected: interrupt-created-too-late (WDF-451).
#define ZOO_ADDED Added
#define ZOO_D0_ENTRY D0Entry
#include "zoo_wdf.h"

static BOOLEAN NTAPI Isr(WDFINTERRUPT Interrupt, ULONG Message) {
  UNREFERENCED_PARAMETER(Interrupt);
  UNREFERENCED_PARAMETER(Message);
  return FALSE;
}

static NTSTATUS Create(ZOO* Zoo) {
  WDF_INTERRUPT_CONFIG config;
  WDF_INTERRUPT_CONFIG_INIT(&config, Isr, NULL);
  return WdfInterruptCreate(Zoo->Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &Zoo->Interrupt);
}

static NTSTATUS Added(ZOO* Zoo) {
#ifdef FIXED
  return Create(Zoo);
#else
  UNREFERENCED_PARAMETER(Zoo);
  return STATUS_SUCCESS;
#endif
}

static NTSTATUS D0Entry(ZOO* Zoo, WDF_POWER_DEVICE_STATE Previous) {
  UNREFERENCED_PARAMETER(Previous);
#ifndef FIXED
  Create(Zoo);
#else
  UNREFERENCED_PARAMETER(Zoo);
#endif
  return STATUS_SUCCESS;
}
