// Live runs that are recorded, and made again from the record: byte for byte, without QEMU.

#include "end_to_end/mortal_qemu.h"

namespace drydock::end_to_end {
namespace {

/// Every event, ahead of the table, which also says how long it all took.
std::string trace_of(const Ran& ran) {
  return ran.output.substr(0, ran.output.find(" on board "));
}
std::string end_of(const Ran& ran) {
  return ran.output.substr(ran.output.size() - std::min<std::size_t>(4000, ran.output.size()));
}

Ran without_qemu(const std::string& line) {
  return drydock(line, "env PATH=/nowhere ");
}

class Record : public testing::Test {
 protected:
  const TemporaryFile file{"run.record", ""};

  void recorded_and_made_again(const std::string& line) {
    const Ran first = drydock("run " + line + " --plain --trace-text --record " + file.path());
    ASSERT_EQ(first.exit_code, 0) << end_of(first);
    EXPECT_TRUE(first.says("replay " + file.path())) << first.last_line();
    const Ran again = without_qemu("replay " + file.path() + " --plain --trace-text");
    EXPECT_EQ(again.exit_code, 0) << end_of(again);
    EXPECT_EQ(first.after("digest "), again.after("digest "));
    EXPECT_FALSE(first.after("digest ").empty());
    EXPECT_GT(trace_of(first).size(), 10'000u);
    EXPECT_TRUE(trace_of(first) == trace_of(again)) << "the traces differ";  // too long to print
  }
};

TEST_F(Record, ALifecycleOnQemusPvscsiIsMadeAgainWithoutQemu) {
  recorded_and_made_again(guest("pvscsi") + " --board qemu-pvscsi --requests 16");
}

TEST_F(Record, BusResetsWithRequestsOutstandingAreMadeAgain) {
  recorded_and_made_again(guest("pvscsi") + " --board qemu-pvscsi --scenario reset-bus --requests 32 --seed 3 --processors 2");
}

TEST_F(Record, AnAdapterThatIsPulledIsPulledAgain) {
  recorded_and_made_again(guest("am53c974") + " --board qemu-am53c974 --scenario surprise-removal --requests 16 --seed 2");
}

TEST_F(Record, EdusMessagesAndTransfersAreMadeAgain) {
  recorded_and_made_again(guest("edu") + " --board qemu-edu --requests 2");
}

TEST_F(Record, AQemuThatIsKilledEndsAgain) {
  const MortalQemu qemu;
  const Ran first = drydock("run " + guest("edu") + " --board qemu-edu --scenario io --requests 40 --plain --record " +
                            file.path(), qemu.path());
  EXPECT_EQ(first.exit_code, 7) << first.output;
  EXPECT_TRUE(first.says("\nQEMU ended ")) << first.output;
  const Ran again = without_qemu("replay " + file.path() + " --plain");
  EXPECT_EQ(again.exit_code, 7) << again.output;
  EXPECT_EQ(first.after("QEMU ended "), again.after("QEMU ended "));
  EXPECT_EQ(first.after("digest "), again.after("digest "));
}

TEST_F(Record, ADamagedRecordIsOneSentenceWithTheOffset) {
  ASSERT_EQ(drydock("run " + guest("edu") + " --board qemu-edu --scenario start --record " + file.path()).exit_code, 0);
  std::string bytes = contents_of(file.path());
  bytes[100] ^= 1;  // in the first block, which begins behind the first line
  const TemporaryFile damaged("damaged.record", bytes);
  const Ran ran = drydock("replay " + damaged.path());
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.says(damaged.path() + ": at offset 17: this block of the record is damaged\n")) << ran.output;
  const TemporaryFile short_one("short.record", bytes.substr(0, 200));
  EXPECT_TRUE(drydock("replay " + short_one.path()).says("at offset 17: the record breaks off"));
}

TEST_F(Record, AnotherDriverDoesNotFitAndIsNamed) {
  const TemporaryFile driver("driver.sys", contents_of(guest("edu")));
  ASSERT_EQ(drydock("run " + driver.path() + " --board qemu-edu --scenario start --record " + file.path()).exit_code, 0);
  std::ofstream(driver.path(), std::ios::binary) << contents_of(guest("edu_filter"));
  const Ran ran = without_qemu("replay " + file.path());
  EXPECT_EQ(ran.exit_code, 1) << ran.output;
  EXPECT_TRUE(ran.says("is not the file that ran then")) << ran.output;
  EXPECT_TRUE(ran.says("RECORD_DOES_NOT_FIT")) << ran.output;
}

TEST_F(Record, ABoardWithoutQemusDevicesHasBetterWays) {
  const Ran ran = drydock("run " + guest("pvscsi") + " --record " + file.path());
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.says("has no device of QEMU's")) << ran.output;
}

TEST_F(Record, KeepsOneRun) {
  const Ran ran = drydock("run " + guest("pvscsi") + " --board qemu-pvscsi --runs 3 --record " + file.path());
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.says("--record keeps one run")) << ran.output;
}

TEST(LiveRuns, ThatFailAreListedWithoutACommandThatRepeatsThem) {
  // QEMU's pvscsi cannot be made to hang.
  const Ran ran = drydock("run " + guest("pvscsi") + " --board qemu-pvscsi --scenario reset-function --runs 2 --keep-going --plain");
  EXPECT_EQ(ran.exit_code, 1) << ran.output;
  EXPECT_EQ(ran.last_line(),
            "these failed: 1, 2; live, on the wall's clock, they cannot be replayed; a run with --record FILE can");
  EXPECT_FALSE(ran.says("drydock replay")) << ran.output;
}

TEST_F(Record, AFullDiskIsSaid) {
  const Ran ran = drydock("run " + guest("edu") + " --board qemu-edu --scenario start --record /dev/full");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.says("/dev/full: cannot be written to its end")) << ran.output;
}

}  // namespace
}  // namespace drydock::end_to_end
