/// wdf_interrupts.sys and the tests that drive it. Needs no Windows header.
#pragma once

#include "guest_ioctl.h"

/// What its interrupts are: PUPPET_ORDERS.Variant.
enum {
  kIntWithDpc,
  kIntWithWorkItem,
  kIntPassive,             // EvtInterruptWorkItem and PassiveHandling
  kIntPassiveWithDpc,
  kIntLine,                // looks whether the device pulls the line, and lets it go
  kIntLineNeverMine,       // mistake: claims nothing
  kIntLineLeftUp,          // mistake: claims all and quiets nothing
  kIntQueuesInDisable,     // EvtInterruptDisable queues its DPC or work item
  kIntWorkQueuesInDisable,
  kIntChecks,              // creation in the wrong way or place; MUSTs
  kIntChangedDescriptor,   // mistake: a descriptor changed before WdfInterruptCreate
  kIntForeignDescriptor,   // mistake: one that no list handed out
  kIntCreatedInD0Entry,    // mistake
  kIntDoorbells,           // the device interrupts in PostInt and PreInt
};

#define IOCTL_WDF_INT_DISABLE GUEST_IOCTL(0x920u)    // in: number of the interrupt, from 1
#define IOCTL_WDF_INT_ENABLE GUEST_IOCTL(0x921u)
#define IOCTL_WDF_INT_CONNECTED GUEST_IOCTL(0x922u)  // out: 1 if there is a kernel object
#define IOCTL_WDF_INT_QUEUE GUEST_IOCTL(0x923u)      // out: three answers of queueing at DIRQL, a bit each
#define IOCTL_WDF_INT_MESSAGE GUEST_IOCTL(0x924u)    // out: 1 + the message it is for; 0: a line; ~0: no resource
#define IOCTL_WDF_INT_CREATE GUEST_IOCTL(0x925u)     // mistake; out: the status
