// What a user may get wrong: one clear sentence each, exit code 2 or 3, never a crash.

#include <algorithm>

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

void expect_one_sentence(const Ran& ran, const std::string& about) {
  EXPECT_TRUE(ran.says(about)) << ran.output;
  EXPECT_EQ(std::count(ran.output.begin(), ran.output.end(), '\n'), 1) << ran.output;
}

TEST(BadInput, NoArgumentsShowsUsage) {
  const Ran ran = drydock("");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.says("--help")) << ran.output;
}

TEST(BadInput, AnUnknownOptionIsUsage) {
  EXPECT_EQ(drydock("run x.sys --sead 7").exit_code, 2);
  EXPECT_EQ(drydock("walk x.sys").exit_code, 2);
  EXPECT_EQ(drydock("run x.sys --processors 9").exit_code, 2);
}

// "drydock run ... | head -1" once head has gone.
TEST(BadInput, AnOutputThatNobodyReadsIsAQuietEnd) {
  constexpr int kPipe = 9;
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  close(pipe[0]);
  ASSERT_EQ(dup2(pipe[1], kPipe), kPipe);  // of one digit, as shells want it
  for (const std::string& line : {"run " + guest("wdm_echo"), std::string("probe --board edu")}) {
    const Ran ran = drydock(line + " 2>&1 >&9 #", "env --default-signal=PIPE ");
    EXPECT_EQ(ran.exit_code, 141) << line;
    EXPECT_EQ(ran.output, "") << line;
  }
  close(kPipe);
  close(pipe[1]);
}

TEST(BadInput, AMissingFileIsNamed) {
  const Ran ran = drydock("run /nowhere/missing.sys");
  EXPECT_EQ(ran.exit_code, 2);
  expect_one_sentence(ran, "/nowhere/missing.sys: cannot be opened");
}

TEST(BadInput, ADirectoryIsNoDriver) {
  const Ran ran = drydock("inspect /tmp");
  EXPECT_EQ(ran.exit_code, 2);
  expect_one_sentence(ran, "a directory");
}

TEST(BadInput, ATextFileIsNoDriver) {
  const TemporaryFile file("notes.sys", "This is not a driver.\nIt is a letter.\n");
  for (const char* command : {"run ", "inspect "}) {
    const Ran ran = drydock(command + file.path());
    EXPECT_EQ(ran.exit_code, 2);
    expect_one_sentence(ran, file.path());
  }
}

TEST(BadInput, AnEmptyFileIsNoDriver) {
  const TemporaryFile file("empty.sys", "");
  const Ran ran = drydock("run " + file.path());
  EXPECT_EQ(ran.exit_code, 2);
  expect_one_sentence(ran, file.path());
}

TEST(BadInput, ADamagedDriverIsRefusedByField) {
  const std::string whole = contents_of(guest("wdm_echo"));
  ASSERT_GT(whole.size(), 1000u);
  const TemporaryFile cut("cut.sys", whole.substr(0, 700));
  Ran ran = drydock("run " + cut.path());
  EXPECT_EQ(ran.exit_code, 2);
  expect_one_sentence(ran, cut.path());

  std::string damaged = whole;
  damaged[0x3C] = '\xF0', damaged[0x3D] = '\xFF', damaged[0x3E] = '\xFF';  // e_lfanew
  const TemporaryFile wild("wild.sys", damaged);
  ran = drydock("run " + wild.path());
  EXPECT_EQ(ran.exit_code, 2);
  expect_one_sentence(ran, wild.path());
}

TEST(BadInput, A32BitDriverIsRefused) {
  std::string file = contents_of(guest("wdm_echo"));
  const auto header = static_cast<unsigned char>(file[0x3C]) + 256u * static_cast<unsigned char>(file[0x3D]);
  file[header + 4] = '\x4C', file[header + 5] = '\x01';    // machine i386
  file[header + 24] = '\x0B', file[header + 25] = '\x01';  // PE32
  const TemporaryFile narrow("narrow.sys", file);
  const Ran ran = drydock("run " + narrow.path());
  EXPECT_EQ(ran.exit_code, 2);
  expect_one_sentence(ran, narrow.path());
}

TEST(BadInput, UnknownImportsAreListedAndEndTheRunByName) {
  const Ran inspected = drydock("inspect " + guest("zoo/unknown_import"));
  EXPECT_EQ(inspected.exit_code, 3);
  EXPECT_TRUE(inspected.says("KeFoldSpaceAndTime")) << inspected.output;
  const Ran ran = drydock("run " + guest("zoo/unknown_import"));
  EXPECT_EQ(ran.exit_code, 3) << ran.output;
  EXPECT_TRUE(ran.says("KeFoldSpaceAndTime")) << ran.output;
}

TEST(BadInput, ACallOfWhatIsNotBuiltEndsTheRunByName) {
  const Ran ran = drydock("run " + guest("zoo/calls_unimplemented"));
  EXPECT_EQ(ran.exit_code, 3) << ran.output;
  EXPECT_TRUE(ran.says("KeInitializeQueue is not implemented")) << ran.output;
}

TEST(BadInput, AnUnknownBoardOrScenarioIsNamed) {
  Ran ran = drydock("run " + guest("wdm_echo") + " --board pvscssi");
  EXPECT_EQ(ran.exit_code, 2);
  expect_one_sentence(ran, "pvscsi");
  ran = drydock("run " + guest("wdm_echo") + " --scenario holiday");
  EXPECT_EQ(ran.exit_code, 2);
  expect_one_sentence(ran, "holiday");
}

TEST(BadInput, AnUnreadableBoardNamesFileAndLine) {
  const TemporaryFile wrong("wrong.toml", "name = \"wrong\"\nprocesors = 2\n");
  Ran ran = drydock("run " + guest("wdm_echo") + " --board " + wrong.path());
  EXPECT_EQ(ran.exit_code, 2);
  expect_one_sentence(ran, wrong.path() + ":2");
  const TemporaryFile garbage("garbage.toml", "[[[ no board\n");
  ran = drydock("run " + guest("wdm_echo") + " --board " + garbage.path());
  EXPECT_EQ(ran.exit_code, 2);
  expect_one_sentence(ran, garbage.path());
  ran = drydock("run " + guest("wdm_echo") + " --board /nowhere/board.toml");
  EXPECT_EQ(ran.exit_code, 2);
  expect_one_sentence(ran, "/nowhere/board.toml");
}

TEST(BadInput, ABadBudgetAndABadTokenAreNamed) {
  Ran ran = drydock("run " + guest("wdm_echo") + " --budget soon");
  EXPECT_EQ(ran.exit_code, 2);
  expect_one_sentence(ran, "soon");
  for (const char* token : {"driver=", "nonsense=1", "board=pvscsi,scenario=io", "driver=%zz,board=a,scenario=b"}) {
    ran = drydock("replay " + quoted(token));
    EXPECT_EQ(ran.exit_code, 2) << token;
    EXPECT_TRUE(ran.says("replay") || ran.says("run")) << ran.output;
  }
}

TEST(Help, IsEverywhere) {
  for (const char* line : {"--help", "run --help", "inspect --help", "replay --help", "list --help",
                           "list boards --help", "list exports --help"}) {
    const Ran ran = drydock(line);
    EXPECT_EQ(ran.exit_code, 0) << line;
    EXPECT_TRUE(ran.says("xample")) << line << "\n" << ran.output;
  }
  EXPECT_TRUE(drydock("--version").says("drydock "));
}

TEST(List, NamesWhatThereIs) {
  EXPECT_TRUE(drydock("list boards").says("pvscsi"));
  EXPECT_TRUE(drydock("list scenarios").says("lifecycle"));
  EXPECT_TRUE(drydock("list models").says("pvscsi"));
  const Ran exports = drydock("list exports");
  EXPECT_EQ(exports.exit_code, 0);
  EXPECT_TRUE(exports.says("ntoskrnl.exe!IoCreateDevice")) << exports.output.substr(0, 400);
  EXPECT_TRUE(exports.says("scsiport.sys!ScsiPortInitialize"));
}

}  // namespace
}  // namespace drydock::end_to_end
