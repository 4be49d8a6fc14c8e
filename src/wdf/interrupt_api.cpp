// WdfInterrupt...: interrupt objects.

#include <cstring>

#include <fmt/format.h>

#include "wdf/callback_log.h"
#include "wdf/device.h"
#include "wdf/functions.h"
#include "wdf/interrupt.h"
#include "wdf/misuse.h"
#include "wdf/old_structures.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::at_most;
using image::exactly;

namespace {

/// WDF-268: the descriptors must be the ones the lists gave out, unchanged.
NTSTATUS check_descriptors(Device& device, const WDF_INTERRUPT_CONFIG& config) {
  if (!config.InterruptRaw || !config.InterruptTranslated || config.ShareVector != WdfUseDefault)
    return STATUS_INVALID_DEVICE_STATE;
  const int raw = device.raw->index_of_copy(config.InterruptRaw);
  const int translated = device.translated->index_of_copy(config.InterruptTranslated);
  if (raw < 0 || translated < 0)
    stop(Violation::NullPointer, "interrupt-descriptor-altered",
         "WdfInterruptCreate is given a descriptor that no resource list handed out", 0,
         reinterpret_cast<std::uint64_t>(config.InterruptTranslated));
  const auto same = [](const CM_PARTIAL_RESOURCE_DESCRIPTOR& a, const CM_PARTIAL_RESOURCE_DESCRIPTOR* b) {
    return std::memcmp(static_cast<const void*>(&a), b, sizeof a) == 0;
  };
  if (!same(*config.InterruptRaw, device.raw->at(static_cast<ULONG>(raw))) ||
      !same(*config.InterruptTranslated, device.translated->at(static_cast<ULONG>(translated)))) {
    record("WDF-449", "interrupt-descriptor-altered",
           "WdfInterruptCreate is given a resource descriptor that the driver has changed");
    if (framework().settings.verifier) return STATUS_INVALID_PARAMETER;
  }
  return STATUS_SUCCESS;
}

constexpr UCHAR kResourceTypeConnection = 0x84;  ///< CmResourceTypeConnection: GPIO, I2C and so on

/// WDF-422: of a user-mode driver.
bool may_use_interrupts(const Device& device) {
  if (device.direct_hardware_access) return true;
  if (!device.in_prepare_hardware || !device.client().built_for(15)) return false;
  for (ULONG i = 0; i < device.translated->count(); ++i)
    if (device.translated->at(i)->Type == kResourceTypeConnection) return true;
  return false;
}

bool known_size(ULONG size) {
  return size == sizeof(WDF_INTERRUPT_CONFIG) || size == kInterruptConfigSize19 || size == kInterruptConfigSize11;
}

}  // namespace

NTSTATUS NTAPI WdfInterruptCreate(PWDF_DRIVER_GLOBALS, WDFDEVICE DeviceHandle, PWDF_INTERRUPT_CONFIG Configuration,
                                  PWDF_OBJECT_ATTRIBUTES Attributes, WDFINTERRUPT* Handle) {
  Device& device = object_as<Device>(DeviceHandle);
  require_pointer(Configuration, "WdfInterruptCreate's Configuration");
  require_pointer(Handle, "WdfInterruptCreate's Interrupt");
  *Handle = nullptr;
  if (!known_size(Configuration->Size)) return STATUS_INFO_LENGTH_MISMATCH;
  WDF_INTERRUPT_CONFIG config{};
  config.ReportInactiveOnPowerDown = WdfUseDefault;
  std::memcpy(static_cast<void*>(&config), Configuration, Configuration->Size);

  if (device.client().host) {
    if (!config.PassiveHandling)
      stop(Violation::PnpFatalError, "interrupt-above-passive-level",
           "WdfInterruptCreate of a user-mode driver is not told PassiveHandling");  // WDF-420
    if (!may_use_interrupts(device)) return STATUS_ACCESS_DENIED;
  }
  // WDF-270
  if (!config.EvtInterruptIsr || (config.EvtInterruptDpc && config.EvtInterruptWorkItem) ||
      (config.WaitLock && !config.PassiveHandling) || (config.SpinLock && config.PassiveHandling))
    return STATUS_INVALID_PARAMETER;
  // WDF-266 to WDF-269
  if (!device.ever_started) {
    if (config.InterruptRaw || config.InterruptTranslated || config.CanWakeDevice) return STATUS_INVALID_PARAMETER;
  } else if (device.in_prepare_hardware) {
    const NTSTATUS status = check_descriptors(device, config);
    if (!NT_SUCCESS(status)) return status;
  } else {
    record("WDF-451", "interrupt-created-too-late",
           fmt::format("WdfInterruptCreate for {} outside EvtDriverDeviceAdd and EvtDevicePrepareHardware",
                       describe(device)));
    return STATUS_INVALID_DEVICE_STATE;
  }
  if (config.CanWakeDevice && (!device.is_policy_owner() || device.is_pdo() || !config.PassiveHandling ||
                               !(config.InterruptTranslated->Flags & kInterruptWakeHint)))
    return STATUS_INVALID_PARAMETER;  // WDF-271
  NTSTATUS status = check_attributes(Attributes);
  if (!NT_SUCCESS(status)) return status;
  Object* parent = parent_from(Attributes, &device);
  if (parent->device() != &device) return STATUS_INVALID_DEVICE_REQUEST;

  auto* interrupt = new Interrupt(device, config, device.in_prepare_hardware);
  status = interrupt->commit(Attributes, parent);
  if (!NT_SUCCESS(status)) {
    delete interrupt;
    return status;
  }
  interrupt->reports_inactive = config.ReportInactiveOnPowerDown == WdfTrue;
  device.interrupts.push_back(interrupt);
  if (parent->type() == ObjectType::Queue) parent->driver_may_delete = false;  // WDF-356
  if (interrupt->config.EvtInterruptEnable) note_has(device, "IntEnable");
  if (interrupt->config.EvtInterruptDisable) note_has(device, "IntDisable");
  if (device.in_prepare_hardware) assign_given(device, *interrupt);
  *Handle = interrupt->handle_as<WDFINTERRUPT>();
  return STATUS_SUCCESS;
}

BOOLEAN NTAPI WdfInterruptQueueDpcForIsr(PWDF_DRIVER_GLOBALS, WDFINTERRUPT Handle) {
  Interrupt& interrupt = object_as<Interrupt>(Handle);
  require_pointer(reinterpret_cast<const void*>(interrupt.config.EvtInterruptDpc), "EvtInterruptDpc");
  return interrupt.queue_dpc();
}

BOOLEAN NTAPI WdfInterruptQueueWorkItemForIsr(PWDF_DRIVER_GLOBALS, WDFINTERRUPT Handle) {
  Interrupt& interrupt = object_as<Interrupt>(Handle);
  require_pointer(reinterpret_cast<const void*>(interrupt.config.EvtInterruptWorkItem), "EvtInterruptWorkItem");
  return interrupt.queue_work_item();
}

BOOLEAN NTAPI WdfInterruptSynchronize(PWDF_DRIVER_GLOBALS, WDFINTERRUPT Handle, PFN_WDF_INTERRUPT_SYNCHRONIZE Callback,
                                      WDFCONTEXT Context) {
  Interrupt& interrupt = object_as<Interrupt>(Handle);
  require_pointer(reinterpret_cast<const void*>(Callback), "WdfInterruptSynchronize's Callback");
  return interrupt.synchronize(Callback, Context);
}

VOID NTAPI WdfInterruptAcquireLock(PWDF_DRIVER_GLOBALS, WDFINTERRUPT Handle) {
  object_as<Interrupt>(Handle).acquire_lock();
}

BOOLEAN NTAPI WdfInterruptTryToAcquireLock(PWDF_DRIVER_GLOBALS, WDFINTERRUPT Handle) {
  return object_as<Interrupt>(Handle).try_acquire_lock();
}

VOID NTAPI WdfInterruptReleaseLock(PWDF_DRIVER_GLOBALS, WDFINTERRUPT Handle) {
  object_as<Interrupt>(Handle).release_lock();
}

VOID NTAPI WdfInterruptEnable(PWDF_DRIVER_GLOBALS, WDFINTERRUPT Handle) {
  Interrupt& interrupt = object_as<Interrupt>(Handle);
  interrupt.switched_off = false;
  if (!interrupt.assigned() || !interrupt.device()->power.in_d0()) return;
  if (NT_SUCCESS(interrupt.connect())) interrupt.enable();
}

VOID NTAPI WdfInterruptDisable(PWDF_DRIVER_GLOBALS, WDFINTERRUPT Handle) {
  Interrupt& interrupt = object_as<Interrupt>(Handle);
  interrupt.switched_off = true;
  if (!interrupt.connected()) return;
  interrupt.disable();
  interrupt.flush();
  if (interrupt.device()->power_pageable()) interrupt.disconnect();
}

PKINTERRUPT NTAPI WdfInterruptWdmGetInterrupt(PWDF_DRIVER_GLOBALS, WDFINTERRUPT Handle) {
  return object_as<Interrupt>(Handle).kernel_object();
}

VOID NTAPI WdfInterruptGetInfo(PWDF_DRIVER_GLOBALS, WDFINTERRUPT Handle, PWDF_INTERRUPT_INFO Info) {
  Interrupt& interrupt = object_as<Interrupt>(Handle);
  require_pointer(Info, "WdfInterruptGetInfo's Info");
  if (Info->Size != sizeof(WDF_INTERRUPT_INFO) && Info->Size != kInterruptInfoSize17) return;
  WDF_INTERRUPT_INFO info{};
  info.Size = Info->Size;
  interrupt.fill_info(info);
  std::memcpy(static_cast<void*>(Info), &info, Info->Size);
}

WDFDEVICE NTAPI WdfInterruptGetDevice(PWDF_DRIVER_GLOBALS, WDFINTERRUPT Handle) {
  return object_as<Interrupt>(Handle).device()->handle_as<WDFDEVICE>();
}

VOID NTAPI WdfInterruptReportActive(PWDF_DRIVER_GLOBALS, WDFINTERRUPT Handle) {
  object_as<Interrupt>(Handle);
}

VOID NTAPI WdfInterruptReportInactive(PWDF_DRIVER_GLOBALS, WDFINTERRUPT Handle) {
  object_as<Interrupt>(Handle);
}

VOID NTAPI WdfInterruptSetPolicy(PWDF_DRIVER_GLOBALS, WDFINTERRUPT Handle, WDF_INTERRUPT_POLICY Policy,
                                 WDF_INTERRUPT_PRIORITY Priority, KAFFINITY TargetProcessorSet) {
  object_as<Interrupt>(Handle).policy = {true, static_cast<IRQ_DEVICE_POLICY>(Policy),
                                         static_cast<IRQ_PRIORITY>(Priority), TargetProcessorSet};
}

VOID NTAPI WdfInterruptSetExtendedPolicy(PWDF_DRIVER_GLOBALS, WDFINTERRUPT Handle,
                                         PWDF_INTERRUPT_EXTENDED_POLICY PolicyAndGroup) {
  Interrupt& interrupt = object_as<Interrupt>(Handle);
  require_pointer(PolicyAndGroup, "WdfInterruptSetExtendedPolicy's PolicyAndGroup");
  if (PolicyAndGroup->Size != sizeof(WDF_INTERRUPT_EXTENDED_POLICY))
    return record("WDF-413", "call-ignored", "WdfInterruptSetExtendedPolicy is ignored: its Size is no version's");
  interrupt.policy = {true, static_cast<IRQ_DEVICE_POLICY>(PolicyAndGroup->Policy),
                      static_cast<IRQ_PRIORITY>(PolicyAndGroup->Priority),
                      PolicyAndGroup->TargetProcessorSetAndGroup.Mask};
}

// clang-format off
const image::ExportFamily kInterruptApi{kFrameworkModule, {
    // name                             entry                           caller's IRQL
    {"WdfInterruptCreate",              WdfInterruptCreate,             exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfInterruptSetPolicy",           WdfInterruptSetPolicy,          at_most(DISPATCH_LEVEL)},
    {"WdfInterruptSetExtendedPolicy",   WdfInterruptSetExtendedPolicy,  at_most(DISPATCH_LEVEL)},
    {"WdfInterruptQueueDpcForIsr",      WdfInterruptQueueDpcForIsr,     image::any_irql()},
    {"WdfInterruptQueueWorkItemForIsr", WdfInterruptQueueWorkItemForIsr, image::any_irql()},
    {"WdfInterruptSynchronize",         WdfInterruptSynchronize,        image::any_irql()},
    {"WdfInterruptAcquireLock",         WdfInterruptAcquireLock,        image::any_irql()},
    {"WdfInterruptTryToAcquireLock",    WdfInterruptTryToAcquireLock,   exactly(PASSIVE_LEVEL)},
    {"WdfInterruptReleaseLock",         WdfInterruptReleaseLock,        image::any_irql()},
    {"WdfInterruptEnable",              WdfInterruptEnable,             exactly(PASSIVE_LEVEL)},
    {"WdfInterruptDisable",             WdfInterruptDisable,            exactly(PASSIVE_LEVEL)},
    {"WdfInterruptWdmGetInterrupt",     WdfInterruptWdmGetInterrupt,    at_most(DISPATCH_LEVEL)},
    {"WdfInterruptGetInfo",             WdfInterruptGetInfo,            image::any_irql()},
    {"WdfInterruptGetDevice",           WdfInterruptGetDevice,          image::any_irql()},
    {"WdfInterruptReportActive",        WdfInterruptReportActive,       at_most(DISPATCH_LEVEL)},
    {"WdfInterruptReportInactive",      WdfInterruptReportInactive,     at_most(DISPATCH_LEVEL)},
}, "wdf/interrupt"};
// clang-format on

}  // namespace drydock::wdf
