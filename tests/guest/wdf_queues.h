/// wdf_queues.sys and the tests that drive it: how its power-managed default queue is made and behaves,
/// PUPPET_ORDERS.Variant. Needs no Windows header.
#pragma once

enum {
  kQueueSpins,    // SynchronizationScopeQueue, dispatch-level callbacks: EvtIoStop acknowledges
  kQueuePassive,  // the same, passive-level
  kQueueRaces,    // EvtIoStop takes 5 ms and answers nothing; a timer completes the request meanwhile
  kQueueNever,    // EvtIoStop answers nothing; a timer completes the request 70 s after its arrival
  kQueueSlowRelease,  // an interrupt of EvtDevicePrepareHardware takes 20 ms to be cleaned up
};
