#include "ntos/po/power.h"

#include "nt/bugcheck.h"
#include "nt/irql.h"
#include "ntos/io/device.h"
#include "ntos/io/irp.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/ob/object.h"
#include "ntos/pnp/manager.h"
#include "ntos/po/idle.h"
#include "ntos/po/state.h"

namespace drydock::ntos {

namespace po {
void install(Kernel& kernel) {
  kernel.po = new State;
}
}  // namespace po

VOID NTAPI PoStartNextPowerIrp(IRP*) {}

NTSTATUS NTAPI PoCallDriver(DEVICE_OBJECT* DeviceObject, IRP* Irp) {
  return io::IofCallDriver(DeviceObject, Irp);
}

namespace {

// PowerFlags of a device's extension: system state in bits 0..3, device state in bits 4..7.
constexpr ULONG kSystemMask = 0x0F, kDeviceMask = 0xF0;

}  // namespace

POWER_STATE NTAPI PoSetPowerState(DEVICE_OBJECT* DeviceObject, POWER_STATE_TYPE Type, POWER_STATE State) {
  ULONG& flags = io::extension_of(DeviceObject)->PowerFlags;
  POWER_STATE before;
  if (Type == SystemPowerState) {
    before.SystemState = static_cast<SYSTEM_POWER_STATE>(flags & kSystemMask);
    flags = (flags & ~kSystemMask) | static_cast<ULONG>(State.SystemState);
    return before;
  }
  before.DeviceState = static_cast<DEVICE_POWER_STATE>((flags & kDeviceMask) >> 4);
  flags = (flags & ~kDeviceMask) | static_cast<ULONG>(State.DeviceState) << 4;
  pnp::Devnode* node = pnp::manager().find_in_stack(DeviceObject);
  if (!node) return before;
  // On the way down those above have done with the device before those below: it is asleep when the lowest says so.
  const bool lowest = DeviceObject == node->pdo || io::extension_of(DeviceObject)->AttachedTo == node->pdo;
  if (State.DeviceState == PowerDeviceD0 || lowest) pnp::manager().device_power_changed(*node, State.DeviceState);
  return before;
}

namespace {

/// How long a stack may keep a power IRP.
constexpr machine::Duration kPowerLimit = std::chrono::minutes(10);
/// How often overdue requests are looked for: a framework that has a limit of its own of ten minutes is heard first.
constexpr machine::Duration kPowerLook = std::chrono::seconds(1);

struct PowerRequest {
  DEVICE_OBJECT* device;  ///< as the driver named it
  DEVICE_OBJECT* top;     ///< referenced
  UCHAR minor;
  POWER_STATE state;
  PREQUEST_POWER_COMPLETE completion;
  PVOID context;
  std::unique_ptr<io::IrpWatch> watch;
};

NTSTATUS NTAPI power_request_ended(DEVICE_OBJECT*, IRP* irp, PVOID context) {
  auto* request = static_cast<PowerRequest*>(context);
  if (request->completion)
    machine::call_driver(request->completion, request->device, request->minor, request->state, request->context,
                         &irp->IoStatus);
  ob::dereference(request->top);
  io::IoFreeIrp(irp);
  delete request;
  return STATUS_MORE_PROCESSING_REQUIRED;
}

/// Stacks that may be paged are sent power IRPs at PASSIVE_LEVEL only.
void dispatch(DEVICE_OBJECT* top, IRP* irp) {
  if (machine::current_irql() == PASSIVE_LEVEL || !(top->Flags & DO_POWER_PAGABLE)) {
    io::IofCallDriver(top, irp);
    return;
  }
  kernel().po->worker.queue([top, irp] { io::IofCallDriver(top, irp); });
}

}  // namespace

namespace po {

std::unique_ptr<io::IrpWatch> watch_power_irp(DEVICE_OBJECT* device, IRP* irp, UCHAR minor) {
  return std::make_unique<io::IrpWatch>(kPowerLimit + kPowerLook, [device, irp, minor] {
    const char* name = irp_minor_name(IRP_MJ_POWER, minor);
    machine::Finding finding = machine::finding(
        "DRIVER_POWER_STATE_FAILURE",
        fmt::format("{} has been with the drivers of {} for {} minutes", name ? name : "a power IRP",
                    io::device_name(device), std::chrono::duration_cast<std::chrono::minutes>(kPowerLimit).count()));
    finding.bug_check = machine::BugCheck{DRIVER_POWER_STATE_FAILURE,
                                          {3, reinterpret_cast<ULONG64>(device), 0, reinterpret_cast<ULONG64>(irp)}};
    finding.details = io::describe(irp);
    machine::Machine::current().report(std::move(finding));
  });
}

}  // namespace po

NTSTATUS NTAPI PoRequestPowerIrp(DEVICE_OBJECT* DeviceObject, UCHAR MinorFunction, POWER_STATE PowerState,
                                 PREQUEST_POWER_COMPLETE CompletionFunction, PVOID Context, IRP** Irp) {
  if (Irp) *Irp = nullptr;
  if (MinorFunction != IRP_MN_SET_POWER && MinorFunction != IRP_MN_QUERY_POWER && MinorFunction != IRP_MN_WAIT_WAKE)
    return STATUS_INVALID_PARAMETER_2;
  if (machine::refused("PoRequestPowerIrp")) return STATUS_INSUFFICIENT_RESOURCES;
  DEVICE_OBJECT* top = io::IoGetAttachedDeviceReference(DeviceObject);
  IRP* irp = io::IoAllocateIrp(top->StackSize, FALSE);
  if (!irp) {
    ob::dereference(top);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  io::mark_kernel_made(irp);
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  IO_STACK_LOCATION* location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = IRP_MJ_POWER;
  location->MinorFunction = MinorFunction;
  if (MinorFunction == IRP_MN_WAIT_WAKE) {
    location->Parameters.WaitWake.PowerState = PowerState.SystemState;
  } else {
    location->Parameters.Power.Type = DevicePowerState;
    location->Parameters.Power.State = PowerState;
    location->Parameters.Power.ShutdownType = kernel().po->action;
  }
  auto* request = new PowerRequest{DeviceObject, top, MinorFunction, PowerState, CompletionFunction, Context, nullptr};
  // A wait for a wake signal may last for ever.
  if (MinorFunction != IRP_MN_WAIT_WAKE) request->watch = po::watch_power_irp(top, irp, MinorFunction);
  IoSetCompletionRoutine(irp, power_request_ended, request, true, true, true);
  if (Irp && MinorFunction == IRP_MN_WAIT_WAKE) *Irp = irp;
  dispatch(top, irp);
  return STATUS_PENDING;
}

ULONG* NTAPI PoRegisterDeviceForIdleDetection(DEVICE_OBJECT* DeviceObject, ULONG ConservationIdleTime,
                                              ULONG PerformanceIdleTime, DEVICE_POWER_STATE State) {
  const ULONG limit = PerformanceIdleTime ? PerformanceIdleTime : ConservationIdleTime;
  return limit ? po::watch_idleness(DeviceObject, limit, State) : po::stop_watching(DeviceObject);
}

VOID NTAPI PoSetDeviceBusyEx(ULONG* IdlePointer) {
  if (IdlePointer) *IdlePointer = 0;
}

PVOID NTAPI PoRegisterSystemState(PVOID StateHandle, ULONG) {
  return StateHandle ? StateHandle : reinterpret_cast<PVOID>(static_cast<ULONG_PTR>(++kernel().po->system_states));
}

VOID NTAPI PoUnregisterSystemState(PVOID) {}
VOID NTAPI PoSetSystemState(ULONG) {}
BOOLEAN NTAPI PoGetSystemWake(IRP*) {
  return FALSE;
}
VOID NTAPI PoSetSystemWake(IRP*) {}

}  // namespace drydock::ntos
