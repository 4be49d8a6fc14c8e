// Two pvscsi adapters, ours and QEMU's: the same steps end the same requests the same way.

#include <algorithm>
#include <iterator>
#include <set>
#include <sstream>

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

/// "READ 0:1:0, block 8, 512 bytes -> SRB_STATUS_SUCCESS" for each SRB that the port took back, in order. Without cache
/// flushes: they are sent to disks that cache writes, which is the disk's affair and not the adapter's.
std::vector<std::string> srb_ends(const std::string& board, const std::string& steps, const std::string& options = {}) {
  const TemporaryFile scenario("same.steps", steps);
  const Ran ran = drydock("run " + guest("pvscsi") + " --board " + board + " --plain --trace-text --scenario " +
                          scenario.path() + " " + options);
  EXPECT_EQ(ran.exit_code, 0) << ran.output.substr(ran.output.size() - std::min<std::size_t>(ran.output.size(), 3000));
  std::vector<std::string> ends;
  constexpr std::string_view kTakesBack = "takes back ";
  std::istringstream lines(ran.output);
  for (std::string line; std::getline(lines, line);)
    if (const std::size_t at = line.find(kTakesBack); at != std::string::npos)
      if (line.find("SYNCHRONIZE_CACHE") == std::string::npos) ends.push_back(line.substr(at + kTakesBack.size()));
  return ends;
}

TEST(QemuSequence, RequestsOneByOneEndInTheSameSequence) {
  // One request at a time: how requests overtake each other is a matter of time, and QEMU's is the wall's.
  std::string steps;
  for (int i = 0; i < 8; ++i) steps += "io 1\n";
  const std::vector<std::string> ours = srb_ends("pvscsi", steps), theirs = srb_ends("qemu-pvscsi", steps);
  EXPECT_GT(ours.size(), 40u);
  EXPECT_EQ(ours, theirs);
}

TEST(QemuSequence, AWholeLifeEndsTheSameRequestsTheSameWay) {
  // One request at a time on each of two units. Those of the stack itself come beside them, so the order is a matter of time.
  const std::string steps =
      "io\nrebalance\nio\nrebalance new\nio\ncancel-stop\ncancel-remove\nsleep idle\nwake\nio\ndisable\nenable\nio\n"
      "remove\nscan\nio\nverify\n";
  std::vector<std::string> ours = srb_ends("pvscsi", steps, "--requests 1");
  std::vector<std::string> theirs = srb_ends("qemu-pvscsi", steps, "--requests 1");
  std::ranges::sort(ours);
  std::ranges::sort(theirs);
  std::vector<std::string> different;
  std::ranges::set_symmetric_difference(ours, theirs, std::back_inserter(different));
  EXPECT_GT(ours.size(), 150u);
  EXPECT_EQ(different, std::vector<std::string>());
}

TEST(QemuSequence, ABusResetEndsNoRequestInAWayThatOursDoesNot) {
  const auto statuses = [](const std::string& board) {
    std::set<std::string> all;
    for (const std::string& end : srb_ends(board, "reset bus\nverify\n")) all.insert(end.substr(end.find("-> ")));
    return all;
  };
  const std::set<std::string> ours = statuses("pvscsi"), theirs = statuses("qemu-pvscsi");
  EXPECT_TRUE(ours.contains("-> SRB_STATUS_BUS_RESET"));
  // QEMU may have served everything before the reset reaches it; the unit attention comes in any case.
  EXPECT_TRUE(theirs.contains("-> SRB_STATUS_ERROR, CHECK CONDITION"));
  for (const std::string& status : theirs) EXPECT_TRUE(ours.contains(status)) << status;
}

}  // namespace
}  // namespace drydock::end_to_end
