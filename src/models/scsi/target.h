#pragma once
// A SCSI target: one bus address with its logical units.

#include <cstdint>
#include <map>
#include <span>

#include "models/scsi/data_stream.h"
#include "models/scsi/logical_unit.h"

namespace drydock::models::scsi {

class Target {
 public:
  void add(std::uint8_t lun, LogicalUnit unit);
  bool remove(std::uint8_t lun) { return units_.erase(lun) != 0; }
  bool empty() const { return units_.empty(); }
  LogicalUnit* unit(std::uint8_t lun);

  /// REPORT LUNS is the target's own; the rest goes to the unit. Where there is no such unit, INQUIRY says so in its
  /// first byte, REQUEST SENSE in its data, and everything else ends in 5/25/00.
  Response execute(std::uint8_t lun, std::span<const std::uint8_t> cdb, DataStream& stream, InitiatorId initiator = 0);

  void reset();

 private:
  Response report_luns(std::span<const std::uint8_t> cdb, DataStream& stream);

  std::map<std::uint8_t, LogicalUnit> units_;
};

}  // namespace drydock::models::scsi
