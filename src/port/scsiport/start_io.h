#pragma once
// From an arriving request to HwScsiStartIo: which unit is next, and may anything start at all.

#include "port/scsiport/fdo.h"
#include "port/scsiport/kernel.h"

namespace drydock::port::scsiport {

/// The adapter's own lock, at DISPATCH_LEVEL. Taken before the interrupt lock, never after it (SP-100).
class PortLock {
 public:
  explicit PortLock(Adapter& adapter) : lock_(&adapter.kernel->lock), irql_(KeAcquireSpinLockRaiseToDpc(lock_)) {}
  ~PortLock() { KeReleaseSpinLock(lock_, irql_); }
  PortLock(const PortLock&) = delete;
  PortLock& operator=(const PortLock&) = delete;

 private:
  KSPIN_LOCK* lock_;
  KIRQL irql_;
};

/// Requests that have ended, to be completed once the port lock has been released.
class Ended {
 public:
  /// `request` is no longer the port's afterwards. Caller holds the port lock.
  void add(Adapter& adapter, Request& request);
  /// Completes the IRPs and calls back who waits, in the order of add(). Without the port lock, at most DISPATCH_LEVEL.
  void complete(Adapter& adapter);
  ~Ended();

 private:
  IRP* first_irp_ = nullptr;
  IRP* last_irp_ = nullptr;
  RequestList own_;
};

// The caller of all of these holds the port lock.
Request* allocate_request(Adapter& adapter);
void free_request(Adapter& adapter, Request& request);
/// A request for `unit` goes where it has to wait, and starts if it may. `ended` gets it if it is refused at once.
void arrive(Adapter& adapter, Request& request, Ended& ended);
/// The unit may have something to start: into the adapter's list of ready units if so (SP-056).
void consider(LogicalUnit& unit);
/// Starts what may start.
void start_requests(Adapter& adapter);
/// Ends a request that never reached, or no longer is with, the miniport.
void end_in_port(Adapter& adapter, Request& request, UCHAR srb_status, NTSTATUS status, Ended& ended);
/// Takes everything that waits for `unit` and ends it.
void end_waiting(Adapter& adapter, LogicalUnit& unit, UCHAR srb_status, NTSTATUS status, Ended& ended);

/// Makes a request from an IRP that a class driver sent and lets it arrive. Returns STATUS_PENDING.
NTSTATUS submit(LogicalUnit& unit, IRP* irp, SCSI_REQUEST_BLOCK* srb);

/// Sends a request of the port's own and waits. `buffer` is driver-visible memory. IRQL: PASSIVE_LEVEL.
struct OwnWmi {
  UCHAR minor = 0, flags = 0;
  PVOID path = nullptr;
};
struct OwnRequest {
  UCHAR function = SRB_FUNCTION_EXECUTE_SCSI;
  UCHAR cdb[16] = {};
  UCHAR cdb_length = 0;
  ULONG flags = 0;
  ULONG timeout_s = 0;
  PVOID buffer = nullptr;
  ULONG length = 0;
  PVOID sense = nullptr;
  UCHAR sense_length = 0;
  OwnWmi wmi;          ///< for SRB_FUNCTION_WMI
  IRP* irp = nullptr;  ///< whose buffers these are, for OriginalRequest
  MDL* mdl = nullptr;
};
struct OwnResult {
  NTSTATUS status = 0;
  UCHAR srb_status = 0, scsi_status = 0;
  ULONG length = 0;
  UCHAR sense_length = 0;
};
OwnResult send_and_wait(LogicalUnit& unit, const OwnRequest& what);

}  // namespace drydock::port::scsiport
