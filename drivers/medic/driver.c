/// Loading, and adding a device.
#include "medic.h"

static const GUID InterfaceClass = EDU_INTERFACE_CLASS;

static NTSTATUS MedicInitialize(PMEDIC_EXTENSION Ext) {
  IoInitializeRemoveLock(&Ext->RemoveLock, MEDIC_TAG, 0, 0);
  KeInitializeSpinLock(&Ext->Lock);
  KeInitializeEvent(&Ext->Idle, NotificationEvent, TRUE);
  KeInitializeEvent(&Ext->Gate, SynchronizationEvent, TRUE);
  Ext->Holds = MEDIC_HOLD_NOT_STARTED;
  Ext->PowerState = PowerDeviceD0;
  for (ULONG state = PowerSystemSleeping1; state < PowerSystemMaximum; ++state)
    Ext->DeviceStateOf[state] = PowerDeviceD3;
  Ext->DeviceStateOf[PowerSystemWorking] = PowerDeviceD0;
  MedicWatchdogInitialize(Ext);
  IoInitializeDpcRequest(Ext->Device, MedicDpc);

  NTSTATUS status = MedicQueueInitialize(Ext);
  if (!NT_SUCCESS(status)) return status;
  Ext->RecoveryItem = IoAllocateWorkItem(Ext->Device);
  Ext->PowerItem = IoAllocateWorkItem(Ext->Device);
  if (!Ext->RecoveryItem || !Ext->PowerItem) return STATUS_INSUFFICIENT_RESOURCES;
  return IoRegisterDeviceInterface(Ext->Physical, &InterfaceClass, NULL, &Ext->InterfaceLink);
}

static NTSTATUS NTAPI MedicAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Physical) {
  PDEVICE_OBJECT device;
  NTSTATUS status = IoCreateDevice(DriverObject, sizeof(MEDIC_EXTENSION), NULL, FILE_DEVICE_UNKNOWN,
                                   FILE_DEVICE_SECURE_OPEN, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  PMEDIC_EXTENSION ext = device->DeviceExtension;
  ext->Device = device;
  ext->Physical = Physical;
  status = MedicInitialize(ext);
  if (NT_SUCCESS(status)) {
    ext->Lower = IoAttachDeviceToDeviceStack(device, Physical);
    if (!ext->Lower) status = STATUS_NO_SUCH_DEVICE;
  }
  if (!NT_SUCCESS(status)) {
    if (ext->InterfaceLink.Buffer) RtlFreeUnicodeString(&ext->InterfaceLink);
    if (ext->RecoveryItem) IoFreeWorkItem(ext->RecoveryItem);
    if (ext->PowerItem) IoFreeWorkItem(ext->PowerItem);
    IoDeleteDevice(device);
    return status;
  }
  device->Flags |= DO_BUFFERED_IO | DO_POWER_PAGABLE;
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}

static VOID NTAPI MedicUnload(PDRIVER_OBJECT DriverObject) {
  // Every device has been removed, and nothing belongs to the driver itself.
  UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  DriverObject->MajorFunction[IRP_MJ_CREATE] = MedicCreate;
  DriverObject->MajorFunction[IRP_MJ_CLOSE] = MedicClose;
  DriverObject->MajorFunction[IRP_MJ_CLEANUP] = MedicCleanup;
  DriverObject->MajorFunction[IRP_MJ_READ] = MedicReadWrite;
  DriverObject->MajorFunction[IRP_MJ_WRITE] = MedicReadWrite;
  DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = MedicDeviceControl;
  DriverObject->MajorFunction[IRP_MJ_PNP] = MedicPnp;
  DriverObject->MajorFunction[IRP_MJ_POWER] = MedicPower;
  DriverObject->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = MedicSystemControl;
  DriverObject->DriverExtension->AddDevice = MedicAddDevice;
  DriverObject->DriverUnload = MedicUnload;
  return STATUS_SUCCESS;
}
