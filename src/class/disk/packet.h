#pragma once
// A transfer packet: one SRB on its way, with the IRP that carries it and all it takes to try again.

#include "class/disk/retry.h"
#include "nt/irp.h"
#include "nt/scsi.h"
#include "nt/srb.h"

namespace drydock::class_::disk {

struct Fdo;
struct Packet;

/// Called once, when the packet's SRB has ended for good. IRQL: at most DISPATCH_LEVEL.
using PacketEnded = void (*)(Packet& packet, NTSTATUS status);

/// Lies in non-paged pool: the port reads the SRB and writes the sense.
struct Packet {
  static constexpr unsigned kSenseBytes = 32;

  SCSI_REQUEST_BLOCK srb;
  UCHAR sense[kSenseBytes];

  // What each try starts from.
  ULONG flags;   ///< SrbFlags
  ULONG length;  ///< DataTransferLength
  PVOID buffer;  ///< DataBuffer
  MDL* mdl;      ///< null: `buffer` is system memory
  UCHAR retries_left;

  Fdo* fdo;
  IRP* irp;       ///< the packet's own
  IRP* original;  ///< the request it serves; null for a request of our own
  PacketEnded ended;
  PVOID context;
  Packet* next_free;
  Packet* next_made;

  bool waits;           ///< for its timer
  NTSTATUS waits_with;  ///< how it ends if there will be no retry
  KTIMER timer;
  KDPC timer_dpc;
};

/// Preallocates what a disk starts with. False if pool is exhausted.
bool make_packets(Fdo& fdo);
/// Frees all; none may be in use. IRQL: PASSIVE_LEVEL.
void free_packets(Fdo& fdo);
/// Null if none is free and no more may be made. IRQL: at most DISPATCH_LEVEL.
Packet* take_packet(Fdo& fdo);
/// Gives it back and lets a deferred request have it.
void give_back(Packet& packet);

/// Prepares an SRB of 0 bytes of data with the disk's flags and timeout; the caller fills in the rest.
void prepare(Packet& packet, UCHAR function, PacketEnded ended);
/// Prepares a command.
UCHAR* prepare_command(Packet& packet, UCHAR cdb_length, PacketEnded ended);
/// Sends it down. `ended` may have been called on return. Ownership: the packet's, until `ended`.
void submit(Packet& packet);

/// Packets that wait for a retry end now: the device is gone.
void end_waiting(Fdo& fdo);
/// SP-244, SP-247: thaws the port's queue. IRQL: at most DISPATCH_LEVEL.
void release_queue(Fdo& fdo);

}  // namespace drydock::class_::disk
