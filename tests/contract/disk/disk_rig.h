#pragma once
// A machine with disk.sys above a unit of the test's own making: a driver below it plays port, adapter and disk, and
// answers each SRB as the test says.

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "class/disk/statistics.h"
#include "machine/machine.h"
#include "nt/ioctl.h"
#include "nt/irp.h"
#include "nt/pnp.h"
#include "nt/scsi.h"
#include "nt/srb.h"
#include "nt/status.h"
#include "nt/storage.h"
#include "ntos/io/user.h"
#include "ntos/pnp/manager.h"

namespace drydock::tests::disk {
using namespace nt;
using namespace std::chrono_literals;
namespace user = ntos::io::user;

/// How the unit ends an SRB.
struct Reply {
  UCHAR srb_status = SRB_STATUS_SUCCESS;
  UCHAR scsi_status = SCSISTAT_GOOD;
  UCHAR key = 0, code = 0, qualifier = 0;  ///< with srb_status | SRB_STATUS_AUTOSENSE_VALID
  bool hold = false;                       ///< not now: finish() will
};
inline constexpr Reply kBusReset{.srb_status = SRB_STATUS_BUS_RESET};
inline constexpr Reply kTimeout{.srb_status = SRB_STATUS_TIMEOUT};
inline constexpr Reply kHold{.hold = true};
inline Reply check_condition(UCHAR key, UCHAR code = 0, UCHAR qualifier = 0) {
  return {SRB_STATUS_ERROR | SRB_STATUS_AUTOSENSE_VALID, SCSISTAT_CHECK_CONDITION, key, code, qualifier};
}

/// One SRB as it arrived.
struct Arrival {
  SCSI_REQUEST_BLOCK srb;
  machine::Time at;
  bool is(UCHAR function) const { return srb.Function == function; }
  bool is_command(UCHAR operation) const {
    return srb.Function == SRB_FUNCTION_EXECUTE_SCSI && srb.Cdb[0] == operation;
  }
  ULONG block() const { return big_endian_32(srb.Cdb + 2); }
};

/// Port, adapter and disk in one.
struct Unit {
  using Script = std::function<std::optional<Reply>(const SCSI_REQUEST_BLOCK&)>;

  // Before start.
  ULONG transfer_bytes_max = 0x10000;
  ULONG physical_pages_max = 17;
  bool queues = true, removable = false, write_cache = false, write_protected = false;
  std::vector<UCHAR> medium;
  bool unmaps = false;  ///< does UNMAP, and says so
  std::vector<std::vector<UCHAR>> unmapped;  ///< the parameter list of each UNMAP
  ULONGLONG blocks_claimed = 0;  ///< READ CAPACITY says so; 0: the size of the medium

  /// Asked first; nothing means that the unit does what it is told.
  Script script;
  std::vector<Arrival> arrivals;
  std::vector<IRP*> held;
  std::vector<std::string> diary;               ///< PnP and power IRPs between SRBs, for their order
  std::vector<std::pair<ULONG, UCHAR>> ioctls;  ///< code and minor function
  PNP_DEVICE_STATE pnp_state = 0;
  bool claimed = false;
  std::function<void()> on_arrival;  ///< called by AddDevice, before the disk's

  DEVICE_OBJECT* device = nullptr;
  DEVICE_OBJECT* lower = nullptr;
  DEVICE_OBJECT* pdo = nullptr;

  std::vector<Arrival> commands(UCHAR operation) const;
  std::vector<Arrival> functions(UCHAR function) const;
  std::size_t transfers() const { return commands(SCSIOP_READ).size() + commands(SCSIOP_WRITE).size(); }
  /// Replies to the first commands of that kind from now on, one each.
  void answer(UCHAR operation, std::vector<Reply> replies);
  void answer_all(UCHAR operation, Reply reply);
  /// Ends the oldest held SRB. With success it is carried out.
  void finish(Reply reply = {});
};

class DiskRig {
 public:
  explicit DiskRig(std::function<std::unique_ptr<machine::Strategy>()> strategy = {});

  machine::Machine& machine() { return *machine_; }
  Unit& unit() { return *unit_; }
  /// Enumerates, starts the disk and runs `body` on a machine thread. Findings fail the test.
  void run(const std::function<void()>& body);
  const class_::disk::DiskStatistics& account(std::size_t disk = 0) {
    return class_::disk::disk_statistics(*machine_)[disk];
  }

  // ---- on a machine thread ----
  static user::File open(std::u16string_view path = u"\\\\.\\PhysicalDrive0", NTSTATUS* status = nullptr) {
    return user::open(path, status);
  }
  ntos::pnp::Devnode& devnode();
  /// The unit is gone; returns when the disk has had its surprise removal.
  void pull();
  /// IRP_MJ_POWER to the top of the stack, waited for.
  NTSTATUS set_power(POWER_STATE_TYPE type, LONG state);
  /// Every request that came has ended, and no packet is out.
  void expect_even_account(std::size_t disk = 0);

 private:
  std::unique_ptr<machine::Machine> machine_;
  Unit* unit_ = nullptr;
};

/// A pattern that differs from sector to sector.
std::vector<std::byte> pattern(std::size_t bytes, unsigned seed = 1);
void sleep(machine::Duration duration);

}  // namespace drydock::tests::disk
