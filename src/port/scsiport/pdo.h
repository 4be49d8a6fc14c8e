#pragma once
// A logical unit: its queue, what the miniport owns of it, and the PDO above which class drivers sit.

#include <string>

#include "nt/device_object.h"
#include "nt/scsi.h"
#include "port/scsiport/queue.h"

namespace drydock::port::scsiport {

struct LogicalUnit {
  Adapter* adapter = nullptr;
  UnitAddress address;
  LogicalUnit* next_in_bucket = nullptr;

  // The device above.
  DEVICE_OBJECT* pdo = nullptr;  ///< null while the unit is only being asked for (scan)
  bool initiator = false;        ///< the adapter's pseudo unit (SP-051); no PDO
  bool wmi_registered = false;
  PVOID extension = nullptr;  ///< SpecificLuExtension: pool, zeroed at birth (SP-152)
  INQUIRYDATA inquiry{};
  ULONG inquiry_length = 0;
  bool claimed = false;       ///< SP-094
  bool missing = false;       ///< silent in the last scan
  bool reported = false;      ///< in the last bus relations
  bool seen = false;          ///< while a scan is under way
  bool has_answered = false;  ///< selection succeeded once (SP-152)
  bool pdo_started = false;
  bool removed = false;  ///< REMOVE_DEVICE came: requests end with NO_DEVICE (SP-278)
  bool powered = true;   ///< in D0 (SP-066)
  DEVICE_POWER_STATE device_power = PowerDeviceD0;
  SYSTEM_POWER_STATE system_power = PowerSystemWorking;

  // Waiting.
  RequestQueue queue;
  RequestList bypass;        ///< SP-243: ahead of the queue
  RequestList retries;       ///< were given back busy, due again
  RequestList busy;          ///< given back busy, wait for the next tick (SP-089)
  RequestList quiesce;       ///< QUIESCE_DEVICE requests (SP-256)
  Request* sense = nullptr;  ///< the port's REQUEST SENSE, waiting or owned (SP-251)
  bool sense_waits = false;
  bool frozen = false;  ///< SP-235
  machine::Time frozen_since{};
  std::uint32_t locks = 0;  ///< SP-257
  bool busy_until_tick = false;

  // Owned by the miniport, oldest first.
  RequestList owned;
  std::uint32_t untagged_owned = 0;
  Request* untagged = nullptr;    ///< the latest untagged one
  bool awaits_next = false;       ///< no NextLuRequest since the last one was started (SP-055)
  std::int32_t clock_ticks = -1;  ///< SP-223: of the oldest owned request; -1 while it does not run

  // Lists of the adapter.
  LogicalUnit* next_ready = nullptr;  ///< SP-056
  bool in_ready_list = false;
  LogicalUnit* next_notified = nullptr;  ///< NextLuRequest noted, under the interrupt lock
  bool notified = false;
};

/// The request that may start now, looking only at the unit itself; null if none may.
Request* startable(LogicalUnit& unit);
/// Takes `request`, found by startable(), out of the list it waits in.
void take_for_start(LogicalUnit& unit, Request* request);
/// Whether `request` would get a tag (SP-074).
bool wants_tag(const Adapter& adapter, const Request& request);

/// Adds a unit to its adapter. The extension is zeroed; null if pool is exhausted.
LogicalUnit* create_unit(Adapter& adapter, UnitAddress address);
/// Frees a unit nothing waits or is owned for. IRQL: PASSIVE_LEVEL.
void delete_unit(LogicalUnit& unit);
LogicalUnit* find_unit(Adapter& adapter, UnitAddress address);
/// The unit that carries requests for the adapter itself: the pseudo unit, or whichever stands first. Null if none.
LogicalUnit* unit_for_adapter(Adapter& adapter);
/// Makes the PDO of a unit that answered INQUIRY.
NTSTATUS create_pdo(LogicalUnit& unit);

/// Identifiers from INQUIRY data (SP-049). `multi` lists end with an empty string.
std::u16string device_id_of(const INQUIRYDATA& inquiry);
std::u16string hardware_ids_of(const INQUIRYDATA& inquiry);
std::u16string compatible_ids_of(const INQUIRYDATA& inquiry);
std::u16string instance_id_of(UnitAddress address);
/// "Disk", "CdRom", ... as Windows names peripheral device types.
const char* device_type_name(UCHAR device_type);

// ---- dispatch of IRPs sent to a PDO ----
NTSTATUS pdo_pnp(LogicalUnit& unit, DEVICE_OBJECT* device, IRP* irp);
NTSTATUS pdo_power(LogicalUnit& unit, DEVICE_OBJECT* device, IRP* irp);
NTSTATUS pdo_device_control(LogicalUnit& unit, DEVICE_OBJECT* device, IRP* irp);
NTSTATUS pdo_scsi(LogicalUnit& unit, DEVICE_OBJECT* device, IRP* irp);

}  // namespace drydock::port::scsiport
