#include "image/unwind.h"

#include <gtest/gtest.h>

#include <map>

#include "image/testing/synthetic_pe.h"

namespace drydock::image {
namespace {

using testing::SyntheticPe;
using L = testing::Layout;

constexpr std::uint64_t kImage = 0x2000'0010'0000;
constexpr std::uint64_t kStack = 0x2000'0080'0000;
constexpr unsigned kRbx = 3, kRsp = 4, kRbp = 5, kRsi = 6;

std::map<std::uint64_t, std::uint64_t> stack_words;

bool read_stack(std::uint64_t address, void* to, std::size_t bytes) {
  for (std::size_t done = 0; done < bytes; done += 8) {
    const auto found = stack_words.find(address + done);
    if (found == stack_words.end()) return false;
    std::memcpy(static_cast<std::byte*>(to) + done, &found->second, 8);
  }
  return true;
}

/// An image whose first function has the unwind codes under test.
class Unwind : public ::testing::Test {
 protected:
  void SetUp() override { stack_words.clear(); }

  /// `bytes`: UNWIND_INFO of the worker. `code`: its instructions.
  void function(std::initializer_list<unsigned> bytes, std::initializer_list<unsigned> code = {}) {
    pe_.put_code(L::rdata_at(L::kUnwind) + 0x40, bytes);
    pe_.put32(L::kPdataAt + 8, L::kUnwind + 0x40);
    for (unsigned i = 0; i < 0x18; ++i) pe_.put8(L::kTextAt + i, 0x90);
    pe_.put_code(L::kTextAt, code);
  }
  bool step(unsigned offset, unsigned kinds = 0) {
    auto parsed = PeImage::parse(pe_.file, "sample.sys");
    EXPECT_TRUE(parsed) << (parsed ? "" : parsed.failure().message);
    if (!parsed) return false;
    registers_.rip = kImage + L::kWorker + offset;
    frame_ = {};
    const PeImage& image = **parsed;
    return unwind_in(image, kImage, image.function_at(L::kWorker + offset), registers_, kinds, frame_, read_stack);
  }
  std::uint64_t& reg(unsigned number) { return registers_.general[number]; }

  SyntheticPe pe_;
  Registers registers_;
  UnwoundFrame frame_;
};

TEST_F(Unwind, PushesAndSmallAllocation) {
  // push rsi; push rbx; sub rsp, 40
  function({1, 6, 3, 0, 6, 2 | 4 << 4, 2, 0 | 3 << 4, 1, 0 | 6 << 4});
  reg(kRsp) = kStack;
  stack_words = {{kStack + 40, 0xB}, {kStack + 48, 0x51}, {kStack + 56, 0x1234}};
  ASSERT_TRUE(step(10));
  EXPECT_EQ(reg(kRbx), 0xBu);
  EXPECT_EQ(reg(kRsi), 0x51u);
  EXPECT_EQ(registers_.rip, 0x1234u);
  EXPECT_EQ(reg(kRsp), kStack + 64);
  EXPECT_EQ(frame_.establisher, kStack);
}

TEST_F(Unwind, OnlyWhatThePrologueHasDone) {
  function({1, 6, 3, 0, 6, 2 | 4 << 4, 2, 0 | 3 << 4, 1, 0 | 6 << 4});
  reg(kRsp) = kStack;
  reg(kRbx) = 7;
  stack_words = {{kStack, 0x51}, {kStack + 8, 0x1234}};
  ASSERT_TRUE(step(1));  // rsi is pushed, rbx not yet
  EXPECT_EQ(reg(kRbx), 7u);
  EXPECT_EQ(reg(kRsi), 0x51u);
  EXPECT_EQ(registers_.rip, 0x1234u);
  reg(kRsp) = kStack + 8;
  ASSERT_TRUE(step(0));
  EXPECT_EQ(registers_.rip, 0x1234u);
}

TEST_F(Unwind, LargeAllocations) {
  function({1, 7, 2, 0, 7, 1, 0x00, 0x02});  // 0x200 * 8
  reg(kRsp) = kStack;
  stack_words = {{kStack + 0x1000, 0x77}};
  ASSERT_TRUE(step(10));
  EXPECT_EQ(registers_.rip, 0x77u);

  function({1, 7, 3, 0, 7, 1 | 1 << 4, 0x00, 0x00, 0x01, 0x00});  // 0x10000
  reg(kRsp) = kStack;
  stack_words = {{kStack + 0x10000, 0x78}};
  ASSERT_TRUE(step(10));
  EXPECT_EQ(registers_.rip, 0x78u);
}

TEST_F(Unwind, FrameRegisterAndSavedRegisters) {
  // push rbp; sub rsp, 60h; lea rbp, [rsp + 20h]; mov [rsp + 40h], rsi; movaps [rsp + 50h], xmm6
  function({1, 18, 7, 5 | 2 << 4, 18, 8 | 6 << 4, 5, 0, 14, 4 | 6 << 4, 8, 0, 10, 3, 5, 2 | 11 << 4, 1, 0 | 5 << 4});
  reg(kRbp) = kStack + 0x20;
  reg(kRsp) = kStack - 0x500;  // alloca
  stack_words = {{kStack + 0x40, 0x51},
                 {kStack + 0x50, 0x66},
                 {kStack + 0x58, 0x67},
                 {kStack + 0x60, 0xBB},
                 {kStack + 0x68, 0x99}};
  ASSERT_TRUE(step(20));
  EXPECT_EQ(frame_.establisher, kStack);
  EXPECT_EQ(reg(kRsi), 0x51u);
  EXPECT_EQ(reg(kRbp), 0xBBu);
  EXPECT_EQ(registers_.rip, 0x99u);
  EXPECT_EQ(reg(kRsp), kStack + 0x70);
  std::uint64_t xmm6[2];
  std::memcpy(xmm6, registers_.xmm[6], 16);
  EXPECT_EQ(xmm6[0], 0x66u);
  EXPECT_EQ(xmm6[1], 0x67u);
}

TEST_F(Unwind, FarSaves) {
  function({1, 4, 6, 0, 4, 9 | 7 << 4, 0, 0, 1, 0, 4, 5 | 6 << 4, 0x08, 0, 1, 0});
  reg(kRsp) = kStack;
  stack_words = {{kStack, 0x42}, {kStack + 0x10000, 1}, {kStack + 0x10008, 2}};
  ASSERT_TRUE(step(10));
  EXPECT_EQ(reg(kRsi), 2u);
  EXPECT_EQ(registers_.xmm[7][8], 2);
  EXPECT_EQ(registers_.rip, 0x42u);
}

TEST_F(Unwind, MachineFrame) {
  function({1, 1, 1, 0, 0, 10 | 1 << 4});
  reg(kRsp) = kStack;
  stack_words = {{kStack + 8, 0x1111}, {kStack + 32, kStack + 0x400}};
  ASSERT_TRUE(step(10));
  EXPECT_EQ(registers_.rip, 0x1111u);
  EXPECT_EQ(reg(kRsp), kStack + 0x400);
}

TEST_F(Unwind, ChainedEntryUndoesItsParentsPrologue) {
  // This part: sub rsp, 32. Its parent, at +0x60: push rbx.
  function({1 | 4 << 3, 4, 1, 0, 4, 2 | 3 << 4, 0, 0});
  const std::uint32_t tail = L::rdata_at(L::kUnwind) + 0x40 + 8;
  pe_.put32(tail, L::kHandler);
  pe_.put32(tail + 4, L::kHandler + 6);
  pe_.put32(tail + 8, L::kUnwind + 0x60);
  pe_.put_code(L::rdata_at(L::kUnwind) + 0x60, {1, 1, 1, 0, 1, 0 | 3 << 4, 0, 0});
  reg(kRsp) = kStack;
  stack_words = {{kStack + 32, 0xB}, {kStack + 40, 0x55}};
  ASSERT_TRUE(step(8));
  EXPECT_EQ(reg(kRbx), 0xBu);
  EXPECT_EQ(registers_.rip, 0x55u);
}

TEST_F(Unwind, Epilogues) {
  // add rsp, 40; pop rbx; pop rsi; ret
  const auto info = {1u, 6u, 3u, 0u, 6u, 2u | 4u << 4, 2u, 0u | 3u << 4, 1u, 0u | 6u << 4};
  function(info, {0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x48, 0x83, 0xC4, 0x28, 0x5B, 0x5E, 0xC3});
  reg(kRsp) = kStack;
  stack_words = {{kStack + 40, 0xB}, {kStack + 48, 0x51}, {kStack + 56, 0x1234}};
  ASSERT_TRUE(step(8));
  EXPECT_EQ(reg(kRbx), 0xBu);
  EXPECT_EQ(registers_.rip, 0x1234u);
  reg(kRsp) = kStack + 48;
  reg(kRbx) = 0xCC;
  ASSERT_TRUE(step(13));  // at pop rsi
  EXPECT_EQ(reg(kRbx), 0xCCu);
  EXPECT_EQ(reg(kRsi), 0x51u);
  EXPECT_EQ(registers_.rip, 0x1234u);
  reg(kRsp) = kStack + 56;
  ASSERT_TRUE(step(14));  // at ret
  EXPECT_EQ(registers_.rip, 0x1234u);

  // A jump within the function ends nothing; one out of it does.
  function(info, {0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xEB, 0x02, 0xE9, 0x00, 0x01, 0x00, 0x00});
  reg(kRsp) = kStack;
  ASSERT_TRUE(step(8));
  EXPECT_EQ(reg(kRsp), kStack + 64);
  reg(kRsp) = kStack + 56;
  ASSERT_TRUE(step(10));
  EXPECT_EQ(reg(kRsp), kStack + 64);
}

TEST_F(Unwind, VersionTwoSkipsItsEpilogueCodes) {
  function({2, 6, 5, 0, 5, 6, 0, 6, 6, 2 | 4 << 4, 2, 0 | 3 << 4, 1, 0 | 6 << 4});
  reg(kRsp) = kStack;
  stack_words = {{kStack + 40, 0xB}, {kStack + 48, 0x51}, {kStack + 56, 0x1234}};
  ASSERT_TRUE(step(10));
  EXPECT_EQ(registers_.rip, 0x1234u);
}

TEST_F(Unwind, AnEntryMayBorrowAnothers) {
  pe_.put32(L::kPdataAt + 8, (L::kPdata + 12) | 1);
  reg(kRsp) = kStack;
  stack_words = {{kStack, 0x42}};
  ASSERT_TRUE(step(10));
  EXPECT_EQ(registers_.rip, 0x42u);
}

TEST_F(Unwind, LeavesAreFunctionsWithoutAnEntry) {
  reg(kRsp) = kStack;
  stack_words = {{kStack, 0x42}};
  ASSERT_TRUE(step(L::kLeaf - L::kWorker));
  EXPECT_EQ(registers_.rip, 0x42u);
  EXPECT_EQ(reg(kRsp), kStack + 8);
  EXPECT_EQ(frame_.function, nullptr);
}

TEST_F(Unwind, HandlersCountInTheBodyOnly) {
  reg(kRsp) = kStack;
  stack_words = {{kStack, 0}, {kStack + 8, 0}, {kStack + 32, 0xB}, {kStack + 40, 0x42}, {kStack + 48, 0}};
  ASSERT_TRUE(step(9, kExceptionHandler));
  EXPECT_EQ(frame_.handler, kImage + L::kHandler);
  EXPECT_EQ(frame_.handler_data, kImage + L::kUnwind + 12);
  reg(kRsp) = kStack;
  ASSERT_TRUE(step(9, 0));
  EXPECT_EQ(frame_.handler, 0u);
  reg(kRsp) = kStack;
  ASSERT_TRUE(step(1, kExceptionHandler));  // in the prologue
  EXPECT_EQ(frame_.handler, 0u);
  reg(kRsp) = kStack + 40;
  ASSERT_TRUE(step(23, kExceptionHandler));  // at the ret
  EXPECT_EQ(frame_.handler, 0u);
}

TEST_F(Unwind, AnUnreadableStackIsNoFault) {
  reg(kRsp) = 0xDEAD'0000'0000;
  EXPECT_FALSE(step(9));
}

}  // namespace
}  // namespace drydock::image
