// libs: scsiport
// Does not return what ScsiPortInitialize said.
#include <ntddk.h>
#include <srb.h>

ULONG NTAPI DriverEntry(PVOID DriverObject, PVOID RegistryPath) {
  HW_INITIALIZATION_DATA data = {.HwInitializationDataSize = 4, .AdapterInterfaceType = PCIBus};
  ScsiPortInitialize(DriverObject, RegistryPath, &data, NULL);
  return STATUS_SUCCESS;
}
