// WdfIoQueue..., and how a device's requests find their queue.

#include <cstring>

#include <fmt/format.h>

#include "wdf/create.h"
#include "wdf/device.h"
#include "wdf/file_object.h"
#include "wdf/functions.h"
#include "wdf/hardware_checks.h"
#include "wdf/misuse.h"
#include "wdf/queue.h"
#include "wdf/queued_io.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::at_most;
using image::exactly;

namespace {

constexpr ULONG kQueueConfig9 = 0x58;  ///< of 1.9: without Driver
constexpr ULONG kQueueConfig7 = 0x50;  ///< up to 1.7: without Settings

bool has_callback(const WDF_IO_QUEUE_CONFIG& config) {
  return config.EvtIoDefault || config.EvtIoRead || config.EvtIoWrite || config.EvtIoDeviceControl ||
         config.EvtIoInternalDeviceControl;
}

NTSTATUS check_config(const WDF_IO_QUEUE_CONFIG& config, const Device& device) {
  const bool manual = config.DispatchType == WdfIoQueueDispatchManual;
  if (config.DispatchType <= WdfIoQueueDispatchInvalid || config.DispatchType >= WdfIoQueueDispatchMax)
    return STATUS_INVALID_PARAMETER;
  if (!manual && !has_callback(config)) return STATUS_WDF_NO_CALLBACK;
  if (manual && has_callback(config)) return STATUS_INVALID_PARAMETER;
  if (config.Settings.Parallel.NumberOfPresentedRequests != 0 && config.DispatchType != WdfIoQueueDispatchParallel)
    return STATUS_INVALID_PARAMETER;
  if (config.DefaultQueue && device.ever_started) return STATUS_INVALID_DEVICE_STATE;
  return STATUS_SUCCESS;
}

/// WDF-283.
bool is_power_managed(const WDF_IO_QUEUE_CONFIG& config, const Device& device) {
  if (device.is_control()) return false;
  return config.PowerManaged == WdfUseDefault ? !device.config().filter : config.PowerManaged == WdfTrue;
}

/// WDF-284: the owner below takes the stack to Dx when it likes, and waits for no request that is held above.
void check_owner_is_not_below(const Device& device) {
  const auto& devices = framework().devices;
  for (const DEVICE_OBJECT* at = device.lower; at;) {
    const auto found = devices.find(at);
    if (found == devices.end()) return;  // another driver's: nothing is known
    const Device& below = *found->second;
    if (below.is_policy_owner()) {
      record("WDF-284", "power-managed-queue-above-owner",
             fmt::format("{} has a power-managed queue, and stands above {}, which owns the power policy of the stack",
                         describe(device), describe(below)));
      return;
    }
    at = below.lower;
  }
}

NTSTATUS set_constraints(Queue& queue, const WDF_OBJECT_ATTRIBUTES* attributes, const Device& device) {
  WDF_EXECUTION_LEVEL level = attributes ? attributes->ExecutionLevel : WdfExecutionLevelInheritFromParent;
  WDF_SYNCHRONIZATION_SCOPE scope =
      attributes ? attributes->SynchronizationScope : WdfSynchronizationScopeInheritFromParent;
  const bool passive =
      level == WdfExecutionLevelInheritFromParent ? device.passive_callbacks : level == WdfExecutionLevelPassive;
  if (scope == WdfSynchronizationScopeInheritFromParent) scope = device.scope;
  if (scope == WdfSynchronizationScopeDevice && passive != device.passive_callbacks) return STATUS_INVALID_PARAMETER;
  queue.set_constraints(passive, scope);
  return STATUS_SUCCESS;
}

Queue& queue_from(WDFQUEUE handle) {
  return object_as<Queue>(handle);
}

/// Of a call that holds the queue's requests back or ends them (WDF-470).
Queue& queue_to_end(WDFQUEUE handle, const char* function) {
  Queue& queue = queue_from(handle);
  check_not_in_surprise_notice(*queue.device(), function);
  return queue;
}

Queue& queue_to_use(WDFQUEUE handle, const char* function) {
  Queue& queue = queue_from(handle);
  check_not_released(queue, function);
  return queue;
}

bool may_wait(const char* function) {
  if (KeGetCurrentIrql() == PASSIVE_LEVEL) return true;
  record("WDF-438", "wrong-irql", fmt::format("{} is called above PASSIVE_LEVEL", function));
  return false;
}

}  // namespace

NTSTATUS NTAPI WdfIoQueueCreate(WDF_DRIVER_GLOBALS*, WDFDEVICE DeviceHandle, WDF_IO_QUEUE_CONFIG* Config,
                                WDF_OBJECT_ATTRIBUTES* QueueAttributes, WDFQUEUE* Handle) {
  Device& device = object_as<Device>(DeviceHandle);
  require_pointer(Config, "WdfIoQueueCreate's Config");
  if (const NTSTATUS status =
          check_attributes(QueueAttributes, {.execution_level = true, .synchronization_scope = true});
      !NT_SUCCESS(status))
    return status;
  if (Config->Size != sizeof(WDF_IO_QUEUE_CONFIG) && Config->Size != kQueueConfig9 && Config->Size != kQueueConfig7)
    return STATUS_INFO_LENGTH_MISMATCH;
  WDF_IO_QUEUE_CONFIG config{};
  std::memcpy(&config, Config, Config->Size);
  if (!config.DefaultQueue && !Handle) return STATUS_INVALID_PARAMETER_4;
  if (const NTSTATUS status = check_config(config, device); !NT_SUCCESS(status)) return status;
  if (Config->Size == kQueueConfig7 && config.DispatchType == WdfIoQueueDispatchParallel)
    config.Settings.Parallel.NumberOfPresentedRequests = ~0u;

  QueuedIo& io = QueuedIo::of(device);
  if (config.DefaultQueue && io.default_queue()) return STATUS_UNSUCCESSFUL;
  auto queue = std::make_unique<Queue>(device.client(), device, config, is_power_managed(config, device));
  if (const NTSTATUS status = set_constraints(*queue, QueueAttributes, device); !NT_SUCCESS(status)) return status;
  Queue& made = *queue;
  WDFQUEUE handle = nullptr;
  if (const NTSTATUS status =
          commit_new(std::move(queue), QueueAttributes, parent_from(QueueAttributes, &device), &handle);
      !NT_SUCCESS(status))
    return status;
  io.add(made);
  if (config.DefaultQueue) io.set_default(made);
  if (made.power_managed()) check_owner_is_not_below(device);
  if (Handle) *Handle = handle;
  return STATUS_SUCCESS;
}

/// PASSIVE_LEVEL. STATUS_INVALID_DEVICE_REQUEST: the queue has a policy already.
NTSTATUS NTAPI WdfIoQueueAssignForwardProgressPolicy(WDF_DRIVER_GLOBALS*, WDFQUEUE Handle,
                                                     WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY* ForwardProgressPolicy) {
  Queue& queue = queue_from(Handle);
  require_pointer(ForwardProgressPolicy, "WdfIoQueueAssignForwardProgressPolicy's ForwardProgressPolicy");
  const WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY policy = *ForwardProgressPolicy;
  if (policy.Size != sizeof policy) return STATUS_INFO_LENGTH_MISMATCH;
  const LONG kind = policy.ForwardProgressReservedPolicy;
  if (policy.TotalForwardProgressRequests == 0 || kind <= WdfIoForwardProgressInvalidPolicy ||
      kind > WdfIoForwardProgressReservedPolicyPagingIO ||
      (kind == WdfIoForwardProgressReservedPolicyUseExamine &&
       !policy.ForwardProgressReservePolicySettings.Policy.ExaminePolicy.EvtIoWdmIrpForForwardProgress))
    return STATUS_INVALID_PARAMETER;
  return queue.assign(policy);
}

WDFDEVICE NTAPI WdfIoQueueGetDevice(WDF_DRIVER_GLOBALS*, WDFQUEUE Handle) {
  return queue_from(Handle).device()->handle_as<WDFDEVICE>();
}

WDF_IO_QUEUE_STATE NTAPI WdfIoQueueGetState(WDF_DRIVER_GLOBALS*, WDFQUEUE Handle, ULONG* QueueRequests,
                                            ULONG* DriverRequests) {
  return static_cast<WDF_IO_QUEUE_STATE>(queue_from(Handle).queue_state(QueueRequests, DriverRequests));
}

VOID NTAPI WdfIoQueueStart(WDF_DRIVER_GLOBALS*, WDFQUEUE Handle) {
  queue_to_use(Handle, "WdfIoQueueStart").start();
}

VOID NTAPI WdfIoQueueStop(WDF_DRIVER_GLOBALS*, WDFQUEUE Handle, PFN_WDF_IO_QUEUE_STATE StopComplete,
                          WDFCONTEXT Context) {
  queue_to_end(Handle, "WdfIoQueueStop").stop(false, StopComplete, Context);
}

VOID NTAPI WdfIoQueueStopSynchronously(WDF_DRIVER_GLOBALS*, WDFQUEUE Handle) {
  if (!may_wait("WdfIoQueueStopSynchronously")) return;
  Queue& queue = queue_to_end(Handle, "WdfIoQueueStopSynchronously");
  if (NT_SUCCESS(queue.stop(false, nullptr, nullptr))) queue.wait_until_stopped();
}

VOID NTAPI WdfIoQueueStopAndPurge(WDF_DRIVER_GLOBALS*, WDFQUEUE Handle, PFN_WDF_IO_QUEUE_STATE StopAndPurgeComplete,
                                  WDFCONTEXT Context) {
  queue_to_end(Handle, "WdfIoQueueStopAndPurge").stop(true, StopAndPurgeComplete, Context);
}

VOID NTAPI WdfIoQueueStopAndPurgeSynchronously(WDF_DRIVER_GLOBALS*, WDFQUEUE Handle) {
  if (!may_wait("WdfIoQueueStopAndPurgeSynchronously")) return;
  Queue& queue = queue_to_end(Handle, "WdfIoQueueStopAndPurgeSynchronously");
  if (NT_SUCCESS(queue.stop(true, nullptr, nullptr))) queue.wait_until_stopped();
}

VOID NTAPI WdfIoQueueDrain(WDF_DRIVER_GLOBALS*, WDFQUEUE Handle, PFN_WDF_IO_QUEUE_STATE DrainComplete,
                           WDFCONTEXT Context) {
  queue_to_end(Handle, "WdfIoQueueDrain").purge(false, DrainComplete, Context);
}

VOID NTAPI WdfIoQueueDrainSynchronously(WDF_DRIVER_GLOBALS*, WDFQUEUE Handle) {
  if (!may_wait("WdfIoQueueDrainSynchronously")) return;
  Queue& queue = queue_to_end(Handle, "WdfIoQueueDrainSynchronously");
  if (NT_SUCCESS(queue.purge(false, nullptr, nullptr))) queue.wait_until_empty();
}

VOID NTAPI WdfIoQueuePurge(WDF_DRIVER_GLOBALS*, WDFQUEUE Handle, PFN_WDF_IO_QUEUE_STATE PurgeComplete,
                           WDFCONTEXT Context) {
  queue_to_end(Handle, "WdfIoQueuePurge").purge(true, PurgeComplete, Context);
}

VOID NTAPI WdfIoQueuePurgeSynchronously(WDF_DRIVER_GLOBALS*, WDFQUEUE Handle) {
  if (!may_wait("WdfIoQueuePurgeSynchronously")) return;
  Queue& queue = queue_to_end(Handle, "WdfIoQueuePurgeSynchronously");
  if (NT_SUCCESS(queue.purge(true, nullptr, nullptr))) queue.wait_until_empty();
}

NTSTATUS NTAPI WdfIoQueueReadyNotify(WDF_DRIVER_GLOBALS*, WDFQUEUE Handle, PFN_WDF_IO_QUEUE_STATE QueueReady,
                                     WDFCONTEXT Context) {
  return queue_from(Handle).notify_when_ready(QueueReady, Context);
}

NTSTATUS NTAPI WdfIoQueueRetrieveNextRequest(WDF_DRIVER_GLOBALS*, WDFQUEUE Handle, WDFREQUEST* OutRequest) {
  require_pointer(OutRequest, "WdfIoQueueRetrieveNextRequest's OutRequest");
  *OutRequest = nullptr;
  Request* request = nullptr;
  const NTSTATUS status = queue_to_use(Handle, "WdfIoQueueRetrieveNextRequest").retrieve(nullptr, nullptr, &request);
  if (NT_SUCCESS(status)) *OutRequest = request->handle_as<WDFREQUEST>();
  return status;
}

NTSTATUS NTAPI WdfIoQueueRetrieveRequestByFileObject(WDF_DRIVER_GLOBALS*, WDFQUEUE Handle, WDFFILEOBJECT FileHandle,
                                                     WDFREQUEST* OutRequest) {
  require_pointer(OutRequest, "WdfIoQueueRetrieveRequestByFileObject's OutRequest");
  *OutRequest = nullptr;
  Request* request = nullptr;
  const NTSTATUS status = queue_to_use(Handle, "WdfIoQueueRetrieveRequestByFileObject")
                              .retrieve(object_as<FileObject>(FileHandle).wdm(), nullptr, &request);
  if (NT_SUCCESS(status)) *OutRequest = request->handle_as<WDFREQUEST>();
  return status;
}

/// The request found is referenced: the driver dereferences it.
NTSTATUS NTAPI WdfIoQueueFindRequest(WDF_DRIVER_GLOBALS* DriverGlobals, WDFQUEUE Handle, WDFREQUEST FoundRequest,
                                     WDFFILEOBJECT FileHandle, WDF_REQUEST_PARAMETERS* Parameters,
                                     WDFREQUEST* OutRequest) {
  require_pointer(OutRequest, "WdfIoQueueFindRequest's OutRequest");
  *OutRequest = nullptr;
  const Request* after = FoundRequest ? &object_as<Request>(FoundRequest) : nullptr;
  const FILE_OBJECT* file = FileHandle ? object_as<FileObject>(FileHandle).wdm() : nullptr;
  Request* request = nullptr;
  const NTSTATUS status = queue_from(Handle).find(after, file, &request);
  if (!NT_SUCCESS(status)) return status;
  request->add_tag(nullptr);
  *OutRequest = request->handle_as<WDFREQUEST>();
  if (Parameters) WdfRequestGetParameters(DriverGlobals, *OutRequest, Parameters);
  return status;
}

NTSTATUS NTAPI WdfIoQueueRetrieveFoundRequest(WDF_DRIVER_GLOBALS*, WDFQUEUE Handle, WDFREQUEST FoundRequest,
                                              WDFREQUEST* OutRequest) {
  require_pointer(OutRequest, "WdfIoQueueRetrieveFoundRequest's OutRequest");
  *OutRequest = nullptr;
  Request* request = nullptr;
  const NTSTATUS status = queue_to_use(Handle, "WdfIoQueueRetrieveFoundRequest")
                              .retrieve(nullptr, &object_as<Request>(FoundRequest), &request);
  if (NT_SUCCESS(status)) *OutRequest = request->handle_as<WDFREQUEST>();
  return status;
}

WDFQUEUE NTAPI WdfDeviceGetDefaultQueue(WDF_DRIVER_GLOBALS*, WDFDEVICE DeviceHandle) {
  Queue* queue = QueuedIo::of(object_as<Device>(DeviceHandle)).default_queue();
  return queue ? queue->handle_as<WDFQUEUE>() : nullptr;
}

NTSTATUS NTAPI WdfDeviceConfigureRequestDispatching(WDF_DRIVER_GLOBALS*, WDFDEVICE DeviceHandle, WDFQUEUE Handle,
                                                    WDF_REQUEST_TYPE RequestType) {
  Device& device = object_as<Device>(DeviceHandle);
  Queue& queue = queue_from(Handle);
  if (queue.device() != &device) return STATUS_INVALID_DEVICE_REQUEST;
  if (RequestType != WdfRequestTypeCreate && RequestType != WdfRequestTypeRead && RequestType != WdfRequestTypeWrite &&
      RequestType != WdfRequestTypeDeviceControl && RequestType != WdfRequestTypeDeviceControlInternal)
    return STATUS_INVALID_PARAMETER;
  return QueuedIo::of(device).route(static_cast<UCHAR>(RequestType), queue);
}

// clang-format off
const image::ExportFamily kQueueApi{kFrameworkModule, {
    // name                                   entry                                  caller's IRQL
    {"WdfIoQueueCreate",                      WdfIoQueueCreate,                      at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfIoQueueAssignForwardProgressPolicy", WdfIoQueueAssignForwardProgressPolicy, exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfIoQueueGetDevice",                   WdfIoQueueGetDevice,                   at_most(DISPATCH_LEVEL)},
    {"WdfIoQueueGetState",                    WdfIoQueueGetState,                    at_most(DISPATCH_LEVEL)},
    {"WdfIoQueueStart",                       WdfIoQueueStart,                       at_most(DISPATCH_LEVEL)},
    {"WdfIoQueueStop",                        WdfIoQueueStop,                        at_most(DISPATCH_LEVEL)},
    {"WdfIoQueueStopSynchronously",           WdfIoQueueStopSynchronously,           at_most(DISPATCH_LEVEL)},
    {"WdfIoQueueStopAndPurge",                WdfIoQueueStopAndPurge,                at_most(DISPATCH_LEVEL)},
    {"WdfIoQueueStopAndPurgeSynchronously",   WdfIoQueueStopAndPurgeSynchronously,   at_most(DISPATCH_LEVEL)},
    {"WdfIoQueueDrain",                       WdfIoQueueDrain,                       at_most(DISPATCH_LEVEL)},
    {"WdfIoQueueDrainSynchronously",          WdfIoQueueDrainSynchronously,          at_most(DISPATCH_LEVEL)},
    {"WdfIoQueuePurge",                       WdfIoQueuePurge,                       at_most(DISPATCH_LEVEL)},
    {"WdfIoQueuePurgeSynchronously",          WdfIoQueuePurgeSynchronously,          at_most(DISPATCH_LEVEL)},
    {"WdfIoQueueReadyNotify",                 WdfIoQueueReadyNotify,                 at_most(DISPATCH_LEVEL)},
    {"WdfIoQueueRetrieveNextRequest",         WdfIoQueueRetrieveNextRequest,         at_most(DISPATCH_LEVEL)},
    {"WdfIoQueueRetrieveRequestByFileObject", WdfIoQueueRetrieveRequestByFileObject, at_most(DISPATCH_LEVEL)},
    {"WdfIoQueueFindRequest",                 WdfIoQueueFindRequest,                 at_most(DISPATCH_LEVEL)},
    {"WdfIoQueueRetrieveFoundRequest",        WdfIoQueueRetrieveFoundRequest,        at_most(DISPATCH_LEVEL)},
    {"WdfDeviceGetDefaultQueue",              WdfDeviceGetDefaultQueue,              at_most(DISPATCH_LEVEL)},
    {"WdfDeviceConfigureRequestDispatching",  WdfDeviceConfigureRequestDispatching,  at_most(DISPATCH_LEVEL)},
}, "wdf/queue"};
// clang-format on

}  // namespace drydock::wdf
