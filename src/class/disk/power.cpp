// Power of a disk (contract, section 10). A device power IRP goes through a row of steps; the port's queue is locked
// around them so that nothing reaches a unit that is being stopped or not yet started.

#include "class/disk/fdo.h"
#include "class/disk/kernel.h"
#include "class/disk/transfer.h"

namespace drydock::class_::disk {

/// One step. It calls advance() when it is done, at once or later; true if it was at once.
struct PowerStep {
  bool (*perform)(Fdo& fdo);
};

namespace {

constexpr ULONG kLockTimeout_s = 10, kFlushTimeoutFactor = 4;
constexpr ULONG kPowerFlags = SRB_FLAGS_BYPASS_LOCKED_QUEUE | SRB_FLAGS_NO_QUEUE_FREEZE;

void advance(Fdo& fdo) {
  while ((fdo.power.next++)->perform(fdo)) {
  }
}

/// A step that failed does not hold up the others: a disk that cannot be stopped is switched off all the same.
void step_ended(Packet& packet, NTSTATUS) {
  advance(*packet.fdo);
}

void lock_ended(Packet& packet, NTSTATUS status) {
  packet.fdo->power.locked = NT_SUCCESS(status);
  advance(*packet.fdo);
}

void unlock_ended(Packet& packet, NTSTATUS) {
  packet.fdo->power.locked = false;
  advance(*packet.fdo);
}

bool send_to_port(Fdo& fdo, UCHAR function, PacketEnded ended) {
  Packet& packet = *fdo.power.packet;
  prepare(packet, function, ended);
  packet.flags = kPowerFlags;
  packet.srb.TimeOutValue = kLockTimeout_s;
  packet.retries_left = 0;
  submit(packet);
  return false;
}

bool send_start_stop(Fdo& fdo, bool start) {
  Packet& packet = *fdo.power.packet;
  UCHAR* cdb = prepare_command(packet, CDB6GENERIC_LENGTH, step_ended);
  cdb[0] = SCSIOP_START_STOP_UNIT;
  cdb[4] = start ? 1 : 0;
  packet.flags = kPowerFlags;
  packet.srb.TimeOutValue = kStartUnitTimeout_s;
  submit(packet);
  return false;
}

bool lock_queue(Fdo& fdo) {
  return send_to_port(fdo, SRB_FUNCTION_LOCK_QUEUE, lock_ended);
}

/// SP-256.
bool quiesce(Fdo& fdo) {
  return fdo.power.locked ? send_to_port(fdo, SRB_FUNCTION_QUIESCE_DEVICE, step_ended) : true;
}

bool flush_cache(Fdo& fdo) {
  if (!fdo.write_cache) return true;
  Packet& packet = *fdo.power.packet;
  UCHAR* cdb = prepare_command(packet, CDB10GENERIC_LENGTH, step_ended);
  cdb[0] = SCSIOP_SYNCHRONIZE_CACHE;
  packet.flags = kPowerFlags;
  packet.srb.TimeOutValue = fdo.timeout_s * kFlushTimeoutFactor;
  submit(packet);
  return false;
}

bool stop_unit(Fdo& fdo) {
  return send_start_stop(fdo, false);
}
bool start_unit(Fdo& fdo) {
  return NT_SUCCESS(fdo.power.irp->IoStatus.Status) ? send_start_stop(fdo, true) : true;
}

DEVICE_POWER_STATE wanted_state(const IRP* irp) {
  return IoGetCurrentIrpStackLocation(irp)->Parameters.Power.State.DeviceState;
}

NTSTATUS NTAPI passed_down(DEVICE_OBJECT*, IRP* irp, PVOID context) {
  Fdo& fdo = *static_cast<Fdo*>(context);
  if (irp->PendingReturned) IoMarkIrpPending(irp);
  if (NT_SUCCESS(irp->IoStatus.Status)) {
    fdo.device_power = wanted_state(irp);
    PoSetPowerState(fdo.device, DevicePowerState, {.DeviceState = fdo.device_power});
  }
  advance(fdo);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

bool pass_irp(Fdo& fdo) {
  IRP* irp = fdo.power.irp;
  IoCopyCurrentIrpStackLocationToNext(irp);
  IoSetCompletionRoutine(irp, passed_down, &fdo, true, true, true);
  PoCallDriver(fdo.lower, irp);
  return false;
}

bool unlock_queue(Fdo& fdo) {
  return fdo.power.locked ? send_to_port(fdo, SRB_FUNCTION_UNLOCK_QUEUE, unlock_ended) : true;
}

bool finish(Fdo& fdo) {
  IRP* irp = fdo.power.irp;
  fdo.power.irp = nullptr;
  PoStartNextPowerIrp(irp);
  complete(irp, irp->IoStatus.Status);
  leave(fdo, irp);
  return false;
}

constexpr PowerStep kPowerDown[] = {{lock_queue}, {quiesce},      {flush_cache}, {stop_unit},
                                    {pass_irp},   {unlock_queue}, {finish}};
constexpr PowerStep kPowerUp[] = {{lock_queue}, {pass_irp}, {start_unit}, {unlock_queue}, {finish}};

NTSTATUS pass_power_down(Fdo& fdo, IRP* irp) {
  DEVICE_OBJECT* lower = fdo.lower;
  PoStartNextPowerIrp(irp);
  IoSkipCurrentIrpStackLocation(irp);
  const NTSTATUS status = PoCallDriver(lower, irp);
  leave(fdo, irp);
  return status;
}

NTSTATUS set_device_power(Fdo& fdo, IRP* irp) {
  const DEVICE_POWER_STATE state = wanted_state(irp);
  const bool up = state == PowerDeviceD0 && fdo.device_power != PowerDeviceD0;
  const bool down = state != PowerDeviceD0 && fdo.device_power == PowerDeviceD0;
  if ((!up && !down) || fdo.power.irp != nullptr || fdo.stage != Stage::Started) return pass_power_down(fdo, irp);
  IoMarkIrpPending(irp);
  irp->IoStatus.Status = STATUS_SUCCESS;
  fdo.power.irp = irp;
  fdo.power.next = up ? kPowerUp : kPowerDown;
  advance(fdo);
  return STATUS_PENDING;
}

/// The device IRP that a system IRP led to has ended: so does the system IRP.
VOID NTAPI device_power_set(DEVICE_OBJECT* device, UCHAR, POWER_STATE, PVOID context, IO_STATUS_BLOCK* iosb) {
  Fdo& fdo = fdo_of(device);
  auto* irp = static_cast<IRP*>(context);
  PoStartNextPowerIrp(irp);
  complete(irp, NT_SUCCESS(irp->IoStatus.Status) ? iosb->Status : irp->IoStatus.Status);
  leave(fdo, irp);
}

NTSTATUS NTAPI system_power_passed(DEVICE_OBJECT*, IRP* irp, PVOID context) {
  Fdo& fdo = *static_cast<Fdo*>(context);
  if (irp->PendingReturned) IoMarkIrpPending(irp);
  const SYSTEM_POWER_STATE system = IoGetCurrentIrpStackLocation(irp)->Parameters.Power.State.SystemState;
  const POWER_STATE state{.DeviceState = system == PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3};
  if (NT_SUCCESS(irp->IoStatus.Status) &&
      PoRequestPowerIrp(fdo.device, IRP_MN_SET_POWER, state, device_power_set, irp, nullptr) == STATUS_PENDING)
    return STATUS_MORE_PROCESSING_REQUIRED;
  PoStartNextPowerIrp(irp);
  leave(fdo, irp);
  return STATUS_SUCCESS;
}

/// We own the disk's power policy: a system state asks for a device state.
NTSTATUS set_system_power(Fdo& fdo, IRP* irp) {
  IoMarkIrpPending(irp);
  IoCopyCurrentIrpStackLocationToNext(irp);
  IoSetCompletionRoutine(irp, system_power_passed, &fdo, true, true, true);
  PoCallDriver(fdo.lower, irp);
  return STATUS_PENDING;
}

}  // namespace

NTSTATUS NTAPI DiskPower(DEVICE_OBJECT* DeviceObject, IRP* Irp) {
  Fdo& fdo = fdo_of(DeviceObject);
  if (!NT_SUCCESS(IoAcquireRemoveLockEx(&fdo.remove_lock, Irp, nullptr, 0, sizeof(IO_REMOVE_LOCK)))) {
    PoStartNextPowerIrp(Irp);
    return complete(Irp, STATUS_DEVICE_DOES_NOT_EXIST);
  }
  const IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(Irp);
  if (location->MinorFunction != IRP_MN_SET_POWER) return pass_power_down(fdo, Irp);
  return location->Parameters.Power.Type == SystemPowerState ? set_system_power(fdo, Irp) : set_device_power(fdo, Irp);
}

}  // namespace drydock::class_::disk
