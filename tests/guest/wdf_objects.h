/// wdf_objects.sys and the tests that drive it: what it makes, PUPPET_ORDERS.Variant. Needs no Windows header.
#pragma once

enum {
  kObjTree,         // one of everything below the device, and one below the driver; its number is one of kObj...
  kObjSelfTest,     // in EvtDevicePrepareHardware: references, contexts, levels; MUSTs and the diary
  kObjRefused,      // mistakes: deletes what only the framework deletes
  kObjControl,      // a control device that goes 50 ms after the device
  kObjHeldDevice,   // a reference on the device until EvtDriverUnload
  kObjQueueDelete,  // deletes a queue of which it has a request; a timer completes that after 20 ms
  kObjStaleList,    // mistake: looks into its resource list after ReleaseHardware
  kObjDeletesHigh,  // mistakes: a common buffer and a control device at DISPATCH_LEVEL
  kObjQueues,       // makes a queue in each callback: Note(what it is when made), kObjQueue...
};

/// Numbers of ChildObjCleanup and ChildObjDestroy.
enum {
  kObjQueue = 1, kObjTimer, kObjWorkItem, kObjInterrupt, kObjEnabler, kObjCommonBuffer, kObjTarget, kObjChildList, kObjOfDriver,
  kObjParent = 20, kObjFirstChild, kObjSecondChild, kObjGrandchild,
  kObjDispatch = 30, kObjDispatchLock, kObjDispatchMemory,
  kObjPassive = 40, kObjPassiveTimer, kObjPassiveDpc, kObjPassiveWorkItem, kObjPassiveString, kObjPassiveQueue, kObjPassiveTarget,
  kObjPassiveMemory, kObjPassiveLookaside, kObjPassiveEnd,
};

enum { kObjQueueOpen = 1, kObjQueueHeld, kObjQueueTakesNothing };
