#pragma once
// Reads and writes: a request is cut into packets of what the adapter takes at once; it ends when all have.

#include "class/disk/fdo.h"

namespace drydock::class_::disk {

inline constexpr ULONG kStartUnitTimeout_s = 240;

/// What a request under way keeps in its IRP (Tail.Overlay.DriverContext). IoStatus.Status is that of the first packet
/// that failed, STATUS_SUCCESS until then.
struct Progress {
  ULONG issued;         ///< bytes given to packets
  ULONG moved;          ///< bytes of packets that succeeded
  ULONG packets_out;    ///< plus one while packets are being issued
  bool failed;          ///< nothing more is issued
  bool deferred;        ///< in the disk's list of those that wait for packets
  ULONGLONG failed_at;  ///< offset of the failed packet nearest to the start
};
static_assert(sizeof(Progress) <= sizeof(IRP{}.Tail.Overlay.DriverContext));
inline Progress& progress_of(IRP* irp) {
  return *reinterpret_cast<Progress*>(irp->Tail.Overlay.DriverContext);
}

/// How a request ends that DiskReadWrite or DiskShutdownFlush took in: it is counted, completed and let go of.
void end_request(Fdo& fdo, IRP* irp, NTSTATUS status, ULONG_PTR information);

/// Queues `irp` (its Progress is zero or under way) until a packet is free.
void defer(Fdo& fdo, IRP* irp);
/// Gives free packets to deferred requests.
void serve_deferred(Fdo& fdo);
/// The device is gone: deferred requests end.
void end_deferred(Fdo& fdo);

/// Starts a flush or shutdown (flush.cpp), with `packet`.
void start_flush(Fdo& fdo, IRP* irp, Packet& packet);

}  // namespace drydock::class_::disk
