// libs: scsiport
// Gives ScsiPortInitialize something else than DriverEntry got.
#include <ntddk.h>
#include <srb.h>

ULONG NTAPI DriverEntry(PVOID DriverObject, PVOID RegistryPath) {
  HW_INITIALIZATION_DATA data = {.HwInitializationDataSize = sizeof(data), .AdapterInterfaceType = PCIBus};
  UNREFERENCED_PARAMETER(DriverObject);
  return ScsiPortInitialize(&data, RegistryPath, &data, NULL);
}
