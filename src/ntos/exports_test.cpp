#include "ntos/exports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drydock::ntos {
namespace {

TEST(Exports, NoFunctionIsListedTwice) {
  image::ExportIndex index;
  add_ntos_exports(index);
  EXPECT_THAT(index.duplicates(), ::testing::IsEmpty());
  EXPECT_TRUE(index.find("ntoskrnl.exe", "IoCreateDevice"));
  EXPECT_TRUE(index.find("ntoskrnl.exe", "__C_specific_handler"));
}

}  // namespace
}  // namespace drydock::ntos
