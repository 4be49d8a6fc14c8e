#include "port/scsiport/retired_runs.h"

#include <gtest/gtest.h>

namespace drydock::port::scsiport {
namespace {

RetiredRun run(machine::PhysicalAddress start, std::uint64_t bytes) {
  RetiredRun result;
  result.start = start;
  result.bytes = bytes;
  return result;
}

TEST(RetiredRuns, FindsWhatOverlapsByAByte) {
  RetiredRuns runs;
  runs.add(run(0x10FF0, 0x20));  // over a page's end
  EXPECT_EQ(runs.find(0x10FE0, 0x10), nullptr);
  EXPECT_NE(runs.find(0x10FE0, 0x11), nullptr);
  EXPECT_NE(runs.find(0x1100F, 1), nullptr);
  EXPECT_EQ(runs.find(0x11010, 0x1000), nullptr);
  EXPECT_EQ(runs.find(0x10FF0 + (1024 << 12), 4), nullptr);  // another page of the same count
  EXPECT_EQ(runs.find(0x10FF0, 0), nullptr);
}

TEST(RetiredRuns, WhatIsTakenBackIsForgotten) {
  RetiredRuns runs;
  runs.add(run(0x1000, 0x1000));
  runs.add(run(0x1800, 0x1000));
  runs.take_back(0x1FFF, 1);
  EXPECT_EQ(runs.find(0, 0x10000), nullptr);
  runs.add(run(0x1000, 0x10));
  EXPECT_NE(runs.find(0x1000, 0x10000), nullptr);
}

TEST(RetiredRuns, TheOldestGoesFirst) {
  RetiredRuns runs;
  for (std::uint64_t n = 0; n < 257; ++n) runs.add(run(n << 12, 0x1000));
  EXPECT_EQ(runs.find(0, 0x1000), nullptr);
  for (std::uint64_t n = 1; n < 257; ++n) EXPECT_NE(runs.find(n << 12, 1), nullptr) << n;
}

TEST(RetiredRuns, ClearedThereIsNothing) {
  RetiredRuns runs;
  runs.add(run(0x1000, 0x1000));
  runs.clear();
  EXPECT_EQ(runs.find(0, 1 << 20), nullptr);
}

}  // namespace
}  // namespace drydock::port::scsiport
