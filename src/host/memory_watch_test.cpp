#include "host/memory_watch.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <vector>

#include "host/descriptor.h"

namespace drydock::host {
namespace {

constexpr std::size_t kBytes = 1 << 20;

class Watched : public testing::Test {
 protected:
  Descriptor file = std::move(make_shared_memory("test", kBytes)).value();
  std::byte* memory =
      static_cast<std::byte*>(mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0));
  MemoryWatch watch = std::move(MemoryWatch::of(file.get(), kBytes)).value();
  ~Watched() override { munmap(memory, kBytes); }

  using Run = std::pair<std::size_t, std::size_t>;
  /// What differences() tells, having made a second memory the same by it.
  std::vector<Run> differences() {
    std::vector<Run> runs;
    watch.differences([&](std::size_t offset, std::span<const std::byte> now) {
      EXPECT_EQ(std::memcmp(now.data(), memory + offset, now.size()), 0);
      runs.emplace_back(offset, now.size());
    });
    return runs;
  }
};

TEST_F(Watched, NothingChangedIsNothingTold) {
  std::memset(memory + 8192, 7, 100);
  watch.remember();
  EXPECT_TRUE(differences().empty());
}

TEST_F(Watched, TellsEachRunAndJoinsNearOnes) {
  std::memset(memory + 4096, 7, 4096);
  watch.remember();
  std::memset(memory + 4100, 8, 3);
  std::memset(memory + 4110, 8, 1);
  std::memset(memory + 5000, 8, 40);
  EXPECT_EQ(differences(), (std::vector<Run>{{4096, 16}, {5000, 40}}));
}

TEST_F(Watched, AByteAtThePagesEdgesIsSeen) {
  watch.remember();
  memory[4095] = memory[4096] = memory[kBytes - 1] = std::byte{1};
  EXPECT_EQ(differences(), (std::vector<Run>{{4088, 8}, {4096, 8}, {kBytes - 8, 8}}));
}

TEST_F(Watched, WhatWasNeverWrittenBeforeCountsAsZero) {
  watch.remember();
  memory[3 * 4096 + 16] = std::byte{1};
  EXPECT_EQ(differences(), (std::vector<Run>{{3 * 4096 + 16, 8}}));
  watch.remember();
  memory[3 * 4096 + 16] = std::byte{0};
  EXPECT_EQ(differences(), (std::vector<Run>{{3 * 4096 + 16, 8}}));
}

}  // namespace
}  // namespace drydock::host
