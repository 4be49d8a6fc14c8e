// WDFTIMER, WDFDPC, WDFWORKITEM: creation and use.

#include <fmt/format.h>

#include "wdf/create.h"
#include "wdf/deferred_objects.h"
#include "wdf/driver.h"
#include "wdf/functions.h"
#include "wdf/misuse.h"
#include "wdf/serialization.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::at_most;
using image::exactly;

namespace {

/// What the three have in common: a parent that is a device or below one, and the lock to run under.
NTSTATUS find_parent(const WDF_OBJECT_ATTRIBUTES* attributes, bool serialized, bool passive, Object** parent,
                     CallbackLock** lock) {
  *parent = &object_from(attributes->ParentObject);
  *lock = nullptr;
  if (!serializing_parent(*parent)) return serialized ? STATUS_INVALID_DEVICE_REQUEST : STATUS_SUCCESS;
  return serialized ? lock_for_callback(**parent, passive, lock) : STATUS_SUCCESS;
}

constexpr ULONG kTimerConfig11 = 0x20;  ///< up to 1.11
constexpr ULONG kTimerConfig7 = 0x18;   ///< up to 1.7

}  // namespace

NTSTATUS NTAPI WdfTimerCreate(WDF_DRIVER_GLOBALS* DriverGlobals, WDF_TIMER_CONFIG* Config,
                              WDF_OBJECT_ATTRIBUTES* Attributes, WDFTIMER* Handle) {
  Client& client = framework().client(DriverGlobals);
  require_pointer(Config, "WdfTimerCreate's Config");
  require_pointer(Handle, "WdfTimerCreate's Timer");
  *Handle = nullptr;
  if (Config->Size != sizeof(WDF_TIMER_CONFIG) && Config->Size != kTimerConfig11 && Config->Size != kTimerConfig7)
    return STATUS_INFO_LENGTH_MISMATCH;
  WDF_TIMER_CONFIG config{};
  std::memcpy(&config, Config, Config->Size);
  if (!config.EvtTimerFunc) return STATUS_INVALID_PARAMETER;
  if (config.UseHighResolutionTimer && config.TolerableDelay > 0) return STATUS_INVALID_PARAMETER;
  if (const NTSTATUS status = check_attributes(Attributes, {.parent_required = true, .execution_level = true});
      !NT_SUCCESS(status))
    return status;
  bool passive = Attributes->ExecutionLevel == WdfExecutionLevelPassive;
  // A periodic timer that would overrun its work item.
  if (passive && config.Period != 0 && !client.host) return STATUS_NOT_SUPPORTED;
  if (client.host) passive = true;  // WDF-420
  Object* parent;
  CallbackLock* lock;
  if (const NTSTATUS status = find_parent(Attributes, config.AutomaticSerialization, passive, &parent, &lock);
      !NT_SUCCESS(status))
    return status;
  auto timer = std::make_unique<Timer>(client, config, passive);
  timer->lock = lock;
  return commit_new(std::move(timer), Attributes, parent, Handle);
}

/// Units: 100 ns, negative counts from now. TRUE if it was set already.
BOOLEAN NTAPI WdfTimerStart(WDF_DRIVER_GLOBALS*, WDFTIMER Handle, LONGLONG DueTime) {
  return object_as<Timer>(Handle).start(DueTime);
}

BOOLEAN NTAPI WdfTimerStop(WDF_DRIVER_GLOBALS*, WDFTIMER Handle, BOOLEAN Wait) {
  Timer& timer = object_as<Timer>(Handle);
  if (Wait && KeGetCurrentIrql() != PASSIVE_LEVEL) {
    record("WDF-438", "wrong-irql", fmt::format("WdfTimerStop of {} is to wait, above PASSIVE_LEVEL", timer.name()));
    return timer.stop(false);
  }
  return timer.stop(Wait != 0);
}

WDFOBJECT NTAPI WdfTimerGetParentObject(WDF_DRIVER_GLOBALS*, WDFTIMER Handle) {
  return object_as<Timer>(Handle).parent()->handle();
}

NTSTATUS NTAPI WdfDpcCreate(WDF_DRIVER_GLOBALS* DriverGlobals, WDF_DPC_CONFIG* Config,
                            WDF_OBJECT_ATTRIBUTES* Attributes, WDFDPC* Handle) {
  Client& client = framework().client(DriverGlobals);
  require_pointer(Config, "WdfDpcCreate's Config");
  require_pointer(Handle, "WdfDpcCreate's Dpc");
  *Handle = nullptr;
  if (Config->Size != sizeof(WDF_DPC_CONFIG)) return STATUS_INFO_LENGTH_MISMATCH;
  if (!Config->EvtDpcFunc) return STATUS_INVALID_PARAMETER;
  if (const NTSTATUS status = check_attributes(Attributes, {.parent_required = true}); !NT_SUCCESS(status))
    return status;
  Object* parent;
  CallbackLock* lock;
  if (const NTSTATUS status = find_parent(Attributes, Config->AutomaticSerialization, false, &parent, &lock);
      !NT_SUCCESS(status))
    return status;
  auto dpc = std::make_unique<Dpc>(client, Config->EvtDpcFunc);
  dpc->lock = lock;
  return commit_new(std::move(dpc), Attributes, parent, Handle);
}

BOOLEAN NTAPI WdfDpcEnqueue(WDF_DRIVER_GLOBALS*, WDFDPC Handle) {
  return object_as<Dpc>(Handle).enqueue();
}

BOOLEAN NTAPI WdfDpcCancel(WDF_DRIVER_GLOBALS*, WDFDPC Handle, BOOLEAN Wait) {
  Dpc& dpc = object_as<Dpc>(Handle);
  const BOOLEAN removed = KeRemoveQueueDpc(&dpc.dpc);
  if (Wait) KeFlushQueuedDpcs();
  return removed;
}

WDFOBJECT NTAPI WdfDpcGetParentObject(WDF_DRIVER_GLOBALS*, WDFDPC Handle) {
  return object_as<Dpc>(Handle).parent()->handle();
}

KDPC* NTAPI WdfDpcWdmGetDpc(WDF_DRIVER_GLOBALS*, WDFDPC Handle) {
  return &object_as<Dpc>(Handle).dpc;
}

NTSTATUS NTAPI WdfWorkItemCreate(WDF_DRIVER_GLOBALS* DriverGlobals, WDF_WORKITEM_CONFIG* Config,
                                 WDF_OBJECT_ATTRIBUTES* Attributes, WDFWORKITEM* Handle) {
  Client& client = framework().client(DriverGlobals);
  require_pointer(Config, "WdfWorkItemCreate's Config");
  require_pointer(Handle, "WdfWorkItemCreate's WorkItem");
  *Handle = nullptr;
  if (Config->Size != sizeof(WDF_WORKITEM_CONFIG)) return STATUS_INFO_LENGTH_MISMATCH;
  if (!Config->EvtWorkItemFunc) return STATUS_INVALID_PARAMETER;
  if (const NTSTATUS status = check_attributes(Attributes, {.parent_required = true}); !NT_SUCCESS(status))
    return status;
  Object* parent;
  CallbackLock* lock;
  if (const NTSTATUS status = find_parent(Attributes, Config->AutomaticSerialization, true, &parent, &lock);
      !NT_SUCCESS(status))
    return status;
  auto item = std::make_unique<WorkItem>(client, Config->EvtWorkItemFunc);
  item->lock = lock;
  return commit_new(std::move(item), Attributes, parent, Handle);
}

VOID NTAPI WdfWorkItemEnqueue(WDF_DRIVER_GLOBALS*, WDFWORKITEM Handle) {
  object_as<WorkItem>(Handle).worker.queue();
}

WDFOBJECT NTAPI WdfWorkItemGetParentObject(WDF_DRIVER_GLOBALS*, WDFWORKITEM Handle) {
  return object_as<WorkItem>(Handle).parent()->handle();
}

VOID NTAPI WdfWorkItemFlush(WDF_DRIVER_GLOBALS*, WDFWORKITEM Handle) {
  object_as<WorkItem>(Handle).worker.flush();
}

// clang-format off
const image::ExportFamily kTimerApi{kFrameworkModule, {
    // name                        entry                       caller's IRQL
    {"WdfTimerCreate",             WdfTimerCreate,             at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfTimerStart",              WdfTimerStart,              at_most(DISPATCH_LEVEL)},
    {"WdfTimerStop",               WdfTimerStop,               at_most(DISPATCH_LEVEL)},
    {"WdfTimerGetParentObject",    WdfTimerGetParentObject,    at_most(DISPATCH_LEVEL)},
    {"WdfDpcCreate",               WdfDpcCreate,               at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfDpcEnqueue",              WdfDpcEnqueue,              image::any_irql()},
    {"WdfDpcCancel",               WdfDpcCancel,               at_most(DISPATCH_LEVEL)},
    {"WdfDpcGetParentObject",      WdfDpcGetParentObject,      at_most(DISPATCH_LEVEL)},
    {"WdfDpcWdmGetDpc",            WdfDpcWdmGetDpc,            at_most(DISPATCH_LEVEL)},
    {"WdfWorkItemCreate",          WdfWorkItemCreate,          at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfWorkItemEnqueue",         WdfWorkItemEnqueue,         at_most(DISPATCH_LEVEL)},
    {"WdfWorkItemGetParentObject", WdfWorkItemGetParentObject, at_most(DISPATCH_LEVEL)},
    {"WdfWorkItemFlush",           WdfWorkItemFlush,           exactly(PASSIVE_LEVEL)},
}, "wdf/timer"};
// clang-format on

}  // namespace drydock::wdf
