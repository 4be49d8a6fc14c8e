// kmdf: 1.33
// Starts a DMA transaction that it has not initialised.
// Expected: dma-transaction-state, WDF_VIOLATION (0x10D) with 8.
#define ZOO_ADDED Added
#define ZOO_D0_ENTRY D0Entry
#include "zoo_wdf.h"

static NTSTATUS Added(ZOO* Zoo) {
  WDF_DMA_ENABLER_CONFIG config;
  WDFDMAENABLER enabler;
  WDF_DMA_ENABLER_CONFIG_INIT(&config, WdfDmaProfileScatterGather64, EDU_BUFFER_BYTES);
  NTSTATUS status = WdfDmaEnablerCreate(Zoo->Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &enabler);
  if (!NT_SUCCESS(status)) return status;
  return WdfDmaTransactionCreate(enabler, WDF_NO_OBJECT_ATTRIBUTES, (WDFDMATRANSACTION*)&Zoo->Object);
}

static BOOLEAN NTAPI Program(WDFDMATRANSACTION Transaction, WDFDEVICE Device, WDFCONTEXT Context,
                             WDF_DMA_DIRECTION Direction, PSCATTER_GATHER_LIST List) {
  UNREFERENCED_PARAMETER(Transaction);
  UNREFERENCED_PARAMETER(Device);
  UNREFERENCED_PARAMETER(Context);
  UNREFERENCED_PARAMETER(Direction);
  UNREFERENCED_PARAMETER(List);
  return TRUE;
}

static NTSTATUS D0Entry(ZOO* Zoo, WDF_POWER_DEVICE_STATE Previous) {
  WDFDMATRANSACTION transaction = (WDFDMATRANSACTION)Zoo->Object;
  static UCHAR buffer[64];
  NTSTATUS status;
  UNREFERENCED_PARAMETER(Previous);
  PMDL mdl = IoAllocateMdl(buffer, sizeof(buffer), FALSE, FALSE, NULL);
  if (!mdl) return STATUS_INSUFFICIENT_RESOURCES;
  MmBuildMdlForNonPagedPool(mdl);
#ifdef FIXED
  WdfDmaTransactionInitialize(transaction, Program, WdfDmaDirectionWriteToDevice, mdl, buffer, sizeof(buffer));
#else
  (void)Program;
#endif
  WdfDmaTransactionExecute(transaction, NULL);
  WdfDmaTransactionDmaCompletedFinal(transaction, sizeof(buffer), &status);
  WdfDmaTransactionRelease(transaction);
  IoFreeMdl(mdl);
  return STATUS_SUCCESS;
}
