#include "wdf/pnp_machine.h"

#include <fmt/format.h>

#include "wdf/callback_log.h"
#include "wdf/child_list.h"
#include "wdf/device.h"
#include "wdf/device_interface.h"
#include "wdf/fdo_requests.h"
#include "wdf/hardware_checks.h"
#include "wdf/interrupt.h"
#include "wdf/misuse.h"
#include "wdf/restart.h"
#include "wdf/send_irp.h"
#include "wdf/slow_callback.h"
#include "wdf/table_visits.h"
#include "wdf/um/host_process.h"
#include "wdf/um/reflector.h"
#include "wdf/wake.h"
#include "wdf/wmi.h"

namespace drydock::wdf {

PnpMachine::PnpMachine(Device& device) : TableMachine(PnpState::Created, framework().visits->pnp), device_(device) {
  KeInitializeEvent(&gone_, NotificationEvent, FALSE);
}

std::string PnpMachine::owner_name() const {
  return describe(device_);
}
void PnpMachine::hold_owner() {
  device_.reference();
}
void PnpMachine::release_owner() {
  device_.dereference();
}

// ---- Requests ----

NTSTATUS PnpMachine::take(IRP* irp, PnpEvent event) {
  if (irp_)
    stop(Violation::PnpFatalError, "second-pnp-request",
         fmt::format("{} gets a state-changing PnP request while another is pending", describe(device_)),
         reinterpret_cast<std::uint64_t>(device_.handle()), reinterpret_cast<std::uint64_t>(irp));
  if (!answers(event))
    stop(Violation::PnpFatalError, "pnp-request-out-of-order",
         fmt::format("{} in state {} gets {}", describe(device_), PnpTable::name(state()), PnpTable::name(event)),
         reinterpret_cast<std::uint64_t>(device_.handle()), reinterpret_cast<std::uint64_t>(irp));
  IoMarkIrpPending(irp);
  irp_ = irp;
  result_ = STATUS_SUCCESS;
  post(event);
  return STATUS_PENDING;
}

void PnpMachine::complete(NTSTATUS status) {
  IRP* irp = std::exchange(irp_, nullptr);
  irp->IoStatus.Status = status;
  IofCompleteRequest(irp, 0);
}

void PnpMachine::pass_down(NTSTATUS status) {
  if (!device_.lower) return complete(status);
  IRP* irp = std::exchange(irp_, nullptr);
  irp->IoStatus.Status = status;
  IoCopyCurrentIrpStackLocationToNext(irp);
  IofCallDriver(device_.lower, irp);
}

// ---- Actions ----

std::optional<PnpEvent> PnpMachine::perform(PnpAction action) {
  using enum PnpAction;
  switch (action) {
    case nothing:
      return std::nullopt;
    case start_again:
      // WDF-142, WDF-297, RST-151: a PDO's new life.
      device_.failed_action = WdfDeviceFailedUndefined;
      device_.internally_failed = device_.state_failed = false;
      device_.io->reset();
      return start_lower_drivers();
    case start_lower:
      return start_lower_drivers();
    case prepare:
      return prepare_hardware();
    case power_up:
      device_.policy.post(device_.is_policy_owner() ? PolicyEvent::StartWanted : PolicyEvent::FollowWanted);
      return std::nullopt;
    case announce:
      return announce_device();
    case complete_start:
      note_started(device_);
      complete(STATUS_SUCCESS);
      child_lists_may_report(device_);
      return std::nullopt;
    case fail_start:
      complete(result_);
      return std::nullopt;
    case refuse_start:
      complete(STATUS_INVALID_DEVICE_STATE);
      return std::nullopt;
    case ask_stop:
      return ask(false);
    case ask_remove:
      return ask(true);
    case hold_in_d0:
      device_.policy.post(PolicyEvent::HoldWanted);
      return std::nullopt;
    case pass_query:
    case pass_on:
      pass_down(STATUS_SUCCESS);
      return std::nullopt;
    case fail_query:
      complete(result_);
      return std::nullopt;
    case refuse_query:
      complete(STATUS_POWER_STATE_INVALID);
      return std::nullopt;
    case cancel_query:
      device_.policy.post(PolicyEvent::HoldReleased);
      pass_down(STATUS_SUCCESS);
      return std::nullopt;
    case power_stop:
      device_.policy.post(PolicyEvent::StopWanted);
      return std::nullopt;
    case power_surprise:
      tell_surprise_now();
      device_.policy.post(PolicyEvent::SurpriseWanted);
      return std::nullopt;
    case release:
      return release_hardware();
    case finish_stop:
      forget_assignment(device_);
      pass_down(STATUS_SUCCESS);
      return std::nullopt;
    case put_away:
      put_away_now();
      return PnpEvent::PutAway;
    case fail:
      fail_device();
      return std::nullopt;
    case tell_surprise:
      tell_surprise_now();
      pass_down(STATUS_SUCCESS);
      return std::nullopt;
    case tell_surprise_and_release:
      tell_surprise_now();
      return release_hardware();
    case tell_surprise_and_put_away:
      tell_surprise_now();
      put_away_now();
      pass_down(STATUS_SUCCESS);
      return std::nullopt;
    case finish_surprise:
      put_away_now();
      forget_assignment(device_);
      pass_down(STATUS_SUCCESS);
      if ((device_.internally_failed || asks_late(device_)) && std::exchange(asks_for_restart_, false))
        device_.ask_for_restart();
      return std::nullopt;
    case leave:
      return leave_stack();
    case rest:
      complete(STATUS_SUCCESS);
      return std::nullopt;
    case eject:
      return ask_eject();
    case finish_eject:
      complete(result_);
      return std::nullopt;
    case forget:
      KeSetEvent(&gone_, 0, FALSE);
      device_.delete_object();
      return std::nullopt;
  }
  return std::nullopt;
}

namespace {

/// A driver is promised a descriptor for every index below the count (WDF-054): what it needs is had before it is asked.
bool has_copies(CmResourceList& list) {
  for (ULONG i = 0; i < list.count(); ++i)
    if (!list.copy_for_driver(i)) return false;
  return true;
}

}  // namespace

PnpEvent PnpMachine::start_lower_drivers() {
  device_.ever_started = true;
  asks_for_restart_ = true;
  const auto& start = IoGetCurrentIrpStackLocation(irp_)->Parameters.StartDevice;
  device_.raw->fill(start.AllocatedResources);
  device_.translated->fill(start.AllocatedResourcesTranslated);
  // WDF-422: before 2.15 a user-mode driver is not even shown what it may not use.
  if (device_.client().host && !device_.direct_hardware_access && !device_.client().built_for(15)) {
    device_.raw->fill(nullptr);
    device_.translated->fill(nullptr);
  }
  if (!has_copies(*device_.raw) || !has_copies(*device_.translated)) {
    result_ = STATUS_INSUFFICIENT_RESOURCES;
    note_failure(device_, "Lists");
    return PnpEvent::LowerFailed;
  }
  if (!device_.lower) return PnpEvent::LowerStarted;

  // WDF-048: on the way down, only if there are lists.
  CM_RESOURCE_LIST* raw = start.AllocatedResources;
  CM_RESOURCE_LIST* translated = start.AllocatedResourcesTranslated;
  CM_RESOURCE_LIST* changed_raw = nullptr;
  CM_RESOURCE_LIST* changed_translated = nullptr;
  auto remove_added = device_.config().fdo.EvtDeviceRemoveAddedResources;
  if (remove_added && raw && translated) {
    device_.raw->may_remove = device_.translated->may_remove = true;
    result_ = call_noted(device_, "RemoveAdded", remove_added, device_.handle_as<WDFDEVICE>(), device_.raw->handle_as<WDFCMRESLIST>(),
                                   device_.translated->handle_as<WDFCMRESLIST>());
    device_.raw->may_remove = device_.translated->may_remove = false;
    if (!NT_SUCCESS(result_)) return PnpEvent::LowerFailed;
    if (device_.raw->changed || device_.translated->changed) {
      raw = changed_raw = device_.raw->build(raw);
      translated = changed_translated = device_.translated->build(translated);
    }
  }
  IoCopyCurrentIrpStackLocationToNext(irp_);
  auto& next = IoGetNextIrpStackLocation(irp_)->Parameters.StartDevice;
  next.AllocatedResources = raw;
  next.AllocatedResourcesTranslated = translated;
  const NTSTATUS status = send_and_wait(device_.lower, irp_);
  if (changed_raw) ExFreePoolWithTag(changed_raw, 0);
  if (changed_translated) ExFreePoolWithTag(changed_translated, 0);
  result_ = status;
  if (!NT_SUCCESS(status)) {
    note_failure(device_, "Lower");
    return PnpEvent::LowerFailed;
  }
  query_bus_interfaces(device_);
  return PnpEvent::LowerStarted;
}

PnpEvent PnpMachine::prepare_hardware() {
  if (machine::refused("wdf.match")) {
    result_ = STATUS_INSUFFICIENT_RESOURCES;
    note_failure(device_, "Match");
    return PnpEvent::MatchFailed;
  }
  // WDF-428
  if (device_.client().host && machine::refused("wdf.um.registers")) {
    result_ = STATUS_INSUFFICIENT_RESOURCES;
    note_failure(device_, "Match");
    return PnpEvent::MatchFailed;
  }
  assign_interrupts(device_);
  device_.raw->stale = device_.translated->stale = false;
  hardware_prepared_ = true;
  device_.watch.before_prepare();
  result_ = STATUS_SUCCESS;
  if (auto prepare = device_.config().pnp.EvtDevicePrepareHardware) {
    device_.in_prepare_hardware = true;
    result_ = call_noted(device_, "PrepareHardware", prepare, device_.handle_as<WDFDEVICE>(), device_.raw->handle_as<WDFCMRESLIST>(),
                                   device_.translated->handle_as<WDFCMRESLIST>());
    device_.in_prepare_hardware = false;
    device_.watch.after_prepare();
    check_status(device_, result_, "EvtDevicePrepareHardware");
    if (!NT_SUCCESS(result_)) return PnpEvent::PrepareFailed;
  }
  // WDF-063: an owner wants to know what its device can do, at a first start.
  if (device_.is_policy_owner() && state() == PnpState::Preparing) {
    result_ = query_power_capabilities(device_);
    if (!NT_SUCCESS(result_)) {
      asks_for_restart_ = false;
      note_failure(device_, "Capabilities");
      return PnpEvent::PrepareFailed;
    }
  }
  return PnpEvent::HardwarePrepared;
}

PnpEvent PnpMachine::announce_device() {
  for (DeviceInterface& each : device_.interfaces) set_interface(device_, each, true);
  interfaces_on_ = true;
  result_ = register_wmi(device_);
  if (NT_SUCCESS(result_)) return PnpEvent::Announced;
  note_failure(device_, "Wmi");
  return PnpEvent::AnnounceFailed;
}

PnpEvent PnpMachine::ask(bool remove) {
  // WDF-108: what the framework knows without asking.
  if (!device_.static_stop_remove) {
    result_ = STATUS_INVALID_DEVICE_STATE;
    return PnpEvent::DriverRefused;
  }
  for (LONG count : device_.special_files) {
    if (count == 0) continue;
    result_ = STATUS_DEVICE_NOT_READY;
    return PnpEvent::DriverRefused;
  }
  const auto& callbacks = device_.config().pnp;
  auto question = remove ? callbacks.EvtDeviceQueryRemove : callbacks.EvtDeviceQueryStop;
  result_ = question ? call_noted(device_, remove ? "QueryRemove" : "QueryStop", question, device_.handle_as<WDFDEVICE>())
                     : STATUS_SUCCESS;
  check_status(device_, result_, remove ? "EvtDeviceQueryRemove" : "EvtDeviceQueryStop");
  return NT_SUCCESS(result_) ? PnpEvent::DriverAgreed : PnpEvent::DriverRefused;
}

PnpEvent PnpMachine::release_hardware() {
  // What made us come here stays the answer to the request (WDF-187, WDF-219).
  const PnpState from = state();
  if (irp_ && from == PnpState::ReleasingFailed && NT_SUCCESS(result_)) result_ = STATUS_DEVICE_POWER_FAILURE;
  if (!hardware_prepared_) return PnpEvent::Released;
  hardware_prepared_ = false;
  NTSTATUS status = STATUS_SUCCESS;
  device_.watch.before_release();
  if (auto release = device_.config().pnp.EvtDeviceReleaseHardware) {
    const SlowCallback slow(device_, "EvtDeviceReleaseHardware");
    status =
        call_noted(device_, "ReleaseHardware", release, device_.handle_as<WDFDEVICE>(), device_.translated->handle_as<WDFCMRESLIST>());
    check_status(device_, status, "EvtDeviceReleaseHardware");
  }
  device_.raw->stale = device_.translated->stale = true;
  device_.watch.after_release();
  // WDF-252, WDF-428
  if (device_.client().host) unmap_hardware(device_, NT_SUCCESS(status) && !device_.client().host->ended());
  delete_interrupts_of_prepare(device_);
  if (NT_SUCCESS(status)) return PnpEvent::Released;
  if (from == PnpState::ReleasingToRestart) result_ = status;  // WDF-218
  return PnpEvent::ReleaseFailed;
}

void PnpMachine::put_away_now() {
  if (interfaces_on_)
    for (DeviceInterface& each : device_.interfaces) set_interface(device_, each, false);
  interfaces_on_ = false;
  deregister_wmi(device_);
  delete_symbolic_link(device_);
  device_.io->purge_power_managed();
  device_.self_managed.flush();
  complete_wake_request(device_, STATUS_NO_SUCH_DEVICE);
}

void PnpMachine::fail_device() {
  put_away_now();
  device_.internally_failed = true;
  if (irp_) {
    const UCHAR minor = IoGetCurrentIrpStackLocation(irp_)->MinorFunction;
    if (minor == IRP_MN_STOP_DEVICE)
      pass_down(STATUS_SUCCESS);  // WDF-113
    else if (minor == IRP_MN_START_DEVICE)
      complete(result_);
    // Another one came in the meantime, and is answered from here.
  }
  if (std::exchange(asks_for_restart_, false)) device_.ask_for_restart();
  device_.invalidate_state();
}

void PnpMachine::tell_surprise_now() {
  // WDF-488: the notice comes beside a power callback or after it. Not much after: it may be what that one waits for.
  constexpr unsigned kWaitsMax = 100;
  LARGE_INTEGER millisecond;
  millisecond.QuadPart = -10'000;
  if (device_.power.in_transition() && machine::Machine::current().choose("wdf.surprise", 2) != 0)
    for (unsigned i = 0; i < kWaitsMax && device_.power.in_transition(); ++i)
      KeDelayExecutionThread(KernelMode, FALSE, &millisecond);
  device_.watch.before_surprise();
  if (auto notice = device_.config().pnp.EvtDeviceSurpriseRemoval)
    call_noted(device_, "SurpriseRemoval", notice, device_.handle_as<WDFDEVICE>());
  children_are_gone(device_);
}

PnpEvent PnpMachine::ask_eject() {
  auto question = device_.config().pdo.EvtDeviceEject;
  result_ = question ? call_noted(device_, "Eject", question, device_.handle_as<WDFDEVICE>()) : STATUS_SUCCESS;
  check_status(device_, result_, "EvtDeviceEject");
  if (NT_SUCCESS(result_)) child_was_ejected(device_);
  return PnpEvent::EjectDone;
}

PnpEvent PnpMachine::leave_stack() {
  if (device_.is_pdo() && irp_ && is_still_reported(device_)) return PnpEvent::StillReported;
  forget_assignment(device_);
  remove_children(device_);
  device_.io->purge_others();
  device_.self_managed.cleanup();
  device_.dispose_now();
  device_.watch.after_cleanup();
  // Back from below first: the PnP manager looks whether everybody has detached when the request ends.
  if (irp_ && device_.lower) {
    irp_->IoStatus.Status = STATUS_SUCCESS;
    IoCopyCurrentIrpStackLocationToNext(irp_);
    result_ = send_and_wait(device_.lower, irp_);
  }
  child_has_left(device_);
  device_.delete_device_object();
  if (device_.client().host) um::device_left(device_.client());
  if (irp_) complete(result_);
  return PnpEvent::CleanedUp;
}

void PnpMachine::wait_until_gone() {
  KeWaitForSingleObject(&gone_, Executive, KernelMode, FALSE, nullptr);
}

ULONG PnpMachine::published_state() const {
  // WDF_DEVICE_PNP_STATE of the published state that comes nearest.
  switch (state()) {
    case PnpState::Created:
      return 0x105;  // Init
    case PnpState::Starting:
    case PnpState::Restarting:
      return 0x106;  // InitStarting
    case PnpState::Preparing:
    case PnpState::Repreparing:
      return 0x108;  // HardwareAvailable
    case PnpState::PoweringUp:
      return 0x108;
    case PnpState::RepoweringUp:
      return 0x133;  // RestartHardwareAvailable
    case PnpState::Enabling:
      return 0x109;  // EnableInterfaces
    case PnpState::Started:
      return 0x119;
    case PnpState::AskingStop:
      return 0x10F;
    case PnpState::HoldingForStop:
      return 0x138;
    case PnpState::StopPending:
      return 0x110;
    case PnpState::Stopping:
      return 0x120;  // StartedStopping
    case PnpState::ReleasingStopped:
    case PnpState::Stopped:
      return 0x11E;
    case PnpState::StoppingToRestart:
      return 0x131;
    case PnpState::ReleasingToRestart:
      return 0x132;
    case PnpState::AskingRemove:
      return 0x10B;
    case PnpState::HoldingForRemove:
      return 0x137;
    case PnpState::RemovePending:
      return 0x10C;
    case PnpState::Removing:
      return 0x11C;  // StartedRemoving
    case PnpState::ReleasingRemoved:
      return 0x117;  // RemovingDisableInterfaces
    case PnpState::SurpriseDown:
      return 0x127;  // SurpriseRemoveIoStarted
    case PnpState::ReleasingSurprised:
    case PnpState::SurpriseRemoved:
      return 0x121;
    case PnpState::EnablingFailed:
      return 0x129;  // FailedIoStarting
    case PnpState::ReleasingFailed:
    case PnpState::FailedHolding:
      return 0x12A;  // FailedOwnHardware
    case PnpState::Failed:
      return 0x12D;
    case PnpState::PdoRemoved:
      return 0x115;  // RemovedPdoWait
    case PnpState::Ejecting:
      return 0x103;
    case PnpState::Leaving:
      return 0x113;
    default:
      return 0x135;  // Final
  }
}

}  // namespace drydock::wdf
