/// The register interface of the VMware PVSCSI adapter (PCI 15AD:07C0): registers, commands, rings, status codes.
/// Everything is little endian; addresses are physical; a page is 4096 bytes whatever the processor says.
#pragma once

#include <ntddk.h>

#define PVSCSI_PCI_VENDOR_ID 0x15AD
#define PVSCSI_PCI_DEVICE_ID 0x07C0
#define PVSCSI_REGISTER_SPACE 0x8000  // bytes of BAR 0
#define PVSCSI_PAGE_SIZE 4096
#define PVSCSI_PAGE_SHIFT 12

// Registers: byte offsets from BAR 0, 32 bits each.
#define PVSCSI_REG_COMMAND 0x0000
#define PVSCSI_REG_COMMAND_DATA 0x0004  // arguments, one dword a write
#define PVSCSI_REG_COMMAND_STATUS 0x0008
#define PVSCSI_REG_INTERRUPT_STATUS 0x100C  // write one to clear
#define PVSCSI_REG_INTERRUPT_MASK 0x2010
#define PVSCSI_REG_KICK_OTHER 0x3014  // new requests, none of them a read or write
#define PVSCSI_REG_KICK_READ_WRITE 0x4018

#define PVSCSI_ALL_ONES 0xFFFFFFFFu  // what a register of an absent device reads

// Interrupt status and mask.
#define PVSCSI_INTERRUPT_COMPLETION 0x00000003
#define PVSCSI_INTERRUPT_MESSAGE 0x0000000C
#define PVSCSI_INTERRUPT_ALL (PVSCSI_INTERRUPT_COMPLETION | PVSCSI_INTERRUPT_MESSAGE)

// Commands; the dwords of their arguments follow through the data register.
#define PVSCSI_COMMAND_ADAPTER_RESET 1
#define PVSCSI_COMMAND_SETUP_RINGS 3
#define PVSCSI_COMMAND_RESET_BUS 4
#define PVSCSI_COMMAND_ABORT 6

// Command status.
#define PVSCSI_COMMAND_GOOD 0
#define PVSCSI_COMMAND_MORE_DATA 0xFFFFFFFEu
#define PVSCSI_COMMAND_FAILED 0xFFFFFFFFu

#define PVSCSI_RING_PAGES_MAX 32

typedef struct _PVSCSI_SETUP_RINGS {
  ULONG RequestPages;
  ULONG CompletionPages;
  ULONG64 StatePage;  // page numbers, not addresses
  ULONG64 RequestPage[PVSCSI_RING_PAGES_MAX];
  ULONG64 CompletionPage[PVSCSI_RING_PAGES_MAX];
} PVSCSI_SETUP_RINGS;
C_ASSERT(sizeof(PVSCSI_SETUP_RINGS) == 132 * sizeof(ULONG));

typedef struct _PVSCSI_ABORT {
  ULONG64 Context;
  ULONG Target;
  ULONG Pad;
} PVSCSI_ABORT;
C_ASSERT(sizeof(PVSCSI_ABORT) == 4 * sizeof(ULONG));

// The state page: free-running indices; the low log2 bits name the entry.
typedef struct _PVSCSI_RING_STATE {
  ULONG RequestProducer;     // ours
  ULONG RequestConsumer;     // the adapter's
  ULONG RequestEntriesLog2;  // the adapter's
  ULONG CompletionProducer;  // the adapter's
  ULONG CompletionConsumer;  // ours
  ULONG CompletionEntriesLog2;
} PVSCSI_RING_STATE;

typedef struct _PVSCSI_REQUEST {
  ULONG64 Context;
  ULONG64 DataAddress;  // of the data, or of the list
  ULONG64 DataLength;   // of the data in either case
  ULONG64 SenseAddress;
  ULONG SenseLength;
  ULONG Flags;
  UCHAR Cdb[16];
  UCHAR CdbLength;
  UCHAR Lun[8];  // unit number in byte 1
  UCHAR Tag;
  UCHAR Bus;
  UCHAR Target;
  UCHAR ProcessorHint;
  UCHAR Unused[59];
} PVSCSI_REQUEST;
C_ASSERT(sizeof(PVSCSI_REQUEST) == 128);

#define PVSCSI_REQUEST_LIST 0x01
#define PVSCSI_REQUEST_NO_DATA 0x04
#define PVSCSI_REQUEST_TO_HOST 0x08
#define PVSCSI_REQUEST_TO_DEVICE 0x10

typedef struct _PVSCSI_ELEMENT {
  ULONG64 Address;
  ULONG Length;
  ULONG Flags;  // 0: data
} PVSCSI_ELEMENT;
C_ASSERT(sizeof(PVSCSI_ELEMENT) == 16);

typedef struct _PVSCSI_COMPLETION {
  ULONG64 Context;
  ULONG64 DataLength;  // bytes moved
  ULONG SenseLength;
  USHORT HostStatus;
  USHORT ScsiStatus;
  ULONG Pad[2];
} PVSCSI_COMPLETION;
C_ASSERT(sizeof(PVSCSI_COMPLETION) == 32);

#define PVSCSI_REQUESTS_PER_PAGE (PVSCSI_PAGE_SIZE / sizeof(PVSCSI_REQUEST))
#define PVSCSI_COMPLETIONS_PER_PAGE (PVSCSI_PAGE_SIZE / sizeof(PVSCSI_COMPLETION))

// Host status: how the adapter fared, beside the SCSI status of the unit.
#define PVSCSI_HOST_GOOD 0x00
#define PVSCSI_HOST_LINKED 0x0A
#define PVSCSI_HOST_LINKED_WITH_FLAG 0x0B
#define PVSCSI_HOST_UNDERRUN 0x0C
#define PVSCSI_HOST_SELECTION_TIMEOUT 0x11
#define PVSCSI_HOST_DATA_RUN 0x12  // more or less data than asked for
#define PVSCSI_HOST_BUS_FREE 0x13
#define PVSCSI_HOST_PHASE 0x14
#define PVSCSI_HOST_PARAMETER 0x1A
#define PVSCSI_HOST_SENSE_FAILED 0x1B
#define PVSCSI_HOST_TAG_REJECTED 0x1C
#define PVSCSI_HOST_BAD_MESSAGE 0x1D
#define PVSCSI_HOST_HARDWARE 0x20
#define PVSCSI_HOST_NO_RESPONSE 0x21
#define PVSCSI_HOST_SENT_RESET 0x22
#define PVSCSI_HOST_RECEIVED_RESET 0x23
#define PVSCSI_HOST_DISCONNECT 0x24
#define PVSCSI_HOST_BUS_RESET 0x25
#define PVSCSI_HOST_ABORTED 0x26
#define PVSCSI_HOST_SOFTWARE 0x27
#define PVSCSI_HOST_TIMEOUT 0x30
#define PVSCSI_HOST_PARITY 0x34
