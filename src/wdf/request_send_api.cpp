// WdfRequest...: making, formatting and sending requests.

#include <fmt/format.h>

#include "wdf/create.h"
#include "wdf/device.h"
#include "wdf/functions.h"
#include "wdf/io_target.h"
#include "wdf/misuse.h"
#include "wdf/queue.h"
#include "wdf/request.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::at_most;

NTSTATUS make_request_for(IoTarget& target, const WDF_OBJECT_ATTRIBUTES* attributes, Object* parent,
                          Request** request) {
  IRP* irp = IoAllocateIrp(target.device_object()->StackSize, FALSE);
  if (!irp) return STATUS_INSUFFICIENT_RESOURCES;
  auto made = std::make_unique<Request>(target.client(), Request::Place::DriverMade, irp, target.device());
  made->irp_is_ours = true;
  const NTSTATUS status = made->commit(attributes, parent);
  if (NT_SUCCESS(status)) *request = made.release();
  return status;
}

NTSTATUS NTAPI WdfRequestCreate(WDF_DRIVER_GLOBALS* DriverGlobals, WDF_OBJECT_ATTRIBUTES* RequestAttributes,
                                WDFIOTARGET TargetHandle, WDFREQUEST* Handle) {
  Client& client = framework().client(DriverGlobals);
  require_pointer(Handle, "WdfRequestCreate's Request");
  *Handle = nullptr;
  if (const NTSTATUS status = check_attributes(RequestAttributes); !NT_SUCCESS(status)) return status;
  if (!TargetHandle)
    return commit_new(std::make_unique<Request>(client, Request::Place::DriverMade, nullptr, nullptr),
                      RequestAttributes, Handle);
  IoTarget& target = object_as<IoTarget>(TargetHandle);
  if (!target.device_object()) return STATUS_INVALID_DEVICE_STATE;
  Request* request = nullptr;
  const NTSTATUS status =
      make_request_for(target, RequestAttributes, parent_from(RequestAttributes, client.driver), &request);
  if (NT_SUCCESS(status)) *Handle = request->handle_as<WDFREQUEST>();
  return status;
}

NTSTATUS NTAPI WdfRequestCreateFromIrp(WDF_DRIVER_GLOBALS* DriverGlobals, WDF_OBJECT_ATTRIBUTES* RequestAttributes,
                                       IRP* Irp, BOOLEAN RequestFreesIrp, WDFREQUEST* Handle) {
  Client& client = framework().client(DriverGlobals);
  require_pointer(Irp, "WdfRequestCreateFromIrp's Irp");
  require_pointer(Handle, "WdfRequestCreateFromIrp's Request");
  *Handle = nullptr;
  if (const NTSTATUS status = check_attributes(RequestAttributes); !NT_SUCCESS(status)) return status;
  auto request = std::make_unique<Request>(client, Request::Place::FromIrp, Irp, nullptr);
  Request& made = *request;
  made.driver_may_delete = true;
  const NTSTATUS status = commit_new(std::move(request), RequestAttributes, Handle);
  if (NT_SUCCESS(status)) made.irp_is_ours = RequestFreesIrp != 0;
  return status;
}

NTSTATUS NTAPI WdfRequestReuse(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle, WDF_REQUEST_REUSE_PARAMS* ReuseParams) {
  Request& request = object_as<Request>(Handle);
  require_pointer(ReuseParams, "WdfRequestReuse's ReuseParams");
  if (ReuseParams->Size != sizeof(WDF_REQUEST_REUSE_PARAMS)) return STATUS_INFO_LENGTH_MISMATCH;
  if (ReuseParams->Flags & ~ULONG{WDF_REQUEST_REUSE_SET_NEW_IRP}) return STATUS_INVALID_PARAMETER;
  return request.reuse(*ReuseParams);
}

/// Fails only where the new target's stack is deeper than the request's IRP.
NTSTATUS NTAPI WdfRequestChangeTarget(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle, WDFIOTARGET TargetHandle) {
  Request& request = object_as<Request>(Handle);
  const IoTarget& target = object_as<IoTarget>(TargetHandle);
  if (!target.device_object() || !request.irp()) return STATUS_INVALID_DEVICE_STATE;
  return target.device_object()->StackSize > request.irp()->CurrentLocation - 1 ? STATUS_REQUEST_NOT_ACCEPTED
                                                                                : STATUS_SUCCESS;
}

VOID NTAPI WdfRequestFormatRequestUsingCurrentType(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle) {
  Request& request = object_as<Request>(Handle);
  if (request.place() == Request::Place::DriverMade)
    return record(
        "WDF-436", "request-not-in-queue",
        fmt::format("WdfRequestFormatRequestUsingCurrentType of {}, which has no current type", request.name()));
  format_like(request, *request.stack());
}

VOID NTAPI WdfRequestWdmFormatUsingStackLocation(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle, IO_STACK_LOCATION* Stack) {
  require_pointer(Stack, "WdfRequestWdmFormatUsingStackLocation's Stack");
  format_like(object_as<Request>(Handle), *Stack);
}

VOID NTAPI WdfRequestSetCompletionRoutine(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle,
                                          PFN_WDF_REQUEST_COMPLETION_ROUTINE CompletionRoutine,
                                          WDFCONTEXT CompletionContext) {
  Request& request = object_as<Request>(Handle);
  request.sending().routine = CompletionRoutine;
  request.sending().context = CompletionContext;
}

/// FALSE: it was not sent, WdfRequestGetStatus says why.
BOOLEAN NTAPI WdfRequestSend(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle, WDFIOTARGET TargetHandle,
                             WDF_REQUEST_SEND_OPTIONS* Options) {
  Request& request = object_as<Request>(Handle);
  IoTarget& target = object_as<IoTarget>(TargetHandle);
  constexpr ULONG kKnown = WDF_REQUEST_SEND_OPTION_TIMEOUT | WDF_REQUEST_SEND_OPTION_SYNCHRONOUS |
                           WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE | WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET;
  if (Options) {
    const bool forget = Options->Flags & WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET;
    const bool more = Options->Flags & (WDF_REQUEST_SEND_OPTION_TIMEOUT | WDF_REQUEST_SEND_OPTION_SYNCHRONOUS);
    if (Options->Size != sizeof(*Options) || (Options->Flags & ~kKnown) || (forget && more)) {
      request.set_status(STATUS_INVALID_PARAMETER);
      return FALSE;
    }
    if ((Options->Flags & WDF_REQUEST_SEND_OPTION_SYNCHRONOUS) && KeGetCurrentIrql() != PASSIVE_LEVEL) {
      record("WDF-438", "wrong-irql", "WdfRequestSend is to wait, above PASSIVE_LEVEL");
      request.set_status(STATUS_INVALID_DEVICE_REQUEST);
      return FALSE;
    }
  }
  return target.send(request, Options);
}

/// The request, the driver's out of a queue of a PDO, goes to `ParentDeviceQueue` of the bus that the PDO was made by,
/// as a request of the bus's own; the child's ends here. Only of a PDO whose init block said
/// WdfPdoInitAllowForwardingRequestToParent, and only sent and forgotten. STATUS_WDF_BUSY: the queue takes nothing.
NTSTATUS NTAPI WdfRequestForwardToParentDeviceIoQueue(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle,
                                                      WDFQUEUE ParentDeviceQueue,
                                                      WDF_REQUEST_FORWARD_OPTIONS* ForwardOptions) {
  Request& request = owned_request(Handle, "WdfRequestForwardToParentDeviceIoQueue");
  Queue& queue = object_as<Queue>(ParentDeviceQueue);
  require_pointer(ForwardOptions, "WdfRequestForwardToParentDeviceIoQueue's ForwardOptions");
  if (ForwardOptions->Size != sizeof(WDF_REQUEST_FORWARD_OPTIONS)) return STATUS_INFO_LENGTH_MISMATCH;
  if (ForwardOptions->Flags != WDF_REQUEST_FORWARD_OPTION_SEND_AND_FORGET) return STATUS_INVALID_PARAMETER;
  if (!request.queue() || request.on_cancel) return STATUS_INVALID_DEVICE_REQUEST;
  const Device& child = *request.queue()->device();
  Device& parent = *queue.device();
  if (!child.is_pdo() || !child.config().allows_forward_to_parent || child.parent_device != &parent)
    return STATUS_INVALID_DEVICE_REQUEST;
  if (!(queue.queue_state(nullptr, nullptr) & WdfIoQueueAcceptRequests)) return STATUS_WDF_BUSY;

  auto made = std::make_unique<Request>(parent.client(), Request::Place::InCallerContext, request.irp(), &parent);
  const NTSTATUS status = made->commit(parent.config().request_attributes.get(), nullptr);
  if (!NT_SUCCESS(status)) return status;
  Request& for_parent = *made.release();
  request.let_go([&](IRP*) { queue.take(for_parent); });
  return STATUS_SUCCESS;
}

/// TRUE: somebody has been asked to cancel it; the completion routine is called all the same.
BOOLEAN NTAPI WdfRequestCancelSentRequest(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle) {
  Request& request = object_as<Request>(Handle);
  if (Device* device = request.device()) check_not_in_surprise_notice(*device, "WdfRequestCancelSentRequest");
  return IoTarget::cancel(request);
}

VOID NTAPI WdfRequestGetCompletionParams(WDF_DRIVER_GLOBALS*, WDFREQUEST Handle,
                                         WDF_REQUEST_COMPLETION_PARAMS* Params) {
  require_pointer(Params, "WdfRequestGetCompletionParams's Params");
  *Params = object_as<Request>(Handle).sending().result;
}

// clang-format off
const image::ExportFamily kRequestSendApi{kFrameworkModule, {
    // name                                     entry                                    caller's IRQL
    {"WdfRequestCreate",                        WdfRequestCreate,                        at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfRequestCreateFromIrp",                 WdfRequestCreateFromIrp,                 at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfRequestReuse",                         WdfRequestReuse,                         at_most(DISPATCH_LEVEL)},
    {"WdfRequestChangeTarget",                  WdfRequestChangeTarget,                  at_most(DISPATCH_LEVEL)},
    {"WdfRequestFormatRequestUsingCurrentType", WdfRequestFormatRequestUsingCurrentType, at_most(DISPATCH_LEVEL)},
    {"WdfRequestWdmFormatUsingStackLocation",   WdfRequestWdmFormatUsingStackLocation,   at_most(DISPATCH_LEVEL)},
    {"WdfRequestSetCompletionRoutine",          WdfRequestSetCompletionRoutine,          at_most(DISPATCH_LEVEL)},
    {"WdfRequestSend",                          WdfRequestSend,                          at_most(DISPATCH_LEVEL)},
    {"WdfRequestForwardToParentDeviceIoQueue",  WdfRequestForwardToParentDeviceIoQueue,  at_most(DISPATCH_LEVEL)},
    {"WdfRequestCancelSentRequest",             WdfRequestCancelSentRequest,             at_most(DISPATCH_LEVEL)},
    {"WdfRequestGetCompletionParams",           WdfRequestGetCompletionParams,           at_most(DISPATCH_LEVEL)},
}, "wdf/request_send"};
// clang-format on

}  // namespace drydock::wdf
