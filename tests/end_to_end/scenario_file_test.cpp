// Scenarios that people write: a step a line, and what is said about a line that is none.

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

Ran run_steps(const std::string& text, std::string& path, const std::string& options = "") {
  const TemporaryFile file("night.steps", text);
  path = file.path();
  return drydock("run " + guest("pvscsi") + " --scenario " + path + " " + options);
}

TEST(ScenarioFile, RunsItsSteps) {
  std::string path;
  const Ran ran = run_steps(
      "# what happens in a night\n"
      "board pvscsi\n"
      "io 100\n"
      "rebalance new, cancel-stop\n"
      "sleep S4\nwake\n"
      "disable\nenable   # in the morning\n"
      "wait 250 ms\n"
      "verify\n",
      path);
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  std::size_t at = 0;
  for (const char* step : {" load ", " start ", " enumerate ", " io ", " rebalance new ", " cancel-stop ", " sleep S4 ",
                           " wake ", " disable ", " enable ", " wait ", " verify ", " unload "}) {
    const std::size_t found = ran.output.find(step, at);
    EXPECT_NE(found, std::string::npos) << step << "\n" << ran.output;
    if (found != std::string::npos) at = found;
  }
  EXPECT_TRUE(ran.says("250 ms passed")) << ran.output;
  EXPECT_TRUE(ran.says(" 0 lost")) << ran.output;
}

TEST(ScenarioFile, IsReplayed) {
  const TemporaryFile file("night.steps", "io\nunplug\nplug\nverify\n");
  const Ran ran = drydock("run " + guest("pvscsi") + " --board pvscsi --seed 5 --save " + file.path() +
                          ".run --scenario " + file.path());
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  const Ran again = drydock("replay " + file.path() + ".run");
  std::filesystem::remove(file.path() + ".run");
  EXPECT_EQ(again.exit_code, 0) << again.output;
  EXPECT_EQ(again.after("digest "), ran.after("digest "));
}

struct BadLine {
  const char* text;
  const char* complaint;  ///< behind the file's name
};

TEST(ScenarioFile, NamesFileAndLineOfWhatItDoesNotKnow) {
  constexpr BadLine kBad[] = {
      {"io\n\nrebalnce\n", ":3: there is no step rebalnce (did you mean rebalance?)"},
      {"io\nreset\n", ":2: the step reset needs one of bus"},
      {"io\nreset buss\n", ":2: the step reset cannot be followed by buss (did you mean bus?)"},
      {"sleep S9\n", ":1: the step sleep cannot be followed by S9"},
      {"io\nverify hard\n", ":2: the step verify takes nothing behind it, and there is hard"},
      {"io ten\n", ":1: the step io takes a number from 1 to 100000, not ten"},
      {"io 0\n", ":1: the step io takes a number from 1 to 100000, not 0"},
      {"wait 5\n", ":1: the step wait takes a duration like 5 s or 250 ms, not 5"},
      {"board pvscsi\nboard empty\nio\n", ":2: the board is named a second time"},
      {"board\nio\n", ":1: board needs the name of a board"},
      {"# nothing\n", ": there is no step in it"},
      {"io\n\x01\n", ":2: this is no list of steps"},
      {"io\n", ": it names no board to run on"},
  };
  for (const BadLine& bad : kBad) {
    std::string path;
    const Ran ran = run_steps(bad.text, path);
    EXPECT_EQ(ran.exit_code, 2) << bad.text << ran.output;
    EXPECT_TRUE(ran.says(path + bad.complaint)) << bad.complaint << "\n" << ran.output;
    EXPECT_EQ(ran.output.find('\n'), ran.output.size() - 1) << "one sentence: " << ran.output;
  }
}

TEST(ScenarioFile, AMissingFileAndAnUnknownNameAreSaid) {
  EXPECT_TRUE(drydock("run " + guest("pvscsi") + " --scenario no/such.steps").says("no/such.steps"));
  const Ran ran = drydock("run " + guest("pvscsi") + " --scenario rebalnce");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.says("there is no scenario rebalnce (did you mean rebalance?)")) << ran.output;
}

}  // namespace
}  // namespace drydock::end_to_end
