#include "models/scsi/target.h"

#include <array>
#include <utility>
#include <vector>

#include "host/check.h"
#include "models/scsi/big_endian.h"

namespace drydock::models::scsi {

namespace {

constexpr std::byte kNoSuchUnit{0x7F};  // peripheral qualifier 3, device type 0x1F

Response absent_unit(std::span<const std::uint8_t> cdb, DataStream& stream) {
  switch (cdb[0]) {
    case opcode::kInquiry: {
      if (cdb.size() < 6 || (cdb[1] & 0x01)) return check_condition(sense::kLunNotSupported);
      std::array<std::byte, 36> data{};
      data[0] = kNoSuchUnit;
      data[2] = std::byte{0x05};
      data[3] = std::byte{0x02};
      data[4] = std::byte{data.size() - 5};
      send_allocated(stream, data, static_cast<std::uint32_t>(get_big_endian(cdb.subspan(3, 2))));
      return good();
    }
    case opcode::kRequestSense:
      if (cdb.size() >= 6) send_allocated(stream, fixed_sense(sense::kLunNotSupported), cdb[4]);
      return good();
    default:
      return check_condition(sense::kLunNotSupported);
  }
}

}  // namespace

void Target::add(std::uint8_t lun, LogicalUnit unit) {
  const bool added = units_.emplace(lun, std::move(unit)).second;
  HOST_CHECK(added);
}

LogicalUnit* Target::unit(std::uint8_t lun) {
  const auto found = units_.find(lun);
  return found == units_.end() ? nullptr : &found->second;
}

Response Target::execute(std::uint8_t lun, std::span<const std::uint8_t> cdb, DataStream& stream,
                         InitiatorId initiator) {
  if (cdb.empty()) return check_condition(sense::kInvalidOpcode);
  if (cdb[0] == opcode::kReportLuns) return report_luns(cdb, stream);
  LogicalUnit* addressed = unit(lun);
  return addressed ? addressed->execute(cdb, stream, initiator) : absent_unit(cdb, stream);
}

Response Target::report_luns(std::span<const std::uint8_t> cdb, DataStream& stream) {
  if (cdb.size() < 12) return check_condition(sense::kInvalidFieldInCdb);
  std::vector<std::byte> data(8 + 8 * units_.size());
  put_big_endian(std::span(data).subspan(0, 4), 8 * units_.size());
  std::size_t at = 8;
  for (const auto& [lun, unit] : units_) {
    data[at + 1] = std::byte{lun};  // peripheral device addressing
    at += 8;
  }
  send_allocated(stream, data, static_cast<std::uint32_t>(get_big_endian(cdb.subspan(6, 4))));
  return good();
}

void Target::reset() {
  for (auto& [lun, unit] : units_) unit.reset();
}

}  // namespace drydock::models::scsi
