#include "models/scsi/logical_unit.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "host/check.h"
#include "models/scsi/big_endian.h"

namespace drydock::models::scsi {

namespace {

constexpr std::size_t kChunkBytes = 4096;
constexpr unsigned kUnmapDescriptorsMax = 256;

/// Left-justified, padded with blanks, as INQUIRY wants its text.
void put_text(std::span<std::byte> field, std::string_view text) {
  std::memset(field.data(), ' ', field.size());
  std::memcpy(field.data(), text.data(), std::min(text.size(), field.size()));
}

/// Commands are padded to 16 bytes so that a short CDB reads as zeros, not past its end.
std::array<std::uint8_t, 16> padded(std::span<const std::uint8_t> cdb) {
  std::array<std::uint8_t, 16> result{};
  std::copy_n(cdb.begin(), std::min<std::size_t>(cdb.size(), 16), result.begin());
  return result;
}

}  // namespace

std::array<std::byte, kFixedSenseBytes> fixed_sense(Sense sense) {
  std::array<std::byte, kFixedSenseBytes> data{};
  data[0] = std::byte{0x70};  // current error, fixed format
  data[2] = std::byte{sense.key};
  data[7] = std::byte{kFixedSenseBytes - 8};
  data[12] = std::byte{sense.code};
  data[13] = std::byte{sense.qualifier};
  return data;
}

void send_allocated(DataStream& stream, std::span<const std::byte> data, std::uint32_t allocation_length) {
  stream.to_initiator(data.first(std::min<std::size_t>(data.size(), allocation_length)));
}

LogicalUnit::LogicalUnit(UnitIdentity identity, std::shared_ptr<disk::Backing> backing, std::uint32_t block_bytes)
    : identity_(std::move(identity)), backing_(std::move(backing)), block_bytes_(block_bytes) {
  HOST_CHECK(backing_ != nullptr);
  HOST_CHECK(block_bytes_ >= 512 && block_bytes_ <= kChunkBytes && kChunkBytes % block_bytes_ == 0);
}

void LogicalUnit::reset() {
  unit_attention_ = sense::kReset;
  reserved_by_.reset();
  stopped_ = false;
}

Response LogicalUnit::execute(std::span<const std::uint8_t> received, DataStream& stream, InitiatorId initiator) {
  const auto cdb = padded(received);
  const std::span<const std::uint8_t> bytes(cdb);
  const std::uint8_t code = cdb[0];

  if (code == opcode::kInquiry) return inquiry(bytes, stream);
  if (code == opcode::kRequestSense) return request_sense(bytes, stream);
  if (unit_attention_) return check_condition(*std::exchange(unit_attention_, std::nullopt));
  const bool releases = code == opcode::kRelease6 || code == opcode::kRelease10;  // from others: no effect, no conflict
  if (reserved_by_ && *reserved_by_ != initiator && !releases) return {Status::ReservationConflict, {}};

  const auto extent6 = [&] {
    return Extent{get_big_endian(bytes.subspan(1, 3)) & 0x1FFFFF, cdb[4] == 0 ? 256u : cdb[4]};
  };
  const auto extent10 = [&] {
    return Extent{get_big_endian(bytes.subspan(2, 4)), get_big_endian(bytes.subspan(7, 2))};
  };
  const auto extent12 = [&] {
    return Extent{get_big_endian(bytes.subspan(2, 4)), get_big_endian(bytes.subspan(6, 4))};
  };
  const auto extent16 = [&] {
    return Extent{get_big_endian(bytes.subspan(2, 8)), get_big_endian(bytes.subspan(10, 4))};
  };

  switch (code) {
    case opcode::kReserve6:
    case opcode::kReserve10:
      return reserve(initiator);
    case opcode::kRelease6:
    case opcode::kRelease10:
      return release(initiator);
    case opcode::kStartStopUnit:
      return start_stop(bytes);
    case opcode::kModeSense6:
    case opcode::kModeSense10:
      return mode_sense(bytes, stream);
    case opcode::kSendDiagnostic:
      return (cdb[1] & 0x04) ? good() : check_condition(sense::kInvalidFieldInCdb);
    case opcode::kPreventAllowRemoval:
      return good();
    case opcode::kTestUnitReady:
      return stopped_ ? check_condition(sense::kStopped) : good();
    case opcode::kRead6:
    case opcode::kRead10:
    case opcode::kRead12:
    case opcode::kRead16:
    case opcode::kWrite6:
    case opcode::kWrite10:
    case opcode::kWrite12:
    case opcode::kWrite16:
    case opcode::kVerify10:
    case opcode::kVerify16:
    case opcode::kReadCapacity10:
    case opcode::kServiceActionIn16:
    case opcode::kSynchronizeCache10:
    case opcode::kSynchronizeCache16:
    case opcode::kUnmap:
      break;
    default:
      return check_condition(sense::kInvalidOpcode);
  }

  // What is left needs a medium that turns.
  if (stopped_) return check_condition(sense::kStopped);
  switch (code) {
    case opcode::kRead6:
      return read(extent6(), stream);
    case opcode::kRead10:
      return read(extent10(), stream);
    case opcode::kRead12:
      return read(extent12(), stream);
    case opcode::kRead16:
      return read(extent16(), stream);
    case opcode::kWrite6:
      return write(extent6(), stream);
    case opcode::kWrite10:
      return write(extent10(), stream);
    case opcode::kWrite12:
      return write(extent12(), stream);
    case opcode::kWrite16:
      return write(extent16(), stream);
    case opcode::kVerify10:
      return verify(extent10(), cdb[1] & 0x02, stream);
    case opcode::kVerify16:
      return verify(extent16(), cdb[1] & 0x02, stream);
    case opcode::kReadCapacity10:
      return read_capacity_10(stream);
    case opcode::kServiceActionIn16:
      return read_capacity_16(bytes, stream);
    case opcode::kSynchronizeCache10:
      return synchronize(extent10());
    case opcode::kUnmap:
      return unmap(bytes, stream);
    default:
      return synchronize(extent16());
  }
}

bool LogicalUnit::holds(Extent extent) const {
  return extent.first <= block_count() && extent.count <= block_count() - extent.first;
}

Response LogicalUnit::inquiry(std::span<const std::uint8_t> cdb, DataStream& stream) {
  const auto allocation_length = static_cast<std::uint32_t>(get_big_endian(cdb.subspan(3, 2)));
  if (cdb[1] & 0x01) return vital_product_data(cdb[2], allocation_length, stream);
  if (cdb[1] != 0 || cdb[2] != 0) return check_condition(sense::kInvalidFieldInCdb);
  std::array<std::byte, 36> data{};
  data[2] = std::byte{0x05};  // SPC-3
  data[3] = std::byte{0x02};  // response data format
  data[4] = std::byte{data.size() - 5};
  data[7] = std::byte{0x02};  // CMDQUE
  put_text(std::span(data).subspan(8, 8), identity_.vendor);
  put_text(std::span(data).subspan(16, 16), identity_.product);
  put_text(std::span(data).subspan(32, 4), identity_.revision);
  send_allocated(stream, data, allocation_length);
  return good();
}

Response LogicalUnit::vital_product_data(std::uint8_t page, std::uint32_t allocation_length, DataStream& stream) {
  std::vector<std::byte> data{std::byte{0}, std::byte{page}, std::byte{0}, std::byte{0}};
  switch (page) {
    case 0x00:  // supported pages
      for (const int supported : {0x00, 0x80, 0x83, 0xB0, 0xB2}) data.push_back(static_cast<std::byte>(supported));
      break;
    case 0x80:  // unit serial number
      for (const char c : identity_.serial_number) data.push_back(static_cast<std::byte>(c));
      break;
    case 0x83: {  // device identification: one NAA locally assigned designator
      data.resize(4 + 4 + 8);
      data[4] = std::byte{0x01};  // binary
      data[5] = std::byte{0x03};  // associated with the logical unit, NAA
      data[7] = std::byte{8};
      put_big_endian(std::span(data).subspan(8, 8), 0x3ull << 60 | (identity_.name & ~(0xFull << 60)));
      break;
    }
    case 0xB0:  // block limits: of UNMAP, as many blocks as anybody likes
      data.resize(4 + 60);
      put_big_endian(std::span(data).subspan(20, 4), 0xFFFFFFFF);
      put_big_endian(std::span(data).subspan(24, 4), kUnmapDescriptorsMax);
      break;
    case 0xB2:  // logical block provisioning: UNMAP works, and unmapped blocks read as zeros (LBPU, LBPRZ)
      data.resize(4 + 4);
      data[5] = std::byte{0x84};
      data[6] = std::byte{0x02};  // thin
      break;
    default:
      return check_condition(sense::kInvalidFieldInCdb);
  }
  put_big_endian(std::span(data).subspan(2, 2), data.size() - 4);
  send_allocated(stream, data, allocation_length);
  return good();
}

Response LogicalUnit::request_sense(std::span<const std::uint8_t> cdb, DataStream& stream) {
  const Sense pending = unit_attention_ ? *std::exchange(unit_attention_, std::nullopt)
                        : stopped_      ? sense::kStopped
                                        : sense::kNone;
  send_allocated(stream, fixed_sense(pending), cdb[4]);
  return good();
}

Response LogicalUnit::mode_sense(std::span<const std::uint8_t> cdb, DataStream& stream) {
  const bool ten = cdb[0] == opcode::kModeSense10;
  const std::uint8_t page = cdb[2] & 0x3F;
  const bool changeable = cdb[2] >> 6 == 1;  // nothing is
  const bool block_descriptor = !(cdb[1] & 0x08);
  const std::uint8_t subpage = cdb[3];
  if (cdb[2] >> 6 == 3 || (subpage != 0 && subpage != 0xFF)) return check_condition(sense::kInvalidFieldInCdb);

  std::vector<std::byte> data(ten ? 8 : 4);
  data[ten ? 3 : 2] = backing_->read_only() ? std::byte{0x90} : std::byte{0x10};  // WP, DPOFUA
  if (block_descriptor) {
    const std::size_t at = data.size();
    data[ten ? 7 : 3] = std::byte{8};
    data.resize(at + 8);
    put_big_endian(std::span(data).subspan(at, 4), std::min<std::uint64_t>(block_count(), 0xFFFFFFFF));
    put_big_endian(std::span(data).subspan(at + 5, 3), block_bytes_);
  }
  const auto add_page = [&](std::uint8_t code, std::uint8_t length, unsigned flag_at, std::uint8_t flags) {
    const std::size_t at = data.size();
    data.resize(at + 2 + length);
    data[at] = std::byte{code};
    data[at + 1] = std::byte{length};
    if (!changeable) data[at + flag_at] = std::byte{flags};
  };
  bool known = false;
  if (page == 0x08 || page == 0x3F) add_page(0x08, 18, 2, 0x00), known = true;  // caching: no write cache
  if (page == 0x0A || page == 0x3F) add_page(0x0A, 10, 3, 0x10), known = true;  // control: unrestricted reordering
  if (!known) return check_condition(sense::kInvalidFieldInCdb);

  if (ten)
    put_big_endian(std::span(data).subspan(0, 2), data.size() - 2);
  else
    data[0] = static_cast<std::byte>(data.size() - 1);
  send_allocated(stream, data, ten ? static_cast<std::uint32_t>(get_big_endian(cdb.subspan(7, 2))) : cdb[4]);
  return good();
}

Response LogicalUnit::read_capacity_10(DataStream& stream) {
  std::array<std::byte, 8> data{};
  put_big_endian(std::span(data).subspan(0, 4), std::min<std::uint64_t>(block_count() - 1, 0xFFFFFFFF));
  put_big_endian(std::span(data).subspan(4, 4), block_bytes_);
  stream.to_initiator(data);
  return good();
}

Response LogicalUnit::read_capacity_16(std::span<const std::uint8_t> cdb, DataStream& stream) {
  if ((cdb[1] & 0x1F) != kServiceReadCapacity16) return check_condition(sense::kInvalidFieldInCdb);
  std::array<std::byte, 32> data{};
  put_big_endian(std::span(data).subspan(0, 8), block_count() - 1);
  put_big_endian(std::span(data).subspan(8, 4), block_bytes_);
  data[14] = std::byte{0xC0};  // LBPME, LBPRZ
  send_allocated(stream, data, static_cast<std::uint32_t>(get_big_endian(cdb.subspan(10, 4))));
  return good();
}

Response LogicalUnit::read(Extent extent, DataStream& stream) {
  if (!holds(extent)) return check_condition(sense::kLbaOutOfRange);
  std::array<std::byte, kChunkBytes> chunk;
  std::uint64_t at = extent.first * block_bytes_;
  const std::uint64_t end = at + extent.count * block_bytes_;
  while (at < end) {
    const std::span<std::byte> part(chunk.data(), std::min<std::uint64_t>(end - at, kChunkBytes));
    if (!backing_->read(at, part)) return check_condition(sense::kReadError);
    if (stream.to_initiator(part) < part.size()) break;
    at += part.size();
  }
  return good();
}

Response LogicalUnit::write(Extent extent, DataStream& stream) {
  if (!holds(extent)) return check_condition(sense::kLbaOutOfRange);
  if (backing_->read_only()) return check_condition(sense::kWriteProtected);
  std::array<std::byte, kChunkBytes> chunk;
  std::uint64_t at = extent.first * block_bytes_;
  const std::uint64_t end = at + extent.count * block_bytes_;
  while (at < end) {
    const std::span<std::byte> part(chunk.data(), std::min<std::uint64_t>(end - at, kChunkBytes));
    const std::size_t received = stream.from_initiator(part);
    const std::size_t whole_blocks = received - received % block_bytes_;
    if (whole_blocks != 0 && !backing_->write(at, part.first(whole_blocks))) return check_condition(sense::kWriteError);
    if (received < part.size()) break;
    at += part.size();
  }
  return good();
}

Response LogicalUnit::verify(Extent extent, bool compare, DataStream& stream) {
  if (!holds(extent)) return check_condition(sense::kLbaOutOfRange);
  if (!compare) return good();
  std::array<std::byte, kChunkBytes> chunk, sent;
  std::uint64_t at = extent.first * block_bytes_;
  const std::uint64_t end = at + extent.count * block_bytes_;
  while (at < end) {
    const std::span<std::byte> part(chunk.data(), std::min<std::uint64_t>(end - at, kChunkBytes));
    if (!backing_->read(at, part)) return check_condition(sense::kReadError);
    const std::size_t received = stream.from_initiator(std::span(sent).first(part.size()));
    if (std::memcmp(chunk.data(), sent.data(), received) != 0) return check_condition(sense::kMiscompare);
    if (received < part.size()) break;
    at += part.size();
  }
  return good();
}

Response LogicalUnit::synchronize(Extent extent) {
  if (!holds(extent)) return check_condition(sense::kLbaOutOfRange);
  return backing_->flush() ? good() : check_condition(sense::kWriteError);
}

/// SBC-3, 5.28: nothing is unmapped unless every descriptor is good.
Response LogicalUnit::unmap(std::span<const std::uint8_t> cdb, DataStream& stream) {
  constexpr std::size_t kHeaderBytes = 8, kDescriptorBytes = 16;
  if (backing_->read_only()) return check_condition(sense::kWriteProtected);
  const std::size_t length = get_big_endian(cdb.subspan(7, 2));
  if (length == 0) return good();
  std::array<std::byte, kHeaderBytes + kUnmapDescriptorsMax * kDescriptorBytes> list{};
  if (length < kHeaderBytes || length > list.size()) return check_condition(sense::kInvalidFieldInCdb);
  const std::size_t received = stream.from_initiator(std::span(list).first(length));
  std::array<std::uint8_t, sizeof(list)> bytes{};
  std::memcpy(bytes.data(), list.data(), received);
  const std::span<const std::uint8_t> all(bytes);
  const std::size_t described = get_big_endian(all.subspan(2, 2));
  if (described % kDescriptorBytes != 0 || kHeaderBytes + described > received)
    return check_condition(sense::kInvalidFieldInParameters);
  const auto extent_at = [&](std::size_t at) {
    return Extent{get_big_endian(all.subspan(at, 8)), get_big_endian(all.subspan(at + 8, 4))};
  };
  for (std::size_t at = kHeaderBytes; at < kHeaderBytes + described; at += kDescriptorBytes)
    if (!holds(extent_at(at))) return check_condition(sense::kLbaOutOfRange);
  for (std::size_t at = kHeaderBytes; at < kHeaderBytes + described; at += kDescriptorBytes) {
    const Extent extent = extent_at(at);
    if (!backing_->discard(extent.first * block_bytes_, extent.count * block_bytes_))
      return check_condition(sense::kWriteError);
  }
  return good();
}

Response LogicalUnit::start_stop(std::span<const std::uint8_t> cdb) {
  const bool power_condition = cdb[4] >> 4 != 0;
  if (!power_condition) stopped_ = !(cdb[4] & 0x01);
  return good();
}

Response LogicalUnit::reserve(InitiatorId initiator) {
  reserved_by_ = initiator;
  return good();
}

Response LogicalUnit::release(InitiatorId initiator) {
  if (reserved_by_ == initiator) reserved_by_.reset();
  return good();
}

}  // namespace drydock::models::scsi
