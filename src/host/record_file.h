#pragma once
// The file of a recorded run: a first line with the version, then blocks, each with its kind, its length and a checksum.
//
//   "drydock record 1\n"
//   block: kind (1 byte), length of the contents (4 bytes, little-endian), checksum of all that (8 bytes), contents
//
// Blocks of kind 'e' hold the entries, one behind the other; the last block has kind 'r' and says in text which run it was.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/descriptor.h"
#include "host/result.h"

namespace drydock::host {

/// Opened before a sandbox is entered, used within: nothing allocates after open().
class RecordWriter {
 public:
  static Result<RecordWriter> open(const std::string& path);

  /// Appends to the entries.
  void put(std::span<const std::byte> bytes);
  /// The end. False if something could not be written: the disk is full.
  bool finish(std::string_view run);

 private:
  explicit RecordWriter(Descriptor file) : file_(std::move(file)) {}
  void write_block(char kind, std::span<const std::byte> contents);
  void write_all(std::span<const std::byte> bytes);

  Descriptor file_;
  bool failed_ = false;
  std::size_t filled_ = 0;
  std::array<std::byte, 64 << 10> buffer_;
};

struct Record {
  std::vector<std::byte> entries;
  std::string run;
};

/// Whether a file that begins so is meant to be one.
bool is_record(std::span<const std::byte> file);
/// Fails with one sentence that says at which offset the file is damaged.
Result<Record> parse_record(std::span<const std::byte> file);

}  // namespace drydock::host
