#pragma once
// WDFINTERRUPT (contract, section 12): one object for each interrupt resource or message.

#include "wdf/framework.h"

namespace drydock::wdf {

class Device;
class IoRequirementsList;

/// CM_RESOURCE_INTERRUPT_WAKE_HINT: the line can wake the device.
inline constexpr USHORT kInterruptWakeHint = 0x20;

class Interrupt final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::Interrupt;
  Interrupt(Device& owner, const WDF_INTERRUPT_CONFIG& config, bool made_in_prepare);
  ~Interrupt() override;

  const WDF_INTERRUPT_CONFIG config;
  const bool made_in_prepare;  ///< in EvtDevicePrepareHardware: goes after ReleaseHardware (WDF-251)
  bool switched_off = false;   ///< by WdfInterruptDisable (WDF-279)
  bool reports_inactive = false;
  /// WdfInterruptSetPolicy and ...SetExtendedPolicy.
  struct Policy {
    bool given = false;
    IRQ_DEVICE_POLICY affinity = IrqPolicyMachineDefault;
    IRQ_PRIORITY priority = IrqPriorityUndefined;
    KAFFINITY processors = 0;
  } policy;

  // ---- the assignment (matching; forgotten at stop and removal) ----
  void assign(const CM_PARTIAL_RESOURCE_DESCRIPTOR& raw, const CM_PARTIAL_RESOURCE_DESCRIPTOR& translated, ULONG index,
              ULONG message);
  void forget();
  bool assigned() const { return assigned_; }
  void fill_info(WDF_INTERRUPT_INFO& info) const;

  // ---- connection ----
  NTSTATUS connect();
  void disconnect();
  bool connected() const { return kernel_object_ != nullptr; }
  NTSTATUS enable();
  /// Only if enable() succeeded since (WDF-274).
  NTSTATUS disable();
  void flush();
  /// WDF-099: stays connected and enabled in Dx; when it fires the device is woken, and service waits.
  void wait_for_wake() { wake_ = Wake::Waits; }
  /// D0Entry succeeded: the service routine runs if it had fired. Whether it had been waiting.
  bool serve_wake();

  // ---- what drivers call ----
  BOOLEAN queue_dpc();
  BOOLEAN queue_work_item();
  BOOLEAN synchronize(PFN_WDF_INTERRUPT_SYNCHRONIZE callback, WDFCONTEXT context);
  void acquire_lock();
  BOOLEAN try_acquire_lock();
  void release_lock();
  KINTERRUPT* kernel_object() const { return kernel_object_; }
  bool passive() const { return config.PassiveHandling != FALSE; }

  Device* device() override { return &owner_; }
  void run_down() override;
  void owner_died() override { KeSetEvent(&wait_lock_, 0, FALSE); }

 private:
  BOOLEAN call_service_routine();
  static BOOLEAN NTAPI service(KINTERRUPT* interrupt, PVOID context);
  static VOID NTAPI deferred(KDPC* dpc, PVOID context, PVOID, PVOID);
  static VOID NTAPI serve_later(KDPC* dpc, PVOID context, PVOID, PVOID);
  BOOLEAN enqueue_work();
  void work_begins();
  void work_ended();
  void serve_at_passive_level();
  void call_at_passive_level();
  void run_callback(bool work_item);

  Device& owner_;
  bool assigned_ = false;
  CM_PARTIAL_RESOURCE_DESCRIPTOR raw_{}, translated_{};
  ULONG message_ = 0;
  bool message_signaled_ = false;
  ULONG vector_ = 0;
  KIRQL irql_ = 0;
  KINTERRUPT* kernel_object_ = nullptr;
  bool enabled_ = false;
  enum class Wake : std::uint8_t { None, Waits, Fired } wake_ = Wake::None;
  KSPIN_LOCK spin_lock_{};
  KIRQL lock_irql_ = 0;
  KEVENT wait_lock_;
  KDPC dpc_{};          ///< runs EvtInterruptDpc, or queues EvtInterruptWorkItem
  KDPC service_dpc_{};  ///< of a passive-level interrupt: has a thread call the service routine
  bool work_queued_ = false;
  LONG work_running_ = 0;
  bool service_queued_ = false;
  KEVENT idle_;  ///< no work item is queued or runs
};

// ---- what the machines ask of all of a device's interrupts ----

/// WDF-272: in order of creation. Objects without a resource stay silent.
void assign_interrupts(Device& device);
/// WDF-046: what drivers said of their interrupts, put into the requirements.
void apply_interrupt_policy(const Device& device, IoRequirementsList& requirements);
/// One made in EvtDevicePrepareHardware names its descriptors itself.
void assign_given(Device& device, Interrupt& interrupt);
void forget_assignment(Device& device);
/// UP: connect and enable in order of creation. On failure those before are taken back, newest first (WDF-197).
/// `explicit_request`: returning from Dx, where some may have stayed connected.
NTSTATUS enable_interrupts(Device& device, bool explicit_request);
/// DOWN: disable, flush, disconnect, newest first. Returns the first failure, leaves nothing out.
NTSTATUS disable_interrupts(Device& device, bool explicit_request);
/// What stayed connected in Dx (WDF-148, WDF-192, WDF-209).
void disconnect_leftover_interrupts(Device& device);
/// WDF-251: newest first.
void delete_interrupts_of_prepare(Device& device);

}  // namespace drydock::wdf
