#pragma once
// What a disk must hold: an acknowledged write is found later; a write that failed may have happened or not.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "scenario/sector.h"

namespace drydock::scenario {

class Ledger {
 public:
  /// `blank`: what was never written reads as zeros; otherwise it may hold anything.
  Ledger(std::uint32_t disk, bool blank) : disk_(disk), blank_(blank) {}

  /// A new version of these blocks is about to be written; returns it.
  std::uint32_t begin_write(std::uint64_t first, std::uint32_t count);
  void acknowledged(std::uint64_t first, std::uint32_t count, std::uint32_t version);
  void failed(std::uint64_t first, std::uint32_t count, std::uint32_t version);

  /// Compares what was read at `block`. Returns "" or a sentence about the difference. Seeing one of several possible
  /// versions settles which it is.
  std::string check(std::uint64_t block, std::span<const std::byte> sector);

  std::size_t blocks_written() const { return blocks_.size(); }
  /// Every block ever written, as ascending runs (first, count) of at most `length_max` blocks.
  std::vector<std::pair<std::uint64_t, std::uint32_t>> runs_written(std::uint32_t length_max) const;

 private:
  struct Block {
    std::uint32_t sure = 0;            ///< the last acknowledged version
    std::vector<std::uint32_t> maybe;  ///< of writes that failed since
  };
  std::uint32_t disk_;
  bool blank_;
  std::uint32_t last_version_ = 0;
  std::map<std::uint64_t, Block> blocks_;
};

}  // namespace drydock::scenario
