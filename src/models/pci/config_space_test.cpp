#include "models/pci/config_space.h"

#include <gtest/gtest.h>

namespace drydock::models::pci {
namespace {

FunctionDescription rich_function() {
  FunctionDescription d;
  d.vendor = 0x1234;
  d.device = 0x5678;
  d.class_code = 0x010802;
  d.revision = 3;
  d.interrupt_pin = 2;
  d.bars[0] = {.size = 0x8000};
  d.bars[1] = {.size = 64, .is_io = true};
  d.bars[2] = {.size = 1ull << 33, .is_64bit = true, .prefetchable = true};
  d.power_management.offset = 0x40;
  d.msi = {.offset = 0x50, .messages_log2 = 2};
  d.msix = {
      .offset = 0x60, .vectors = 5, .table_bar = 0, .table_offset = 0x2000, .pending_bar = 0, .pending_offset = 0x3000};
  d.pci_express = {.offset = 0x70, .function_level_reset = true};
  return d;
}

TEST(ConfigSpace, ShowsWhoItIs) {
  ConfigSpace config(rich_function());
  EXPECT_EQ(config.read(0x00, 4), 0x56781234u);
  EXPECT_EQ(config.read(0x08, 4), 0x01080203u);
  EXPECT_EQ(config.read(0x3D, 1), 2u);
  config.write(0x00, 4, 0);
  EXPECT_EQ(config.read(0x00, 4), 0x56781234u);
}

TEST(ConfigSpace, SizesItsBaseAddressRegisters) {
  ConfigSpace config(rich_function());
  for (unsigned at = 0x10; at <= 0x24; at += 4) config.write(at, 4, 0xFFFFFFFF);
  EXPECT_EQ(config.read(0x10, 4), 0xFFFF8000u);
  EXPECT_EQ(config.read(0x14, 4), 0xFFFFFFC1u);
  EXPECT_EQ(config.read(0x18, 4), 0x0000000Cu);  // 64 bits, prefetchable: the size is in the upper half
  EXPECT_EQ(config.read(0x1C, 4), 0xFFFFFFFEu);
  EXPECT_EQ(config.read(0x20, 4), 0u);
}

TEST(ConfigSpace, LinksItsCapabilities) {
  ConfigSpace config(rich_function());
  EXPECT_TRUE(config.read(header::kStatus, 2) & status::kCapabilityList);
  std::vector<unsigned> ids;
  for (unsigned at = config.read(0x34, 1); at != 0; at = config.read(at + 1, 1)) ids.push_back(config.read(at, 1));
  EXPECT_EQ(ids, (std::vector<unsigned>{0x01, 0x10, 0x05, 0x11}));
  EXPECT_EQ(config.read(0x62, 2), 4u);  // five vectors
}

TEST(ConfigSpace, KeepsReadOnlyBitsAndForgetsTheRestOnReset) {
  ConfigSpace config(rich_function());
  config.write(header::kCommand, 2, 0xFFFF);
  EXPECT_EQ(config.command(), 0x0547u);
  config.write(0x52, 2, 0xFFFF);
  EXPECT_EQ(config.read(0x52, 2), 0x00F5u);
  config.write(0x10, 4, 0xE0000000);
  config.reset(machine::ResetKind::Conventional);
  EXPECT_EQ(config.command(), 0u);
  EXPECT_EQ(config.read(0x52, 2), 0x0084u);
  EXPECT_EQ(config.read(0x10, 4), 0u);
  EXPECT_EQ(config.read(0x00, 4), 0x56781234u);
}

TEST(ConfigSpace, HasExtendedSpaceOnlyOnPciExpress) {
  EXPECT_EQ(ConfigSpace(rich_function()).read(0x100, 4), 0u);
  FunctionDescription conventional = rich_function();
  conventional.pci_express.offset = 0;
  EXPECT_EQ(ConfigSpace(conventional).read(0x100, 4), 0xFFFFFFFFu);
}

}  // namespace
}  // namespace drydock::models::pci
