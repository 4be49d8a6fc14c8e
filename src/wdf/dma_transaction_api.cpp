// WDFDMATRANSACTION: one request's bytes, in as many transfers as the device needs.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "wdf/callback.h"
#include "wdf/create.h"
#include "wdf/device.h"
#include "wdf/dma_enabler.h"
#include "wdf/functions.h"
#include "wdf/misuse.h"
#include "wdf/request.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::at_most;

namespace {

class DmaTransaction final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::DmaTransaction;
  enum class State : std::uint8_t { Created, Initialized, Transfer, Completed, Failed, Released };

  DmaTransaction(Client& client, DmaEnabler& enabler)
      : Object(kType, client), enabler_(enabler), length_max_(enabler.length_max()) {
    enabler.reference();
  }
  ~DmaTransaction() override {
    clear();
    enabler_.dereference();
  }

  Device* device() override { return enabler_.device(); }
  DmaEnabler& enabler() const { return enabler_; }
  Request* request() const { return request_; }
  size_t transferred() const { return transferred_; }
  size_t current_length() const { return current_; }

  /// WDF-442: stops unless the transaction is in a state that `function` is for.
  void require(std::initializer_list<State> states, const char* function) const {
    if (std::find(states.begin(), states.end(), state_) != states.end()) return;
    constexpr const char* names[] = {"created", "initialized", "in a transfer", "completed", "failed", "released"};
    stop(Violation::DmaFatalError, "dma-transaction-state",
         fmt::format("{} of {}, which is {}", function, name(), names[static_cast<unsigned>(state_)]),
         reinterpret_cast<std::uint64_t>(handle()), static_cast<std::uint64_t>(state_));
  }

  void set_length_max(size_t bytes) { length_max_ = std::min(bytes, enabler_.length_max()); }
  void set_single(bool single) { single_ = single; }

  NTSTATUS initialize(PFN_WDF_PROGRAM_DMA callback, WDF_DMA_DIRECTION direction, MDL* mdl, UCHAR* va, size_t length,
                      Request* request) {
    if (length == 0 || !mdl) return STATUS_INVALID_PARAMETER;
    size_t described = 0;
    for (const MDL* each = mdl; each; each = each->Next) described += MmGetMdlByteCount(each);
    const auto offset = static_cast<size_t>(va - static_cast<UCHAR*>(MmGetMdlVirtualAddress(mdl)));
    if (offset >= described || length > described - offset) return STATUS_INVALID_PARAMETER;
    if ((single_ || enabler_.single_transfer()) && transfer_length(va, length) < length)
      return STATUS_WDF_TOO_FRAGMENTED;
    program_ = callback;
    to_device_ = direction == WdfDmaDirectionWriteToDevice;
    mdl_ = mdl;
    va_ = va;
    remaining_ = length;
    transferred_ = current_ = 0;
    request_ = request;
    if (request) request->reference();
    state_ = State::Initialized;
    return STATUS_SUCCESS;
  }

  NTSTATUS execute(WDFCONTEXT context) {
    context_ = context;
    state_ = State::Transfer;
    const NTSTATUS status = stage();
    if (!NT_SUCCESS(status)) {
      state_ = State::Failed;
      unmap();
    }
    return status;
  }

  /// `bytes` of the current transfer were moved. True: the transaction is over, with `*status`; false: the next
  /// transfer is under way.
  bool completed(size_t bytes, bool final, NTSTATUS* status) {
    unmap();
    bytes = std::min(bytes, current_);
    transferred_ += bytes;
    va_ += bytes;
    remaining_ -= bytes;
    if (final || remaining_ == 0) {
      state_ = State::Completed;
      *status = STATUS_SUCCESS;
      return true;
    }
    const NTSTATUS staged = stage();
    *status = NT_SUCCESS(staged) ? STATUS_MORE_PROCESSING_REQUIRED : staged;
    if (!NT_SUCCESS(staged)) state_ = State::Failed;
    return !NT_SUCCESS(staged);
  }

  /// WDF-442: the device still works on its buffer.
  void run_down() override {
    require({State::Created, State::Initialized, State::Completed, State::Failed, State::Released}, "WdfObjectDelete");
  }

  void release() {
    clear();
    state_ = State::Released;
  }

 private:
  /// As long as limits of the transaction, map registers and fragments allow.
  size_t transfer_length(const UCHAR* va, size_t wanted) const {
    size_t bytes = std::min({wanted, length_max_, enabler_.fragment_length()});
    const ULONG fragments = enabler_.scatter_gather() ? enabler_.fragments_max : ~0u;
    if (fragments != ~0u) bytes = std::min(bytes, (size_t{fragments} << PAGE_SHIFT) - BYTE_OFFSET(va));
    return bytes;
  }

  /// Maps the next transfer and has the driver program the device, at DISPATCH_LEVEL.
  NTSTATUS stage() {
    current_ = transfer_length(va_, remaining_);
    const KIRQL irql = KeRaiseIrqlToDpcLevel();
    const NTSTATUS status =
        enabler_.scatter_gather()
            ? GetScatterGatherList(enabler_.adapter(), device()->device_object, mdl_, va_, static_cast<ULONG>(current_),
                                   mapped_list, this, to_device_)
            : AllocateAdapterChannel(enabler_.adapter(), device()->device_object,
                                     static_cast<ULONG>(ADDRESS_AND_SIZE_TO_SPAN_PAGES(va_, current_)), mapped_channel,
                                     this);
    KeLowerIrql(irql);
    return status;
  }

  static VOID NTAPI mapped_list(DEVICE_OBJECT*, IRP*, SCATTER_GATHER_LIST* list, PVOID context) {
    auto& transaction = *static_cast<DmaTransaction*>(context);
    transaction.list_ = list;
    transaction.program(list);
  }

  /// A packet device sees one piece of memory: the map registers make it so.
  static IO_ALLOCATION_ACTION NTAPI mapped_channel(DEVICE_OBJECT*, IRP*, PVOID registers, PVOID context) {
    auto& transaction = *static_cast<DmaTransaction*>(context);
    transaction.registers_ = registers;
    ULONG length = static_cast<ULONG>(transaction.current_);
    auto* list = reinterpret_cast<SCATTER_GATHER_LIST*>(transaction.one_);
    list->NumberOfElements = 1;
    list->Elements[0].Address = MapTransfer(transaction.enabler_.adapter(), transaction.mdl_, registers,
                                            transaction.va_, &length, transaction.to_device_);
    list->Elements[0].Length = length;
    transaction.current_ = length;
    transaction.program(list);
    return DeallocateObjectKeepRegisters;
  }

  void program(SCATTER_GATHER_LIST* list) {
    call_driver(program_, handle_as<WDFDMATRANSACTION>(), device()->handle_as<WDFDEVICE>(), context_,
                         to_device_ ? WdfDmaDirectionWriteToDevice : WdfDmaDirectionReadFromDevice, list);
  }

  void unmap() {
    const KIRQL irql = KeRaiseIrqlToDpcLevel();
    if (list_) PutScatterGatherList(enabler_.adapter(), std::exchange(list_, nullptr), to_device_);
    if (registers_) {
      FlushAdapterBuffers(enabler_.adapter(), mdl_, registers_, va_, static_cast<ULONG>(current_), to_device_);
      FreeMapRegisters(enabler_.adapter(), std::exchange(registers_, nullptr),
                       static_cast<ULONG>(ADDRESS_AND_SIZE_TO_SPAN_PAGES(va_, current_)));
    }
    KeLowerIrql(irql);
  }

  void clear() {
    if (enabler_.adapter()) unmap();
    if (request_) std::exchange(request_, nullptr)->dereference();
    mdl_ = nullptr;
  }

  DmaEnabler& enabler_;
  State state_ = State::Created;
  size_t length_max_;
  bool single_ = false;
  PFN_WDF_PROGRAM_DMA program_ = nullptr;
  WDFCONTEXT context_ = nullptr;
  bool to_device_ = false;
  MDL* mdl_ = nullptr;
  UCHAR* va_ = nullptr;
  size_t remaining_ = 0, transferred_ = 0, current_ = 0;
  Request* request_ = nullptr;
  SCATTER_GATHER_LIST* list_ = nullptr;
  PVOID registers_ = nullptr;
  alignas(SCATTER_GATHER_LIST) UCHAR one_[sizeof(SCATTER_GATHER_LIST) + sizeof(SCATTER_GATHER_ELEMENT)] = {};
};

using State = DmaTransaction::State;

DmaTransaction& transaction_from(WDFDMATRANSACTION handle) {
  return object_as<DmaTransaction>(handle);
}

BOOLEAN finish(WDFDMATRANSACTION handle, const size_t* bytes, bool final, NTSTATUS* status, const char* function) {
  DmaTransaction& transaction = transaction_from(handle);
  require_pointer(status, "a DMA completion's Status");
  transaction.require({State::Transfer}, function);
  return transaction.completed(bytes ? *bytes : transaction.current_length(), final, status);
}

}  // namespace

NTSTATUS NTAPI WdfDmaTransactionCreate(WDF_DRIVER_GLOBALS*, WDFDMAENABLER DmaEnablerHandle,
                                       WDF_OBJECT_ATTRIBUTES* Attributes, WDFDMATRANSACTION* Handle) {
  DmaEnabler& enabler = object_as<DmaEnabler>(DmaEnablerHandle);
  require_pointer(Handle, "WdfDmaTransactionCreate's DmaTransaction");
  *Handle = nullptr;
  if (const NTSTATUS status = check_attributes(Attributes); !NT_SUCCESS(status)) return status;
  return commit_new(std::make_unique<DmaTransaction>(enabler.client(), enabler), Attributes,
                    parent_from(Attributes, &enabler), Handle);
}

/// The request's buffer: what it wants to read, or gives to be written. STATUS_INVALID_DEVICE_REQUEST if it has none
/// for that direction.
NTSTATUS NTAPI WdfDmaTransactionInitializeUsingRequest(WDF_DRIVER_GLOBALS* DriverGlobals, WDFDMATRANSACTION Handle,
                                                       WDFREQUEST RequestHandle,
                                                       PFN_WDF_PROGRAM_DMA EvtProgramDmaFunction,
                                                       WDF_DMA_DIRECTION DmaDirection) {
  DmaTransaction& transaction = transaction_from(Handle);
  Request& request = object_as<Request>(RequestHandle);
  require_pointer(reinterpret_cast<const void*>(EvtProgramDmaFunction), "EvtProgramDma");
  transaction.require({State::Created, State::Released}, "WdfDmaTransactionInitializeUsingRequest");
  MDL* mdl = nullptr;
  const bool control = request.major() == IRP_MJ_DEVICE_CONTROL || request.major() == IRP_MJ_INTERNAL_DEVICE_CONTROL;
  // A direct control request's second buffer serves both directions.
  NTSTATUS status = DmaDirection == WdfDmaDirectionWriteToDevice && !(control && request.irp()->MdlAddress)
                        ? WdfRequestRetrieveInputWdmMdl(DriverGlobals, RequestHandle, &mdl)
                        : WdfRequestRetrieveOutputWdmMdl(DriverGlobals, RequestHandle, &mdl);
  if (!NT_SUCCESS(status)) return status;
  return transaction.initialize(EvtProgramDmaFunction, DmaDirection, mdl,
                                static_cast<UCHAR*>(MmGetMdlVirtualAddress(mdl)), MmGetMdlByteCount(mdl), &request);
}

NTSTATUS NTAPI WdfDmaTransactionInitialize(WDF_DRIVER_GLOBALS*, WDFDMATRANSACTION Handle,
                                           PFN_WDF_PROGRAM_DMA EvtProgramDmaFunction, WDF_DMA_DIRECTION DmaDirection,
                                           MDL* Mdl, PVOID VirtualAddress, size_t Length) {
  DmaTransaction& transaction = transaction_from(Handle);
  require_pointer(reinterpret_cast<const void*>(EvtProgramDmaFunction), "EvtProgramDma");
  require_pointer(Mdl, "WdfDmaTransactionInitialize's Mdl");
  require_pointer(VirtualAddress, "WdfDmaTransactionInitialize's VirtualAddress");
  transaction.require({State::Created, State::Released}, "WdfDmaTransactionInitialize");
  return transaction.initialize(EvtProgramDmaFunction, DmaDirection, Mdl, static_cast<UCHAR*>(VirtualAddress), Length,
                                nullptr);
}

NTSTATUS NTAPI WdfDmaTransactionInitializeUsingOffset(WDF_DRIVER_GLOBALS*, WDFDMATRANSACTION Handle,
                                                      PFN_WDF_PROGRAM_DMA EvtProgramDmaFunction,
                                                      WDF_DMA_DIRECTION DmaDirection, MDL* Mdl, size_t Offset,
                                                      size_t Length) {
  DmaTransaction& transaction = transaction_from(Handle);
  require_pointer(reinterpret_cast<const void*>(EvtProgramDmaFunction), "EvtProgramDma");
  require_pointer(Mdl, "WdfDmaTransactionInitializeUsingOffset's Mdl");
  transaction.require({State::Created, State::Released}, "WdfDmaTransactionInitializeUsingOffset");
  return transaction.initialize(EvtProgramDmaFunction, DmaDirection, Mdl,
                                static_cast<UCHAR*>(MmGetMdlVirtualAddress(Mdl)) + Offset, Length, nullptr);
}

NTSTATUS NTAPI WdfDmaTransactionExecute(WDF_DRIVER_GLOBALS*, WDFDMATRANSACTION Handle, WDFCONTEXT Context) {
  DmaTransaction& transaction = transaction_from(Handle);
  transaction.require({State::Initialized}, "WdfDmaTransactionExecute");
  return transaction.execute(Context);
}

/// TRUE: all transfers are done, or the next cannot be; FALSE with STATUS_MORE_PROCESSING_REQUIRED: it is under way.
BOOLEAN NTAPI WdfDmaTransactionDmaCompleted(WDF_DRIVER_GLOBALS*, WDFDMATRANSACTION Handle, NTSTATUS* Status) {
  return finish(Handle, nullptr, false, Status, "WdfDmaTransactionDmaCompleted");
}

BOOLEAN NTAPI WdfDmaTransactionDmaCompletedWithLength(WDF_DRIVER_GLOBALS*, WDFDMATRANSACTION Handle,
                                                      size_t TransferredLength, NTSTATUS* Status) {
  return finish(Handle, &TransferredLength, false, Status, "WdfDmaTransactionDmaCompletedWithLength");
}

BOOLEAN NTAPI WdfDmaTransactionDmaCompletedFinal(WDF_DRIVER_GLOBALS*, WDFDMATRANSACTION Handle,
                                                 size_t FinalTransferredLength, NTSTATUS* Status) {
  return finish(Handle, &FinalTransferredLength, true, Status, "WdfDmaTransactionDmaCompletedFinal");
}

NTSTATUS NTAPI WdfDmaTransactionRelease(WDF_DRIVER_GLOBALS*, WDFDMATRANSACTION Handle) {
  DmaTransaction& transaction = transaction_from(Handle);
  transaction.require({State::Created, State::Initialized, State::Completed, State::Failed, State::Released},
                      "WdfDmaTransactionRelease");
  transaction.release();
  return STATUS_SUCCESS;
}

size_t NTAPI WdfDmaTransactionGetBytesTransferred(WDF_DRIVER_GLOBALS*, WDFDMATRANSACTION Handle) {
  return transaction_from(Handle).transferred();
}

size_t NTAPI WdfDmaTransactionGetCurrentDmaTransferLength(WDF_DRIVER_GLOBALS*, WDFDMATRANSACTION Handle) {
  return transaction_from(Handle).current_length();
}

VOID NTAPI WdfDmaTransactionSetMaximumLength(WDF_DRIVER_GLOBALS*, WDFDMATRANSACTION Handle, size_t MaximumLength) {
  transaction_from(Handle).set_length_max(MaximumLength);
}

VOID NTAPI WdfDmaTransactionSetSingleTransferRequirement(WDF_DRIVER_GLOBALS*, WDFDMATRANSACTION Handle,
                                                         BOOLEAN RequireSingleTransfer) {
  transaction_from(Handle).set_single(RequireSingleTransfer != 0);
}

WDFREQUEST NTAPI WdfDmaTransactionGetRequest(WDF_DRIVER_GLOBALS*, WDFDMATRANSACTION Handle) {
  Request* request = transaction_from(Handle).request();
  return request ? request->handle_as<WDFREQUEST>() : nullptr;
}

WDFDEVICE NTAPI WdfDmaTransactionGetDevice(WDF_DRIVER_GLOBALS*, WDFDMATRANSACTION Handle) {
  return transaction_from(Handle).device()->handle_as<WDFDEVICE>();
}

// clang-format off
const image::ExportFamily kDmaTransactionApi{kFrameworkModule, {
    // name                                           entry                                          caller's IRQL
    {"WdfDmaTransactionCreate",                       WdfDmaTransactionCreate,                       at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfDmaTransactionInitializeUsingRequest",       WdfDmaTransactionInitializeUsingRequest,       at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfDmaTransactionInitialize",                   WdfDmaTransactionInitialize,                   at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfDmaTransactionInitializeUsingOffset",        WdfDmaTransactionInitializeUsingOffset,        at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfDmaTransactionExecute",                      WdfDmaTransactionExecute,                      at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfDmaTransactionDmaCompleted",                 WdfDmaTransactionDmaCompleted,                 at_most(DISPATCH_LEVEL)},
    {"WdfDmaTransactionDmaCompletedWithLength",       WdfDmaTransactionDmaCompletedWithLength,       at_most(DISPATCH_LEVEL)},
    {"WdfDmaTransactionDmaCompletedFinal",            WdfDmaTransactionDmaCompletedFinal,            at_most(DISPATCH_LEVEL)},
    {"WdfDmaTransactionRelease",                      WdfDmaTransactionRelease,                      at_most(DISPATCH_LEVEL)},
    {"WdfDmaTransactionGetBytesTransferred",          WdfDmaTransactionGetBytesTransferred,          at_most(DISPATCH_LEVEL)},
    {"WdfDmaTransactionGetCurrentDmaTransferLength",  WdfDmaTransactionGetCurrentDmaTransferLength,  at_most(DISPATCH_LEVEL)},
    {"WdfDmaTransactionSetMaximumLength",             WdfDmaTransactionSetMaximumLength,             at_most(DISPATCH_LEVEL)},
    {"WdfDmaTransactionSetSingleTransferRequirement", WdfDmaTransactionSetSingleTransferRequirement, at_most(DISPATCH_LEVEL)},
    {"WdfDmaTransactionGetRequest",                   WdfDmaTransactionGetRequest,                   at_most(DISPATCH_LEVEL)},
    {"WdfDmaTransactionGetDevice",                    WdfDmaTransactionGetDevice,                    at_most(DISPATCH_LEVEL)},
}, "wdf/dma_transaction"};
// clang-format on

}  // namespace drydock::wdf
