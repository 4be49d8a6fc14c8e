#pragma once
// DMA transactions.

#include "wdfdmaenabler.h"

typedef BOOLEAN NTAPI EVT_WDF_PROGRAM_DMA(WDFDMATRANSACTION Transaction, WDFDEVICE Device, WDFCONTEXT Context,
                                          WDF_DMA_DIRECTION Direction, PSCATTER_GATHER_LIST SgList);
typedef EVT_WDF_PROGRAM_DMA* PFN_WDF_PROGRAM_DMA;

typedef BOOLEAN NTAPI EVT_WDF_DMA_TRANSACTION_CONFIGURE_DMA_CHANNEL(WDFDMATRANSACTION DmaTransaction, WDFDEVICE Device,
                                                                    PVOID Context, PMDL Mdl, size_t Offset,
                                                                    size_t Length);
typedef EVT_WDF_DMA_TRANSACTION_CONFIGURE_DMA_CHANNEL* PFN_WDF_DMA_TRANSACTION_CONFIGURE_DMA_CHANNEL;

typedef VOID NTAPI EVT_WDF_DMA_TRANSACTION_DMA_TRANSFER_COMPLETE(WDFDMATRANSACTION Transaction, WDFDEVICE Device,
                                                                 WDFCONTEXT Context, WDF_DMA_DIRECTION Direction,
                                                                 DMA_COMPLETION_STATUS Status);
typedef EVT_WDF_DMA_TRANSACTION_DMA_TRANSFER_COMPLETE* PFN_WDF_DMA_TRANSACTION_DMA_TRANSFER_COMPLETE;

typedef VOID NTAPI EVT_WDF_RESERVE_DMA(WDFDMATRANSACTION DmaTransaction, PVOID Context);
typedef EVT_WDF_RESERVE_DMA* PFN_WDF_RESERVE_DMA;
