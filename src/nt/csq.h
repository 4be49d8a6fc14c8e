#pragma once
// Cancel-safe IRP queues.

#include "nt/base.h"
#include "nt/irp.h"

namespace drydock::nt {

struct IO_CSQ;

inline constexpr ULONG IO_TYPE_CSQ_IRP_CONTEXT = 1;
inline constexpr ULONG IO_TYPE_CSQ = 2;
inline constexpr ULONG IO_TYPE_CSQ_EX = 3;

struct IO_CSQ_IRP_CONTEXT {
  ULONG Type;
  IRP* Irp;
  IO_CSQ* Csq;
};
static_assert(sizeof(IO_CSQ_IRP_CONTEXT) == 0x18);
using PIO_CSQ_IRP_CONTEXT = IO_CSQ_IRP_CONTEXT*;

using PIO_CSQ_INSERT_IRP = VOID(NTAPI*)(IO_CSQ* Csq, IRP* Irp);
using PIO_CSQ_INSERT_IRP_EX = NTSTATUS(NTAPI*)(IO_CSQ* Csq, IRP* Irp, PVOID InsertContext);
using PIO_CSQ_REMOVE_IRP = VOID(NTAPI*)(IO_CSQ* Csq, IRP* Irp);
using PIO_CSQ_PEEK_NEXT_IRP = IRP*(NTAPI*)(IO_CSQ* Csq, IRP* Irp, PVOID PeekContext);
using PIO_CSQ_ACQUIRE_LOCK = VOID(NTAPI*)(IO_CSQ* Csq, KIRQL* Irql);
using PIO_CSQ_RELEASE_LOCK = VOID(NTAPI*)(IO_CSQ* Csq, KIRQL Irql);
using PIO_CSQ_COMPLETE_CANCELED_IRP = VOID(NTAPI*)(IO_CSQ* Csq, IRP* Irp);

struct IO_CSQ {
  ULONG Type;
  PIO_CSQ_INSERT_IRP CsqInsertIrp;  // a PIO_CSQ_INSERT_IRP_EX when Type is IO_TYPE_CSQ_EX
  PIO_CSQ_REMOVE_IRP CsqRemoveIrp;
  PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp;
  PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock;
  PIO_CSQ_RELEASE_LOCK CsqReleaseLock;
  PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp;
  PVOID ReservePointer;
};
static_assert(sizeof(IO_CSQ) == 0x40 && offsetof(IO_CSQ, CsqAcquireLock) == 0x20);
using PIO_CSQ = IO_CSQ*;

}  // namespace drydock::nt
