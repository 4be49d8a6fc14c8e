#include <gtest/gtest.h>

#include "ntos/rtl/memory.h"

namespace drydock::ntos {
namespace {

struct Map {
  ULONG words[4] = {};
  RTL_BITMAP map{};
  explicit Map(ULONG bits) { RtlInitializeBitMap(&map, words, bits); }
};

TEST(Bitmap, SetsClearsAndTestsSingleBitsAndRuns) {
  Map m(100);
  RtlSetBit(&m.map, 31);
  RtlSetBits(&m.map, 60, 10);
  EXPECT_TRUE(RtlTestBit(&m.map, 31));
  EXPECT_FALSE(RtlTestBit(&m.map, 32));
  EXPECT_EQ(RtlNumberOfSetBits(&m.map), 11u);
  EXPECT_EQ(RtlNumberOfClearBits(&m.map), 89u);
  EXPECT_TRUE(RtlAreBitsSet(&m.map, 60, 10));
  EXPECT_FALSE(RtlAreBitsSet(&m.map, 59, 11));
  RtlClearBits(&m.map, 62, 3);
  EXPECT_TRUE(RtlAreBitsClear(&m.map, 62, 3));
  EXPECT_FALSE(RtlAreBitsClear(&m.map, 95, 6)) << "beyond the end";
  RtlSetAllBits(&m.map);
  EXPECT_EQ(RtlNumberOfSetBits(&m.map), 100u);
}

TEST(Bitmap, FindsRunsFromTheHintAndThenFromTheStart) {
  Map m(64);
  EXPECT_EQ(RtlFindClearBitsAndSet(&m.map, 8, 0), 0u);
  EXPECT_EQ(RtlFindClearBitsAndSet(&m.map, 8, 20), 20u);
  EXPECT_EQ(RtlFindClearBits(&m.map, 12, 0), 8u);
  EXPECT_EQ(RtlFindClearBits(&m.map, 13, 0), 28u);
  EXPECT_EQ(RtlFindClearBits(&m.map, 10, 60), 8u) << "wraps to the start";
  EXPECT_EQ(RtlFindClearBits(&m.map, 40, 0), ~0u);
  EXPECT_EQ(RtlFindSetBits(&m.map, 8, 1), 20u);
  EXPECT_EQ(RtlFindSetBitsAndClear(&m.map, 8, 0), 0u);
  EXPECT_FALSE(RtlTestBit(&m.map, 3));
}

TEST(Bitmap, NamesClearRuns) {
  Map m(40);
  RtlSetBits(&m.map, 0, 2);
  RtlSetBits(&m.map, 5, 1);
  RtlSetBits(&m.map, 16, 20);
  ULONG start = 0;
  EXPECT_EQ(RtlFindFirstRunClear(&m.map, &start), 3u);
  EXPECT_EQ(start, 2u);
  EXPECT_EQ(RtlFindLongestRunClear(&m.map, &start), 10u);
  EXPECT_EQ(start, 6u);
  RTL_BITMAP_RUN runs[2];
  EXPECT_EQ(RtlFindClearRuns(&m.map, runs, 2, TRUE), 2u);
  EXPECT_EQ(runs[0].StartingIndex, 6u);
  EXPECT_EQ(runs[1].StartingIndex, 36u);
  EXPECT_EQ(RtlFindClearRuns(&m.map, runs, 2, FALSE), 2u);
  EXPECT_EQ(runs[0].StartingIndex, 2u);
  EXPECT_EQ(runs[1].StartingIndex, 6u);
}

TEST(Bitmap, BitsOfNumbers) {
  EXPECT_EQ(RtlFindLeastSignificantBit(0), -1);
  EXPECT_EQ(RtlFindLeastSignificantBit(0x50), 4);
  EXPECT_EQ(RtlFindMostSignificantBit(0x50), 6);
  EXPECT_EQ(RtlNumberOfSetBitsUlongPtr(0xFF), 8u);
}

TEST(Memory, ComparesAndChecks) {
  EXPECT_EQ(RtlCompareMemory("abcdef", "abcxef", 6), 3u);
  ULONG words[] = {7, 7, 8};
  EXPECT_EQ(RtlCompareMemoryUlong(words, 12, 7), 8u);
  EXPECT_EQ(RtlComputeCrc32(0, "123456789", 9), 0xCBF43926u);
}

TEST(Time, FieldsAndBack) {
  TIME_FIELDS fields{2024, 2, 29, 23, 59, 58, 999, 0};
  LARGE_INTEGER time;
  ASSERT_TRUE(RtlTimeFieldsToTime(&fields, &time));
  TIME_FIELDS back;
  RtlTimeToTimeFields(&time, &back);
  EXPECT_EQ(back.Year, 2024);
  EXPECT_EQ(back.Month, 2);
  EXPECT_EQ(back.Day, 29);
  EXPECT_EQ(back.Hour, 23);
  EXPECT_EQ(back.Milliseconds, 999);
  EXPECT_EQ(back.Weekday, 4) << "a Thursday";
  fields.Year = 2023;
  EXPECT_FALSE(RtlTimeFieldsToTime(&fields, &time));
  ULONG seconds = 0;
  RtlSecondsSince1970ToTime(1'000'000'000, &time);
  EXPECT_TRUE(RtlTimeToSecondsSince1970(&time, &seconds));
  EXPECT_EQ(seconds, 1'000'000'000u);
  RtlTimeToTimeFields(&time, &back);
  EXPECT_EQ(back.Year, 2001);
  EXPECT_EQ(back.Month, 9);
  EXPECT_EQ(back.Day, 9);
}

TEST(Time, EveryDayOfFourCenturiesFollowsTheOneBefore) {
  LARGE_INTEGER time{.QuadPart = 0};
  TIME_FIELDS last{1600, 12, 31, 0, 0, 0, 0, 0};
  for (int day = 0; day < 146'097; ++day, time.QuadPart += 864'000'000'000) {
    TIME_FIELDS fields;
    RtlTimeToTimeFields(&time, &fields);
    bool next_day = fields.Day == last.Day + 1 && fields.Month == last.Month;
    bool first = fields.Day == 1 && fields.Month == last.Month % 12 + 1;
    ASSERT_TRUE(next_day || first) << fields.Year << '-' << fields.Month << '-' << fields.Day;
    LARGE_INTEGER back;
    ASSERT_TRUE(RtlTimeFieldsToTime(&fields, &back));
    ASSERT_EQ(back.QuadPart, time.QuadPart);
    last = fields;
  }
}

}  // namespace
}  // namespace drydock::ntos
