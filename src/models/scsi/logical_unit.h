#pragma once
// A SCSI direct-access logical unit: the commands of SPC and SBC that disk drivers send.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "models/disk/backing.h"
#include "models/scsi/data_stream.h"
#include "models/scsi/scsi_codes.h"

namespace drydock::models::scsi {

using InitiatorId = std::uint64_t;

struct UnitIdentity {
  std::string vendor = "DRYDOCK";        ///< up to 8 characters
  std::string product = "VIRTUAL DISK";  ///< up to 16
  std::string revision = "1.0";          ///< up to 4
  std::string serial_number;             ///< VPD page 0x80; empty: made from target and LUN
  std::uint64_t name = 0;                ///< NAA designator of VPD page 0x83; 0: made from target and LUN
};

struct Response {
  Status status = Status::Good;
  Sense sense;  ///< meaningful with CheckCondition
};

constexpr Response good() {
  return {};
}
constexpr Response check_condition(Sense sense) {
  return {Status::CheckCondition, sense};
}

/// Fixed-format sense data (SPC-4, 4.5.3).
std::array<std::byte, kFixedSenseBytes> fixed_sense(Sense sense);

/// Sends `data`, cut to what the CDB's allocation length admits.
void send_allocated(DataStream& stream, std::span<const std::byte> data, std::uint32_t allocation_length);

class LogicalUnit {
 public:
  /// A unit is born with unit attention pending: it has just been powered on.
  LogicalUnit(UnitIdentity identity, std::shared_ptr<disk::Backing> backing, std::uint32_t block_bytes = 512);

  Response execute(std::span<const std::uint8_t> cdb, DataStream& stream, InitiatorId initiator = 0);

  /// A bus, target or unit reset: unit attention 6/29/00, reservations gone, spinning again.
  void reset();

  std::uint64_t block_count() const { return backing_->size_bytes() / block_bytes_; }
  std::uint32_t block_bytes() const { return block_bytes_; }
  disk::Backing& backing() { return *backing_; }
  std::optional<InitiatorId> reserved_by() const { return reserved_by_; }
  std::optional<Sense> unit_attention() const { return unit_attention_; }
  void raise_unit_attention(Sense sense) { unit_attention_ = sense; }

 private:
  struct Extent {
    std::uint64_t first;
    std::uint64_t count;
  };

  Response inquiry(std::span<const std::uint8_t> cdb, DataStream& stream);
  Response vital_product_data(std::uint8_t page, std::uint32_t allocation_length, DataStream& stream);
  Response request_sense(std::span<const std::uint8_t> cdb, DataStream& stream);
  Response mode_sense(std::span<const std::uint8_t> cdb, DataStream& stream);
  Response read_capacity_10(DataStream& stream);
  Response read_capacity_16(std::span<const std::uint8_t> cdb, DataStream& stream);
  Response read(Extent extent, DataStream& stream);
  Response write(Extent extent, DataStream& stream);
  Response verify(Extent extent, bool compare, DataStream& stream);
  Response synchronize(Extent extent);
  Response unmap(std::span<const std::uint8_t> cdb, DataStream& stream);
  Response start_stop(std::span<const std::uint8_t> cdb);
  Response reserve(InitiatorId initiator);
  Response release(InitiatorId initiator);
  bool holds(Extent extent) const;

  UnitIdentity identity_;
  std::shared_ptr<disk::Backing> backing_;
  std::uint32_t block_bytes_;
  std::optional<Sense> unit_attention_ = sense::kReset;
  std::optional<InitiatorId> reserved_by_;
  bool stopped_ = false;
};

}  // namespace drydock::models::scsi
