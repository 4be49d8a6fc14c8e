// KMDF drivers that cannot be bound: the documented status and one clear sentence each.

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

TEST(BadWdf, AFrameworkThatDoesNotExistYet) {
  const Ran ran = drydock("run " + guest("test/wdf_bind_future"));
  EXPECT_NE(ran.exit_code, 0);
  EXPECT_TRUE(ran.says("asks for KMDF 1.99, and the library is 1.33")) << ran.output;
  EXPECT_TRUE(ran.says("STATUS_OBJECT_TYPE_MISMATCH (0xC0000024)")) << ran.output;
}

TEST(BadWdf, ATruncatedBindStructure) {
  const Ran ran = drydock("run " + guest("test/wdf_bind_short"));
  EXPECT_NE(ran.exit_code, 0);
  EXPECT_TRUE(ran.says("binds with a structure of 0x18 bytes, which no version had")) << ran.output;
  EXPECT_TRUE(ran.says("STATUS_INVALID_PARAMETER (0xC000000D)")) << ran.output;
}

TEST(BadWdf, AClassExtensionThatIsNotHere) {
  const Ran ran = drydock("run " + guest("test/wdf_bind_class"));
  EXPECT_NE(ran.exit_code, 0);
  EXPECT_TRUE(ran.says("is a client of the class extension NetAdapterCx 2.3, which is not")) << ran.output;
  EXPECT_TRUE(ran.says("STATUS_OBJECT_NAME_NOT_FOUND (0xC0000034)")) << ran.output;
}

TEST(BadWdf, AFunctionBehindTheEndOfTheTable) {
  const Ran ran = drydock("run " + guest("test/wdf_bind_index"));
  EXPECT_EQ(ran.exit_code, 3) << ran.output;
  EXPECT_TRUE(
      ran.says("a function behind the end of the table is not implemented: the framework's table has 458 "
               "functions"))
      << ran.output;
}

}  // namespace
}  // namespace drydock::end_to_end
