#include "wdf/interrupt.h"

#include <algorithm>

#include "ntos/io/interrupt_hold.h"
#include "wdf/callback_log.h"
#include "wdf/deferred.h"
#include "wdf/device.h"
#include "wdf/io_resource_list.h"
#include "wdf/um/host_process.h"

namespace drydock::wdf {

Interrupt::Interrupt(Device& owner, const WDF_INTERRUPT_CONFIG& its_config, bool in_prepare)
    : Object(kType, owner.client()), config(its_config), made_in_prepare(in_prepare), owner_(owner) {
  driver_may_delete = false;
  KeInitializeSpinLock(&spin_lock_);
  KeInitializeEvent(&wait_lock_, SynchronizationEvent, TRUE);
  KeInitializeEvent(&idle_, NotificationEvent, TRUE);
  KeInitializeDpc(&dpc_, deferred, this);
  KeInitializeDpc(&service_dpc_, serve_later, this);
}

Interrupt::~Interrupt() = default;

void Interrupt::run_down() {
  disconnect();
  flush();
  std::erase(owner_.interrupts, this);
}

// ---- The assignment ----

void Interrupt::assign(const CM_PARTIAL_RESOURCE_DESCRIPTOR& raw, const CM_PARTIAL_RESOURCE_DESCRIPTOR& translated,
                       ULONG index, ULONG message) {
  assigned_ = true;
  raw_ = raw;
  translated_ = translated;
  message_ = message;
  message_signaled_ = translated.Flags & CM_RESOURCE_INTERRUPT_MESSAGE;
  const ULONG from =
      message_signaled_ ? translated.u.MessageInterrupt.Translated.Vector : translated.u.Interrupt.Vector;
  vector_ = from + (message_signaled_ ? index : 0);
  irql_ = static_cast<KIRQL>(message_signaled_ ? translated.u.MessageInterrupt.Translated.Level
                                               : translated.u.Interrupt.Level);
}

void Interrupt::forget() {
  assigned_ = false;
}

void Interrupt::fill_info(WDF_INTERRUPT_INFO& info) const {
  const ULONG size = info.Size;
  info = {};
  info.Size = size;
  info.MessageSignaled = message_signaled_;
  if (!assigned_) return;
  info.TargetProcessorSet =
      message_signaled_ ? translated_.u.MessageInterrupt.Translated.Affinity : translated_.u.Interrupt.Affinity;
  info.MessageNumber = message_;
  info.Vector = vector_;
  info.Irql = irql_;
  info.Mode = translated_.Flags & CM_RESOURCE_INTERRUPT_LATCHED ? Latched : LevelSensitive;
  info.ShareDisposition = translated_.ShareDisposition;
  info.Polarity = WdfInterruptPolarityUnknown;
}

// ---- Connection ----

NTSTATUS Interrupt::connect() {
  if (kernel_object_) return STATUS_SUCCESS;
  IO_CONNECT_INTERRUPT_PARAMETERS parameters{};
  parameters.Version = CONNECT_FULLY_SPECIFIED;
  auto& p = parameters.FullySpecified;
  p.PhysicalDeviceObject = owner_.pdo;
  p.InterruptObject = &kernel_object_;
  p.ServiceRoutine = ntos::io::guest_callable(&service, "FxInterrupt::InterruptService");
  p.ServiceContext = this;
  p.SpinLock = &spin_lock_;
  p.SynchronizeIrql = irql_;
  p.FloatingSave = config.FloatingSave;
  p.ShareVector = config.ShareVector == WdfUseDefault ? translated_.ShareDisposition == CmResourceShareShared
                                                      : config.ShareVector == WdfTrue;
  p.Vector = vector_;
  p.Irql = irql_;
  p.InterruptMode = translated_.Flags & CM_RESOURCE_INTERRUPT_LATCHED ? Latched : LevelSensitive;
  p.ProcessorEnableMask =
      message_signaled_ ? translated_.u.MessageInterrupt.Translated.Affinity : translated_.u.Interrupt.Affinity;
  const NTSTATUS status = IoConnectInterruptEx(&parameters);
  if (!NT_SUCCESS(status)) kernel_object_ = nullptr;
  return status;
}

void Interrupt::disconnect() {
  wake_ = Wake::None;
  if (!kernel_object_) return;
  IO_DISCONNECT_INTERRUPT_PARAMETERS parameters{};
  parameters.Version = CONNECT_FULLY_SPECIFIED;
  parameters.ConnectionContext.InterruptObject = std::exchange(kernel_object_, nullptr);
  IoDisconnectInterruptEx(&parameters);
}

namespace {

struct LockedCall {
  Interrupt* interrupt;
  NTSTATUS (*routine)(Interrupt&);
  NTSTATUS status;
};

BOOLEAN NTAPI call_locked(PVOID context) {
  auto* call = static_cast<LockedCall*>(context);
  call->status = call->routine(*call->interrupt);
  return TRUE;
}

/// WDF-273: at DIRQL with the interrupt's lock, or with the wait lock at PASSIVE_LEVEL.
NTSTATUS with_lock(Interrupt& interrupt, NTSTATUS (*routine)(Interrupt&)) {
  LockedCall call{&interrupt, routine, STATUS_SUCCESS};
  if (interrupt.passive()) {
    interrupt.acquire_lock();
    call_locked(&call);
    interrupt.release_lock();
  } else {
    KeSynchronizeExecution(interrupt.kernel_object(), call_locked, &call);
  }
  return call.status;
}

}  // namespace

NTSTATUS Interrupt::enable() {
  NTSTATUS status = STATUS_SUCCESS;
  if (config.EvtInterruptEnable)
    status = with_lock(*this, [](Interrupt& self) {
      return call_noted(*self.device(), "IntEnable", self.config.EvtInterruptEnable, self.handle_as<WDFINTERRUPT>(),
                                  self.device()->handle_as<WDFDEVICE>());
    });
  enabled_ = NT_SUCCESS(status);
  return status;
}

NTSTATUS Interrupt::disable() {
  if (!enabled_) return STATUS_SUCCESS;
  enabled_ = false;
  if (!config.EvtInterruptDisable) return STATUS_SUCCESS;
  return with_lock(*this, [](Interrupt& self) {
    return call_noted(*self.device(), "IntDisable", self.config.EvtInterruptDisable, self.handle_as<WDFINTERRUPT>(),
                                self.device()->handle_as<WDFDEVICE>());
  });
}

void Interrupt::flush() {
  KeFlushQueuedDpcs();
  KeWaitForSingleObject(&idle_, Executive, KernelMode, FALSE, nullptr);
}

// ---- Service ----

BOOLEAN NTAPI Interrupt::service(KINTERRUPT* interrupt, PVOID context) {
  auto* self = static_cast<Interrupt*>(context);
  if (!self->passive())
    return call_driver(self->config.EvtInterruptIsr, self->handle_as<WDFINTERRUPT>(), self->message_);
  // A passive-level interrupt is served by a thread, and its line is held until then.
  ntos::io::hold_line(interrupt);
  if (!self->service_queued_) {
    self->service_queued_ = true;
    KeInsertQueueDpc(&self->service_dpc_, nullptr, nullptr);
  }
  return TRUE;
}

VOID NTAPI Interrupt::serve_later(KDPC*, PVOID context, PVOID, PVOID) {
  auto* self = static_cast<Interrupt*>(context);
  self->work_begins();
  at_passive_level([self] { self->serve_at_passive_level(); });
}

VOID NTAPI Interrupt::deferred(KDPC*, PVOID context, PVOID, PVOID) {
  auto* self = static_cast<Interrupt*>(context);
  if (self->config.EvtInterruptDpc)
    self->run_callback(false);
  else
    self->enqueue_work();
}

/// FALSE if it is queued already: it will run once for all.
BOOLEAN Interrupt::enqueue_work() {
  if (std::exchange(work_queued_, true)) return FALSE;
  work_begins();
  at_passive_level([this] {
    work_queued_ = false;
    run_callback(true);
    work_ended();
  });
  return TRUE;
}

void Interrupt::work_begins() {
  ++work_running_;
  KeClearEvent(&idle_);
}

void Interrupt::work_ended() {
  if (--work_running_ == 0) KeSetEvent(&idle_, 0, FALSE);
}

void Interrupt::call_at_passive_level() {
  acquire_lock();
  call_driver(config.EvtInterruptIsr, handle_as<WDFINTERRUPT>(), message_);
  release_lock();
  // Nobody lowers the line of a driver that is dead: it stays held until it is disconnected.
  if (kernel_object_ && !(client().host && client().host->ended())) ntos::io::let_line_go(kernel_object_);
}

bool Interrupt::serve_wake() {
  const Wake before = std::exchange(wake_, Wake::None);
  if (before == Wake::Fired) {
    call_at_passive_level();
  }
  return before != Wake::None;
}

void Interrupt::serve_at_passive_level() {
  service_queued_ = false;
  if (wake_ != Wake::None) {
    const bool fires = std::exchange(wake_, Wake::Fired) == Wake::Waits;
    Device& device = owner_;
    work_ended();
    if (fires) device.policy.wake_interrupt_fired();  // may take this object along
    return;
  }
  if (kernel_object_) call_at_passive_level();
  work_ended();
}

void Interrupt::run_callback(bool work_item) {
  CallbackLock* lock = config.AutomaticSerialization ? parent()->callback_lock() : nullptr;
  if (lock) lock->acquire();
  auto callback = work_item && config.EvtInterruptWorkItem ? config.EvtInterruptWorkItem : config.EvtInterruptDpc;
  if (callback) call_driver(callback, handle_as<WDFINTERRUPT>(), parent()->handle());
  if (lock) lock->release();
}

BOOLEAN Interrupt::queue_dpc() {
  if (client().host) return enqueue_work();  // WDF-421: a user-mode driver's is a work item
  return KeInsertQueueDpc(&dpc_, nullptr, nullptr);
}

/// At DIRQL through a DPC (WDF-278).
BOOLEAN Interrupt::queue_work_item() {
  return passive() ? enqueue_work() : KeInsertQueueDpc(&dpc_, nullptr, nullptr);
}

namespace {

struct Synchronized {
  Interrupt* interrupt;
  PFN_WDF_INTERRUPT_SYNCHRONIZE callback;
  WDFCONTEXT context;
};

BOOLEAN NTAPI call_synchronized(PVOID context) {
  auto* call = static_cast<Synchronized*>(context);
  return call_driver(call->callback, call->interrupt->handle_as<WDFINTERRUPT>(), call->context);
}

}  // namespace

BOOLEAN Interrupt::synchronize(PFN_WDF_INTERRUPT_SYNCHRONIZE callback, WDFCONTEXT context) {
  Synchronized call{this, callback, context};
  if (!passive() && kernel_object_) return KeSynchronizeExecution(kernel_object_, call_synchronized, &call);
  acquire_lock();
  const BOOLEAN result = call_synchronized(&call);
  release_lock();
  return result;
}

void Interrupt::acquire_lock() {
  if (passive()) {
    KeWaitForSingleObject(&wait_lock_, Executive, KernelMode, FALSE, nullptr);
    return;
  }
  const KIRQL before = ntos::KfRaiseIrql(irql_);
  ntos::KeAcquireSpinLockAtDpcLevel(&spin_lock_);
  lock_irql_ = before;
}

BOOLEAN Interrupt::try_acquire_lock() {
  if (!passive()) return FALSE;
  LARGE_INTEGER now{};
  return KeWaitForSingleObject(&wait_lock_, Executive, KernelMode, FALSE, &now) == STATUS_SUCCESS;
}

void Interrupt::release_lock() {
  if (passive()) {
    KeSetEvent(&wait_lock_, 0, FALSE);
    return;
  }
  const KIRQL before = lock_irql_;
  ntos::KeReleaseSpinLockFromDpcLevel(&spin_lock_);
  ntos::KeLowerIrql(before);
}

// ---- All of a device's ----

void assign_interrupts(Device& device) {
  std::size_t next = 0;
  ULONG number = 0;  // of messages, over all of the device's descriptors
  for (Interrupt* each : device.interrupts) each->forget();
  for (ULONG i = 0; i < device.translated->count(); ++i) {
    const CM_PARTIAL_RESOURCE_DESCRIPTOR& translated = *device.translated->at(i);
    if (translated.Type != CmResourceTypeInterrupt) continue;
    const CM_PARTIAL_RESOURCE_DESCRIPTOR& raw = *device.raw->at(i);
    const ULONG messages = translated.Flags & CM_RESOURCE_INTERRUPT_MESSAGE
                               ? std::max<ULONG>(1, raw.u.MessageInterrupt.Raw.MessageCount)
                               : 1;
    for (ULONG each_message = 0; each_message < messages && next < device.interrupts.size(); ++each_message)
      device.interrupts[next++]->assign(raw, translated, each_message, number + each_message);
    if (translated.Flags & CM_RESOURCE_INTERRUPT_MESSAGE) number += messages;
  }
}

void apply_interrupt_policy(const Device& device, IoRequirementsList& requirements) {
  for (ULONG alternative = 0; alternative < requirements.count(); ++alternative) {
    IoResourceList& list = *requirements.at(alternative);
    std::size_t next = 0;
    for (ULONG i = 0; i < list.count() && next < device.interrupts.size(); ++i) {
      IO_RESOURCE_DESCRIPTOR descriptor = list.descriptors()[i];
      if (descriptor.Type != CmResourceTypeInterrupt) continue;
      const Interrupt::Policy& policy = device.interrupts[next++]->policy;
      if (!policy.given) continue;
      descriptor.Flags |= CM_RESOURCE_INTERRUPT_POLICY_INCLUDED;
      descriptor.u.Interrupt.AffinityPolicy = policy.affinity;
      descriptor.u.Interrupt.PriorityPolicy = policy.priority;
      descriptor.u.Interrupt.TargetedProcessors = policy.processors;
      list.update(descriptor, i);
    }
  }
}

void assign_given(Device& device, Interrupt& interrupt) {
  const int raw = device.raw->index_of_copy(interrupt.config.InterruptRaw);
  const int translated = device.translated->index_of_copy(interrupt.config.InterruptTranslated);
  if (raw < 0 || translated < 0) return;
  ULONG index = 0;
  for (Interrupt* each : device.interrupts)
    if (each != &interrupt && each->config.InterruptTranslated == interrupt.config.InterruptTranslated) ++index;
  interrupt.assign(*device.raw->at(static_cast<ULONG>(raw)), *device.translated->at(static_cast<ULONG>(translated)),
                   index, index);
}

void forget_assignment(Device& device) {
  for (Interrupt* each : device.interrupts) each->forget();
}

NTSTATUS enable_interrupts(Device& device, bool explicit_request) {
  const bool stays = explicit_request && !device.power_pageable();
  for (std::size_t i = 0; i < device.interrupts.size(); ++i) {
    Interrupt& each = *device.interrupts[i];
    if (!each.assigned() || each.switched_off || each.serve_wake()) continue;
    NTSTATUS status = STATUS_SUCCESS;
    if (!stays || !each.connected()) status = each.connect();
    if (!NT_SUCCESS(status)) note_failure(device, "Connect");
    if (NT_SUCCESS(status)) status = each.enable();
    if (NT_SUCCESS(status)) continue;
    each.disconnect();
    while (i-- > 0) {
      device.interrupts[i]->disable();
      device.interrupts[i]->flush();
      device.interrupts[i]->disconnect();
    }
    return status;
  }
  return STATUS_SUCCESS;
}

NTSTATUS disable_interrupts(Device& device, bool explicit_request) {
  const bool stays = explicit_request && !device.power_pageable();
  NTSTATUS result = STATUS_SUCCESS;
  for (auto at = device.interrupts.rbegin(); at != device.interrupts.rend(); ++at) {
    Interrupt& each = **at;
    if (!each.connected()) continue;
    if (explicit_request && device.power_pageable() && each.config.CanWakeDevice && device.policy.armed()) {
      each.wait_for_wake();
      continue;
    }
    const NTSTATUS status = each.disable();
    if (NT_SUCCESS(result)) result = status;
    each.flush();
    if (!stays && !(explicit_request && each.reports_inactive)) each.disconnect();
  }
  return result;
}

void disconnect_leftover_interrupts(Device& device) {
  for (auto at = device.interrupts.rbegin(); at != device.interrupts.rend(); ++at) {
    if (!(*at)->connected()) continue;
    (*at)->disable();
    (*at)->flush();
    (*at)->disconnect();
  }
}

void delete_interrupts_of_prepare(Device& device) {
  const std::vector<Interrupt*> all = device.interrupts;
  for (auto at = all.rbegin(); at != all.rend(); ++at)
    if ((*at)->made_in_prepare) (*at)->delete_object();
}

}  // namespace drydock::wdf
