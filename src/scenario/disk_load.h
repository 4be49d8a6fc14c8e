#pragma once
// Mixed reads and writes to a disk; every byte read is checked against the ledger.

#include <memory>
#include <vector>

#include "scenario/load.h"

namespace drydock::scenario {

/// The disk is used in so many cells, spread over its whole size; a cell is written by one request at a time, and not
/// read meanwhile.
class DiskSource final : public RequestSource {
 public:
  DiskSource(Stage& stage, Disk& disk);

  std::unique_ptr<SentRequest> send(RandomStream& random) override;
  void ended(SentRequest& sent, const ntos::io::user::IoResult& result) override;
  std::string describe(const SentRequest& sent) const override;

 private:
  static constexpr unsigned kCells = 32;
  static constexpr unsigned kCellBytes = 64 << 10;

  struct Cell {
    bool writing = false;
    unsigned reading = 0;
  };
  struct Transfer : SentRequest {
    bool write = false;
    unsigned cell = 0;
    std::uint64_t first = 0;
    std::uint32_t count = 0;
    std::uint32_t version = 0;
  };

  Stage& stage_;
  Disk& disk_;
  std::vector<Cell> cells_;
};

/// Reads back every cell of `disk` that was ever written to and checks each sector.
void verify_disk(Stage& stage, Disk& disk);

}  // namespace drydock::scenario
