/// wdf_bus.sys and the tests that drive it: a bus whose test says what is on it. Needs no Windows header.
#pragma once

#include "guest_ioctl.h"

/// How EvtChildListCreateDevice fares: PUPPET_ORDERS.Variant. FailAfter[PuppetCreateChild] and Status as ever.
enum {
  kBusPlain,
  kBusMakesNothing,         // mistake: success without a device
  kBusFailsAfterCreating,   // Status comes after WdfDeviceCreate
  kBusForwards,             // what a child is asked to read goes to the bus's queue
  kBusQueues,               // a child makes a queue in EvtDevicePrepareHardware: kBusQueueHeld or kBusQueueOpen
};

/// In: id of a child, from 1.
#define IOCTL_WDF_BUS_BEGIN_SCAN GUEST_IOCTL(0x930u)
#define IOCTL_WDF_BUS_END_SCAN GUEST_IOCTL(0x931u)
#define IOCTL_WDF_BUS_ADD GUEST_IOCTL(0x932u)
#define IOCTL_WDF_BUS_MISSING GUEST_IOCTL(0x933u)
#define IOCTL_WDF_BUS_BEGIN_ITERATION GUEST_IOCTL(0x934u)
#define IOCTL_WDF_BUS_END_ITERATION GUEST_IOCTL(0x935u)
#define IOCTL_WDF_BUS_FIND GUEST_IOCTL(0x936u)         // out: 1 if there is a device
#define IOCTL_WDF_BUS_DELETE_LIST GUEST_IOCTL(0x937u)  // mistake
#define IOCTL_WDF_BUS_LIST_OF_CHILD GUEST_IOCTL(0x938u)  // mistake: WdfChildListCreate with a PDO

/// Note(...) of the description callbacks.
enum { kBusDuplicate = 1, kBusCopy, kBusCompare, kBusCleanup, kBusAddressDuplicate, kBusAddressCopy, kBusAddressCleanup,
       kBusRelationsQuery,
       kBusQueueHeld = 20, kBusQueueOpen };
