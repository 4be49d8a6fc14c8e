#pragma once
// What a failed SRB means, and whether it is worth another try: the class driver's judgement, as tables.

#include <cstdint>
#include <span>

#include "nt/scsi.h"
#include "nt/srb.h"
#include "nt/status.h"

namespace drydock::class_::disk {
using namespace nt;

/// SP-197: how often a request is tried again.
inline constexpr unsigned kRetriesMax = 4;

/// What an SRB came back with.
struct Failure {
  UCHAR function = SRB_FUNCTION_EXECUTE_SCSI;
  UCHAR operation = 0;   ///< Cdb[0]
  UCHAR srb_status = 0;  ///< without its flag bits
  UCHAR scsi_status = 0;
  bool has_sense = false;  ///< then the three below hold
  bool deferred = false;   ///< the sense is about an earlier command
  UCHAR key = 0, code = 0, qualifier = 0;
  NTSTATUS irp_status = 0;
  NTSTATUS internal_status = 0;  ///< with INTERNAL_ERROR
};

/// Reads SRB and sense buffer as the port left them. `irp_status` is that of the IRP that carried it.
Failure failure_of(const SCSI_REQUEST_BLOCK& srb, NTSTATUS irp_status);

/// What else is to be done about a failure.
enum class Remedy : std::uint8_t {
  None,
  StartUnit,  ///< START UNIT, while the request waits for its retry
  ResetBus,   ///< SP-157
};

struct Verdict {
  NTSTATUS status = 0;  ///< for the IRP if it is not tried again; success where there is nothing to complain of
  bool retry = false;
  bool only_once = false;    ///< at most one more try
  std::uint8_t delay_s = 0;  ///< before the retry; 0: at once
  bool counts = false;       ///< towards giving up queueing (SP-237)
  bool medium_may_differ = false;
  Remedy remedy = Remedy::None;
};

Verdict interpret(const Failure& failure);

// ---- the tables ----
inline constexpr int kAny = -1;

struct SenseRow {
  UCHAR key;
  int code, qualifier;  ///< kAny
  Verdict verdict;
};
struct SrbRow {
  UCHAR status;
  int scsi_status;  ///< kAny
  Verdict verdict;
};
std::span<const SenseRow> sense_rows();
std::span<const SrbRow> srb_rows();

}  // namespace drydock::class_::disk
