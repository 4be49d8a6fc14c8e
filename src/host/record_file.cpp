#include "host/record_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace drydock::host {

namespace {

constexpr std::string_view kName = "drydock record ";
constexpr std::string_view kFirstLine = "drydock record 1\n";
constexpr char kEntries = 'e', kRun = 'r';
constexpr std::size_t kHeadBytes = 1 + 4 + 8;

void put_number(std::byte* to, std::uint64_t number, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) to[i] = static_cast<std::byte>(number >> i * 8);
}

std::uint64_t number_at(const std::byte* from, unsigned bytes) {
  std::uint64_t number = 0;
  for (unsigned i = 0; i < bytes; ++i) number |= std::uint64_t{std::to_integer<std::uint8_t>(from[i])} << i * 8;
  return number;
}

/// FNV-1a over kind, length and contents: against damage, not against malice.
std::uint64_t checksum(char kind, std::span<const std::byte> contents) {
  std::uint64_t sum = 0xCBF29CE484222325;
  const auto add = [&sum](std::uint8_t byte) { sum = (sum ^ byte) * 0x100000001B3; };
  add(static_cast<std::uint8_t>(kind));
  for (unsigned i = 0; i < 4; ++i) add(static_cast<std::uint8_t>(contents.size() >> i * 8));
  for (std::byte byte : contents) add(std::to_integer<std::uint8_t>(byte));
  return sum;
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Result<RecordWriter> RecordWriter::open(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!file) return error(path, ": cannot be written: ", std::strerror(errno));
  RecordWriter writer(std::move(file));
  writer.write_all(bytes_of(kFirstLine));
  return writer;
}

void RecordWriter::put(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const std::size_t part = std::min(bytes.size(), buffer_.size() - filled_);
    std::memcpy(buffer_.data() + filled_, bytes.data(), part);
    filled_ += part;
    bytes = bytes.subspan(part);
    if (filled_ == buffer_.size()) write_block(kEntries, {buffer_.data(), std::exchange(filled_, 0)});
  }
}

bool RecordWriter::finish(std::string_view run) {
  if (filled_ != 0) write_block(kEntries, {buffer_.data(), std::exchange(filled_, 0)});
  write_block(kRun, bytes_of(run));
  return !failed_;
}

void RecordWriter::write_block(char kind, std::span<const std::byte> contents) {
  std::array<std::byte, kHeadBytes> head;
  head[0] = static_cast<std::byte>(kind);
  put_number(head.data() + 1, contents.size(), 4);
  put_number(head.data() + 5, checksum(kind, contents), 8);
  write_all(head);
  write_all(contents);
}

void RecordWriter::write_all(std::span<const std::byte> bytes) {
  while (!bytes.empty() && !failed_) {
    const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    failed_ = written <= 0;
    if (!failed_) bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

bool is_record(std::span<const std::byte> file) {
  return text_of(file).starts_with(kName);
}

Result<Record> parse_record(std::span<const std::byte> file) {
  if (!text_of(file).starts_with(kFirstLine))
    return error("at offset 0: a record of another version; this Drydock reads \"",
                 kFirstLine.substr(0, kFirstLine.size() - 1), "\"");
  Record record;
  for (std::size_t at = kFirstLine.size();;) {
    const std::span<const std::byte> left = file.subspan(at);
    if (left.empty())
      return error("at offset ", at, ": the record has no end: the run that it is of did not finish");
    if (left.size() < kHeadBytes) return error("at offset ", at, ": the record breaks off within the head of a block");
    const char kind = static_cast<char>(left[0]);
    const std::uint64_t length = number_at(left.data() + 1, 4);
    if (length > left.size() - kHeadBytes)
      return error("at offset ", at, ": the record breaks off within a block of ", length, " bytes");
    const std::span<const std::byte> contents = left.subspan(kHeadBytes, length);
    if ((kind != kEntries && kind != kRun) || checksum(kind, contents) != number_at(left.data() + 5, 8))
      return error("at offset ", at, ": this block of the record is damaged");
    at += kHeadBytes + length;
    if (kind == kEntries) {
      record.entries.insert(record.entries.end(), contents.begin(), contents.end());
      continue;
    }
    record.run = text_of(contents);
    if (at != file.size()) return error("at offset ", at, ": something follows the end of the record");
    return record;
  }
}

}  // namespace drydock::host
