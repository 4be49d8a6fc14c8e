// libs: kmdf:1.33 guest:wdf_orders
// DMA transactions with a device that does as it is told at once; wdf_transfers.h says which. The registers are those
// of tests/contract/wdf/wdf_model.h.

#include "wdf_diary.h"
#include "wdf_transfers.h"

#define REGISTER_ADDRESS 0x200
#define REGISTER_LENGTH 0x208
#define REGISTER_PLACE 0x20C
#define REGISTER_TRANSFER 0x210
#define TO_DEVICE 1
#define TO_RAM 2

typedef struct _DEVICE_CONTEXT {
  PUCHAR Registers;
  SIZE_T RegisterBytes;
  WDFDMAENABLER Enabler;
  WDFDMATRANSACTION Transaction;
  PUCHAR Block, Buffer;
  PMDL Mdl;
  ULONG Place;           // in the device, of the next byte
  ULONG Programmed;      // transfers
  ULONG Elements, Most;  // of the last one, and of the longest
} DEVICE_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DEVICE_CONTEXT, ContextOf)

static BOOLEAN NTAPI OnProgramDma(WDFDMATRANSACTION Transaction, WDFDEVICE Device, WDFCONTEXT Context,
                                  WDF_DMA_DIRECTION Direction, PSCATTER_GATHER_LIST List) {
  DEVICE_CONTEXT* context = ContextOf(Device);
  ULONG place = context->Place;
  size_t length = 0;
  MUST(KeGetCurrentIrql() == DISPATCH_LEVEL);
  MUST(Context == context);
  MUST(WdfDmaTransactionGetDevice(Transaction) == Device);
  ++context->Programmed;
  context->Elements = List->NumberOfElements;
  if (List->NumberOfElements > context->Most) context->Most = List->NumberOfElements;
  for (ULONG i = 0; i < List->NumberOfElements; ++i) {
    const SCATTER_GATHER_ELEMENT* each = &List->Elements[i];
    WRITE_REGISTER_ULONG((PULONG)(context->Registers + REGISTER_ADDRESS), each->Address.LowPart);
    WRITE_REGISTER_ULONG((PULONG)(context->Registers + REGISTER_ADDRESS + 4), (ULONG)each->Address.HighPart);
    WRITE_REGISTER_ULONG((PULONG)(context->Registers + REGISTER_LENGTH), each->Length);
    WRITE_REGISTER_ULONG((PULONG)(context->Registers + REGISTER_PLACE), place);
    WRITE_REGISTER_ULONG((PULONG)(context->Registers + REGISTER_TRANSFER),
                         Direction == WdfDmaDirectionWriteToDevice ? TO_DEVICE : TO_RAM);
    place += each->Length;
    length += each->Length;
  }
  MUST(length == WdfDmaTransactionGetCurrentDmaTransferLength(Transaction));
  return TRUE;
}

static NTSTATUS Initialize(DEVICE_CONTEXT* Context, WDF_DMA_DIRECTION Direction) {
  Context->Place = Context->Programmed = Context->Most = 0;
  return WdfDmaTransactionInitialize(Context->Transaction, OnProgramDma, Direction, Context->Mdl, Context->Buffer,
                                     TRANSFER_BYTES);
}

static VOID Fill(DEVICE_CONTEXT* Context, UCHAR Seed) {
  for (ULONG i = 0; i < TRANSFER_BYTES; ++i) Context->Buffer[i] = (UCHAR)(Seed + i * 7 + i / 256);
}
static BOOLEAN Holds(const DEVICE_CONTEXT* Context, UCHAR Seed) {
  for (ULONG i = 0; i < TRANSFER_BYTES; ++i)
    if (Context->Buffer[i] != (UCHAR)(Seed + i * 7 + i / 256)) return FALSE;
  return TRUE;
}

/// Executes, and completes transfer after transfer, `Step` bytes of each (0: all of it).
static ULONG Run(DEVICE_CONTEXT* Context, size_t Step) {
  NTSTATUS status = WdfDmaTransactionExecute(Context->Transaction, Context);
  ULONG transfers = 0;
  MUST(NT_SUCCESS(status));
  for (;;) {
    const size_t length = WdfDmaTransactionGetCurrentDmaTransferLength(Context->Transaction);
    const size_t moved = Step && Step < length ? Step : length;
    ++transfers;
    Context->Place += (ULONG)moved;
    const BOOLEAN over = Step ? WdfDmaTransactionDmaCompletedWithLength(Context->Transaction, moved, &status)
                              : WdfDmaTransactionDmaCompleted(Context->Transaction, &status);
    MUST(status == (over ? STATUS_SUCCESS : STATUS_MORE_PROCESSING_REQUIRED));
    if (over) return transfers;
  }
}

/// There and back: the device has got it all, and gives it all.
static VOID RoundTrip(DEVICE_CONTEXT* Context, size_t Step, ULONG Transfers) {
  Fill(Context, 3);
  MUST(NT_SUCCESS(Initialize(Context, WdfDmaDirectionWriteToDevice)));
  MUST(Run(Context, Step) == Transfers);
  MUST(Context->Programmed == Transfers);
  MUST(WdfDmaTransactionGetBytesTransferred(Context->Transaction) == TRANSFER_BYTES);
  MUST(NT_SUCCESS(WdfDmaTransactionRelease(Context->Transaction)));
  RtlZeroMemory(Context->Buffer, TRANSFER_BYTES);
  MUST(NT_SUCCESS(Initialize(Context, WdfDmaDirectionReadFromDevice)));
  MUST(Run(Context, Step) == Transfers);
  MUST(NT_SUCCESS(WdfDmaTransactionRelease(Context->Transaction)));
  MUST(Holds(Context, 3));
}

static VOID Finally(DEVICE_CONTEXT* Context) {
  NTSTATUS status = STATUS_UNSUCCESSFUL;
  WdfDmaTransactionSetMaximumLength(Context->Transaction, TRANSFER_PIECE);
  MUST(NT_SUCCESS(Initialize(Context, WdfDmaDirectionWriteToDevice)));
  MUST(NT_SUCCESS(WdfDmaTransactionExecute(Context->Transaction, Context)));
  MUST(!WdfDmaTransactionDmaCompleted(Context->Transaction, &status) && status == STATUS_MORE_PROCESSING_REQUIRED);
  MUST(WdfDmaTransactionDmaCompletedFinal(Context->Transaction, 0x234, &status) && status == STATUS_SUCCESS);
  MUST(WdfDmaTransactionGetBytesTransferred(Context->Transaction) == TRANSFER_PIECE + 0x234);
  MUST(Context->Programmed == 2);
  MUST(NT_SUCCESS(WdfDmaTransactionRelease(Context->Transaction)));
}

static VOID Single(DEVICE_CONTEXT* Context) {
  WdfDmaTransactionSetSingleTransferRequirement(Context->Transaction, TRUE);
  WdfDmaTransactionSetMaximumLength(Context->Transaction, TRANSFER_PIECE);
  MUST(Initialize(Context, WdfDmaDirectionWriteToDevice) == STATUS_WDF_TOO_FRAGMENTED);
  MUST(NT_SUCCESS(WdfDmaTransactionInitialize(Context->Transaction, OnProgramDma, WdfDmaDirectionWriteToDevice,
                                              Context->Mdl, Context->Buffer, TRANSFER_PIECE)));
  MUST(Run(Context, 0) == 1);
  MUST(NT_SUCCESS(WdfDmaTransactionRelease(Context->Transaction)));
  // Release keeps it; so does the next initialisation.
  WdfDmaTransactionSetSingleTransferRequirement(Context->Transaction, FALSE);
  RoundTrip(Context, 0, (TRANSFER_BYTES + TRANSFER_PIECE - 1) / TRANSFER_PIECE);
}

static NTSTATUS InitializeAt(DEVICE_CONTEXT* Context, WDF_DMA_DIRECTION Direction, size_t Offset, size_t Length) {
  Context->Place = 0;
  return WdfDmaTransactionInitializeUsingOffset(Context->Transaction, OnProgramDma, Direction, Context->Mdl, Offset,
                                                Length);
}

static VOID AtOffset(DEVICE_CONTEXT* Context) {
  const size_t offset = 0x1F00;
  MUST(InitializeAt(Context, WdfDmaDirectionWriteToDevice, offset, TRANSFER_BYTES) == STATUS_INVALID_PARAMETER);
  MUST(InitializeAt(Context, WdfDmaDirectionWriteToDevice, TRANSFER_BYTES, 1) == STATUS_INVALID_PARAMETER);
  Fill(Context, 9);
  MUST(NT_SUCCESS(InitializeAt(Context, WdfDmaDirectionWriteToDevice, offset, TRANSFER_BYTES - offset)));
  Run(Context, 0);
  MUST(WdfDmaTransactionGetBytesTransferred(Context->Transaction) == TRANSFER_BYTES - offset);
  MUST(NT_SUCCESS(WdfDmaTransactionRelease(Context->Transaction)));
  RtlZeroMemory(Context->Buffer + offset, TRANSFER_BYTES - offset);
  MUST(NT_SUCCESS(InitializeAt(Context, WdfDmaDirectionReadFromDevice, offset, TRANSFER_BYTES - offset)));
  Run(Context, 0);
  MUST(NT_SUCCESS(WdfDmaTransactionRelease(Context->Transaction)));
  MUST(Holds(Context, 9));
}

static VOID Refused(DEVICE_CONTEXT* Context) {
  MUST(NT_SUCCESS(Initialize(Context, WdfDmaDirectionWriteToDevice)));
  MUST(WdfDmaTransactionExecute(Context->Transaction, Context) == STATUS_INSUFFICIENT_RESOURCES);
  MUST(Context->Programmed == 0);
  if (OrdersOf(1)->Variant == kTransferExecutedAfterFailure) WdfDmaTransactionExecute(Context->Transaction, Context);
  MUST(NT_SUCCESS(WdfDmaTransactionRelease(Context->Transaction)));
  RoundTrip(Context, 0, 1);
}

static VOID RefusedNext(DEVICE_CONTEXT* Context) {
  NTSTATUS status = STATUS_SUCCESS;
  WdfDmaTransactionSetMaximumLength(Context->Transaction, TRANSFER_PIECE);
  MUST(NT_SUCCESS(Initialize(Context, WdfDmaDirectionWriteToDevice)));
  MUST(NT_SUCCESS(WdfDmaTransactionExecute(Context->Transaction, Context)));
  MUST(WdfDmaTransactionDmaCompleted(Context->Transaction, &status) && status == STATUS_INSUFFICIENT_RESOURCES);
  MUST(WdfDmaTransactionGetBytesTransferred(Context->Transaction) == TRANSFER_PIECE);
  MUST(NT_SUCCESS(WdfDmaTransactionRelease(Context->Transaction)));
  RoundTrip(Context, 0, (TRANSFER_BYTES + TRANSFER_PIECE - 1) / TRANSFER_PIECE);
}

static VOID Mistake(DEVICE_CONTEXT* Context, PU32 Variant) {
  NTSTATUS status;
  MUST(NT_SUCCESS(Initialize(Context, WdfDmaDirectionWriteToDevice)));
  if (Variant == kTransferInitializedAgain) Initialize(Context, WdfDmaDirectionWriteToDevice);
  MUST(NT_SUCCESS(WdfDmaTransactionExecute(Context->Transaction, Context)));
  if (Variant == kTransferExecutedTwice) WdfDmaTransactionExecute(Context->Transaction, Context);
  if (Variant == kTransferReleasedUnderWay) WdfDmaTransactionRelease(Context->Transaction);
  if (Variant == kTransferDeletedUnderWay) WdfObjectDelete(Context->Transaction);
  MUST(WdfDmaTransactionDmaCompleted(Context->Transaction, &status));
  if (Variant == kTransferCompletedTwice) WdfDmaTransactionDmaCompleted(Context->Transaction, &status);
}

static NTSTATUS NTAPI OnSmInit(WDFDEVICE Device) {
  DEVICE_CONTEXT* context = ContextOf(Device);
  const PU32 variant = OrdersOf(1)->Variant;
  const ULONG pieces = (TRANSFER_BYTES + TRANSFER_PIECE - 1) / TRANSFER_PIECE;
  switch (variant) {
    case kTransferWhole:
      RoundTrip(context, 0, 1);
      MUST(context->Elements > 2);  // its pages lie apart
      break;
    case kTransferPieces:
      WdfDmaTransactionSetMaximumLength(context->Transaction, TRANSFER_PIECE);
      RoundTrip(context, 0, pieces);
      break;
    case kTransferPartly:
      RoundTrip(context, 0x777, (TRANSFER_BYTES + 0x776) / 0x777);
      break;
    case kTransferFinal:
      Finally(context);
      break;
    case kTransferSingle:
      Single(context);
      break;
    case kTransferOffset:
      AtOffset(context);
      break;
    case kTransferElements:
      WdfDmaEnablerSetMaximumScatterGatherElements(context->Enabler, 2);
      // The first transfer begins in the middle of a page.
      RoundTrip(context, 0, (TRANSFER_BYTES - (2 * PAGE_SIZE - BYTE_OFFSET(context->Buffer)) + 2 * PAGE_SIZE - 1) /
                                    (2 * PAGE_SIZE) + 1);
      MUST(context->Most <= 2);
      break;
    case kTransferPacket:
      RoundTrip(context, 0, 1);
      MUST(context->Most == 1);
      break;
    case kTransferRefused:
    case kTransferExecutedAfterFailure:
      Refused(context);
      break;
    case kTransferRefusedNext:
      RefusedNext(context);
      break;
    case kTransferRequests:
      break;
    default:
      Mistake(context, variant);
  }
  return STATUS_SUCCESS;
}

static VOID Transfer(WDFQUEUE Queue, WDFREQUEST Request, WDF_DMA_DIRECTION Direction) {
  DEVICE_CONTEXT* context = ContextOf(WdfIoQueueGetDevice(Queue));
  context->Place = 0;
  NTSTATUS status =
      WdfDmaTransactionInitializeUsingRequest(context->Transaction, Request, OnProgramDma, Direction);
  MUST(NT_SUCCESS(status));
  MUST(WdfDmaTransactionGetRequest(context->Transaction) == Request);
  Run(context, 0x900);
  const size_t moved = WdfDmaTransactionGetBytesTransferred(context->Transaction);
  MUST(NT_SUCCESS(WdfDmaTransactionRelease(context->Transaction)));
  MUST(WdfDmaTransactionGetRequest(context->Transaction) == NULL);
  WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, moved);
}
static VOID NTAPI OnIoRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length) {
  (void)Length;
  Transfer(Queue, Request, WdfDmaDirectionReadFromDevice);
}
static VOID NTAPI OnIoWrite(WDFQUEUE Queue, WDFREQUEST Request, size_t Length) {
  (void)Length;
  Transfer(Queue, Request, WdfDmaDirectionWriteToDevice);
}

static NTSTATUS NTAPI OnPrepareHardware(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  DEVICE_CONTEXT* context = ContextOf(Device);
  (void)Raw;
  for (ULONG i = 0; i < WdfCmResourceListGetCount(Translated) && !context->Registers; ++i) {
    PCM_PARTIAL_RESOURCE_DESCRIPTOR each = WdfCmResourceListGetDescriptor(Translated, i);
    if (each->Type != CmResourceTypeMemory) continue;
    context->RegisterBytes = each->u.Memory.Length;
    context->Registers = MmMapIoSpace(each->u.Memory.Start, context->RegisterBytes, MmNonCached);
  }
  return context->Registers ? STATUS_SUCCESS : STATUS_DEVICE_CONFIGURATION_ERROR;
}
static NTSTATUS NTAPI OnReleaseHardware(WDFDEVICE Device, WDFCMRESLIST Translated) {
  DEVICE_CONTEXT* context = ContextOf(Device);
  (void)Translated;
  MmUnmapIoSpace(context->Registers, context->RegisterBytes);
  context->Registers = NULL;
  return STATUS_SUCCESS;
}
static VOID NTAPI OnObjCleanup(WDFOBJECT Device) {
  DEVICE_CONTEXT* context = ContextOf(Device);
  if (context->Mdl) IoFreeMdl(context->Mdl);
  if (context->Block) ExFreePoolWithTag(context->Block, 0x72666254);
}

static NTSTATUS MakeBuffer(DEVICE_CONTEXT* Context) {
  Context->Block = ExAllocatePoolWithTag(NonPagedPoolNx, TRANSFER_BYTES + PAGE_SIZE, 0x72666254);
  if (!Context->Block) return STATUS_INSUFFICIENT_RESOURCES;
  Context->Buffer = Context->Block + 0x640;
  Context->Mdl = IoAllocateMdl(Context->Buffer, TRANSFER_BYTES, FALSE, FALSE, NULL);
  if (!Context->Mdl) return STATUS_INSUFFICIENT_RESOURCES;
  MmBuildMdlForNonPagedPool(Context->Mdl);
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI OnDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_DMA_ENABLER_CONFIG enabler;
  WDF_IO_QUEUE_CONFIG queue;
  WDFDEVICE device;
  (void)Driver;
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
  callbacks.EvtDevicePrepareHardware = OnPrepareHardware;
  callbacks.EvtDeviceReleaseHardware = OnReleaseHardware;
  callbacks.EvtDeviceSelfManagedIoInit = OnSmInit;
  WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &callbacks);
  WdfDeviceInitSetIoType(DeviceInit, WdfDeviceIoDirect);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DEVICE_CONTEXT);
  attributes.EvtCleanupCallback = OnObjCleanup;
  NTSTATUS status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  DEVICE_CONTEXT* context = ContextOf(device);
  WDF_DMA_ENABLER_CONFIG_INIT(
      &enabler, OrdersOf(1)->Variant == kTransferPacket ? WdfDmaProfilePacket64 : WdfDmaProfileScatterGather64, 0x10000);
  status = WdfDmaEnablerCreate(device, &enabler, WDF_NO_OBJECT_ATTRIBUTES, &context->Enabler);
  if (NT_SUCCESS(status))
    status = WdfDmaTransactionCreate(context->Enabler, WDF_NO_OBJECT_ATTRIBUTES, &context->Transaction);
  if (NT_SUCCESS(status)) status = MakeBuffer(context);
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue, WdfIoQueueDispatchSequential);
  queue.EvtIoRead = OnIoRead;
  queue.EvtIoWrite = OnIoWrite;
  if (NT_SUCCESS(status)) status = WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
  return status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, OnDeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
