/// wdf_transfers.sys and the tests that drive it: what it does in EvtDeviceSelfManagedIoInit, PUPPET_ORDERS.Variant.
/// Needs no Windows header.
#pragma once

enum {
  kTransferWhole,       // there and back in one transfer each
  kTransferPieces,      // SetMaximumLength: several, each completed whole
  kTransferPartly,      // several, the device says how much it took of each
  kTransferFinal,       // the device stops before the end
  kTransferSingle,      // SetSingleTransferRequirement
  kTransferOffset,      // InitializeUsingOffset
  kTransferElements,    // at most two scatter/gather elements
  kTransferPacket,      // of a device that sees one piece of memory
  kTransferRefused,     // Execute is refused, then not
  kTransferRefusedNext, // the second transfer is refused
  kTransferRequests,    // EvtIoRead and EvtIoWrite by InitializeUsingRequest
  // mistakes
  kTransferCompletedTwice,
  kTransferExecutedTwice,
  kTransferInitializedAgain,
  kTransferReleasedUnderWay,
  kTransferDeletedUnderWay,
  kTransferExecutedAfterFailure,
};

/// Bytes of the driver's buffer; it begins in the middle of a page.
#define TRANSFER_BYTES 0x5200u
#define TRANSFER_PIECE 0x1000u
