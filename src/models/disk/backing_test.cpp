#include "models/disk/backing.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <vector>

namespace drydock::models::disk {
namespace {

std::vector<std::byte> pattern(std::size_t size) {
  std::vector<std::byte> data(size);
  for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<std::byte>(i * 31 + 1);
  return data;
}

void round_trip(Backing& backing) {
  const std::vector<std::byte> data = pattern(10000);
  std::vector<std::byte> back(10000, std::byte{0xEE});
  ASSERT_TRUE(backing.read(5000, back));
  EXPECT_EQ(back, std::vector<std::byte>(10000));
  ASSERT_TRUE(backing.write(5001, data));
  ASSERT_TRUE(backing.flush());
  ASSERT_TRUE(backing.read(5001, back));
  EXPECT_EQ(back, data);
  ASSERT_TRUE(backing.read(5000, back));
  EXPECT_EQ(back[0], std::byte{0});
  EXPECT_EQ(back[1], data[0]);
  // Parts of pages at both ends, and a whole one.
  ASSERT_TRUE(backing.discard(6000, 8000));
  ASSERT_TRUE(backing.read(5001, back));
  EXPECT_EQ(back[998], data[998]);
  for (std::size_t i = 999; i < 8999; ++i) ASSERT_EQ(back[i], std::byte{0}) << i;
  EXPECT_EQ(back[8999], data[8999]);
}

TEST(MemoryBacking, RoundTrip) {
  MemoryBacking backing(1ull << 40);
  round_trip(backing);
  std::vector<std::byte> last(512);
  EXPECT_TRUE(backing.write((1ull << 40) - 512, last));
}

TEST(FileBacking, RoundTrip) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  FileBacking backing(fileno(file), 1 << 20, false);
  round_trip(backing);
  FileBacking protected_backing(fileno(file), 1 << 20, true);
  EXPECT_FALSE(protected_backing.write(0, pattern(512)));
  EXPECT_FALSE(protected_backing.discard(0, 512));
  std::fclose(file);
  std::vector<std::byte> sector(512);
  EXPECT_FALSE(FileBacking(-1, 1 << 20, false).read(0, sector));
}

}  // namespace
}  // namespace drydock::models::disk
