/// The device's hardware: found, brought up, taken down, given back.
#include "edu.h"

NTSTATUS NTAPI EduPrepareHardware(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  EDU_DEVICE* edu = EduDevice(Device);
  UNREFERENCED_PARAMETER(Raw);
  for (ULONG i = 0; i < WdfCmResourceListGetCount(Translated); ++i) {
    PCM_PARTIAL_RESOURCE_DESCRIPTOR resource = WdfCmResourceListGetDescriptor(Translated, i);
    if (resource->Type != CmResourceTypeMemory || resource->u.Memory.Length < EDU_REGISTER_SPACE) continue;
    NTSTATUS status = EduMapRegisters(edu, resource->u.Memory.Start);
    if (!NT_SUCCESS(status)) return status;
    if (!edu->Reset.DeviceReset) EduQueryReset(edu);
    return STATUS_SUCCESS;
  }
  return STATUS_DEVICE_CONFIGURATION_ERROR;
}

NTSTATUS NTAPI EduReleaseHardware(WDFDEVICE Device, WDFCMRESLIST Translated) {
  EDU_DEVICE* edu = EduDevice(Device);
  UNREFERENCED_PARAMETER(Translated);
  EduUnmapRegisters(edu);
  return STATUS_SUCCESS;
}

/// A device that does not work yet is no failure: what mends it needs interrupts.
NTSTATUS NTAPI EduD0Entry(WDFDEVICE Device, WDF_POWER_DEVICE_STATE PreviousState) {
  EDU_DEVICE* edu = EduDevice(Device);
  UNREFERENCED_PARAMETER(PreviousState);
  edu->InReset = FALSE;
  edu->InterruptBits = 0;
  // What recovery has given up stays given up.
  const BOOLEAN ready = NT_SUCCESS(edu->Refusal) && EduProgram(edu);
  WdfObjectAcquireLock(Device);
  edu->PoweredUp = TRUE;
  edu->Ready = ready;
  WdfObjectReleaseLock(Device);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI EduD0EntryPostInterruptsEnabled(WDFDEVICE Device, WDF_POWER_DEVICE_STATE PreviousState) {
  EDU_DEVICE* edu = EduDevice(Device);
  UNREFERENCED_PARAMETER(PreviousState);
  WdfObjectAcquireLock(Device);
  if (!edu->Ready && NT_SUCCESS(edu->Refusal)) EduBeginRecovery(edu);
  WdfObjectReleaseLock(Device);
  return STATUS_SUCCESS;
}

/// Ends what runs by itself. The queue is held and gives us no more.
static VOID EduQuiesce(EDU_DEVICE* Edu) {
  WdfObjectAcquireLock(Edu->Device);
  Edu->PoweredUp = FALSE;
  WdfObjectReleaseLock(Edu->Device);
  WdfTimerStop(Edu->Watchdog, TRUE);
  WdfWorkItemFlush(Edu->Recovery);
}

NTSTATUS NTAPI EduD0ExitPreInterruptsDisabled(WDFDEVICE Device, WDF_POWER_DEVICE_STATE TargetState) {
  UNREFERENCED_PARAMETER(TargetState);
  EduQuiesce(EduDevice(Device));  // while the recovery may still want the interrupt
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI EduD0Exit(WDFDEVICE Device, WDF_POWER_DEVICE_STATE TargetState) {
  EDU_DEVICE* edu = EduDevice(Device);
  UNREFERENCED_PARAMETER(TargetState);
  EduQuiesce(edu);  // where D0 was entered half, the callback above has not run
  // A request may have gone and left its work behind.
  EduWaitUntilIdle(edu);
  WdfObjectAcquireLock(Device);
  edu->Ready = FALSE;
  EduForgetWork(edu);
  WdfObjectReleaseLock(Device);
  return STATUS_SUCCESS;
}

/// A device that a platform-level reset was asked for cannot be stopped in an orderly way: it does not obey.
NTSTATUS NTAPI EduQueryRemove(WDFDEVICE Device) {
  return EduDevice(Device)->PlatformResetAsked ? STATUS_DEVICE_HUNG : STATUS_SUCCESS;
}
