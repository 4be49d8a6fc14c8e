// What an INF would say, from the board: registry values of a device, and the driver of a bus driver's child.

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

const std::string kEdu = "name = \"installed\"\n[[device]]\nslot = \"0:4.0\"\nmodel = \"edu\"\n";
const std::string kValues = "hardware_key = { PortName = \"COM7\", Size = 16 }\n";
const std::string kPackage = "[[package]]\nids = ['PORTBUS\\Port']\ndriver = \"wdf_port.sys\"\n";

Ran lifecycle(const std::string& driver, const std::string& text) {
  const TemporaryFile board("installed.toml", text);
  return drydock("run " + guest("test/" + driver) + " --plain --scenario lifecycle --board " + board.path());
}

TEST(Installed, ADriverFindsTheValuesInItsDevicesKey) {
  const Ran with = lifecycle("wdf_port", kEdu + kValues);
  EXPECT_EQ(with.exit_code, 0) << with.output;
  EXPECT_TRUE(with.says("960 requests sent, 960 ended once")) << with.output;
  const Ran without = lifecycle("wdf_port", kEdu);
  EXPECT_EQ(without.exit_code, 1) << without.output;
  EXPECT_TRUE(without.says("CM_PROB_FAILED_ADD, STATUS_OBJECT_NAME_NOT_FOUND")) << without.output;
}

TEST(Installed, APackageServesTheChildOfABusDriver) {
  const Ran ran = lifecycle("wdf_port_bus", kEdu + kPackage + kValues);
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("1 device interface opened")) << ran.output;
  EXPECT_TRUE(ran.says("960 requests sent, 960 ended once")) << ran.output;
  const Ran without = lifecycle("wdf_port_bus", kEdu + kPackage);
  EXPECT_TRUE(without.says("0 device interfaces opened")) << without.output;
}

TEST(Installed, ADriverMayLieInAnotherDirectory) {
  const std::string package = "[[package]]\nids = ['PORTBUS\\Port']\ndriver = \"../test/wdf_port.sys\"\n";
  const Ran ran = lifecycle("wdf_port_bus", kEdu + package + kValues);
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("1 device interface opened")) << ran.output;
}

TEST(Installed, ADriverThatIsMissingIsNamed) {
  const Ran ran = lifecycle("wdf_port_bus", kEdu + "[[package]]\nids = ['PORTBUS\\Port']\ndriver = \"absent.sys\"\n");
  EXPECT_EQ(ran.exit_code, 2) << ran.output;
  EXPECT_TRUE(ran.says("a package of the board wants it")) << ran.output;
}

}  // namespace
}  // namespace drydock::end_to_end
