#include "ntos/rtl/format.h"

#include <gtest/gtest.h>

#include <string>

#include "nt/string.h"

namespace drydock::ntos::rtl {
namespace {

template <class... A>
std::string narrow(const char* pattern, A... arguments) {
  std::uint64_t raw[] = {(std::uint64_t)arguments..., 0};
  char text[256];
  std::size_t length = format(text, sizeof text, pattern, FormatArguments(raw));
  return {text, std::min(length, sizeof text)};
}

template <class... A>
std::u16string wide(const nt::WCHAR* pattern, A... arguments) {
  std::uint64_t raw[] = {(std::uint64_t)arguments..., 0};
  nt::WCHAR text[256];
  std::size_t length = format(text, std::size(text), pattern, FormatArguments(raw));
  return {text, std::min(length, std::size(text))};
}

TEST(Format, Integers) {
  EXPECT_EQ(narrow("%d %i %u", -5, 7, 0xFFFFFFFFu), "-5 7 4294967295");
  EXPECT_EQ(narrow("%x %X %#x %#X %#o", 0xab, 0xab, 0xab, 0xab, 8), "ab AB 0xab 0XAB 010");
  EXPECT_EQ(narrow("[%5d] [%-5d] [%05d] [%+d] [% d]", 42, 42, -42, 42, 42), "[   42] [42   ] [-0042] [+42] [ 42]");
  EXPECT_EQ(narrow("[%.3d] [%8.3x] [%.0d]", 5, 5, 0), "[005] [     005] []");
  EXPECT_EQ(narrow("%I64x %lld %llu", 0x123456789abcdefull, -1ll, ~0ull), "123456789abcdef -1 18446744073709551615");
  EXPECT_EQ(narrow("%hd %hu %lx", 0x18000, 0x18000, 0xFFFFFFFF12345678), "-32768 32768 12345678");
  EXPECT_EQ(narrow("%Ix %zu", 0x1122334455667788ull, 9ull), "1122334455667788 9");
  EXPECT_EQ(narrow("%d", 0x80000000u), "-2147483648");
}

TEST(Format, PointersAreSixteenCapitalDigits) {
  EXPECT_EQ(narrow("%p", 0xabcull), "0000000000000ABC");
}

TEST(Format, StringsOfBothWidths) {
  EXPECT_EQ(narrow("%s|%S|%ws|%hs|%ls", "narrow", u"wide", u"w", "h", u"l"), "narrow|wide|w|h|l");
  EXPECT_EQ(wide(u"%s|%S|%hs|%ws", u"wide", "narrow", "h", u"w"), u"wide|narrow|h|w");
  EXPECT_EQ(narrow("[%6s] [%-6s] [%.2s] [%*s]", "abc", "abc", "abc", 5, "x"), "[   abc] [abc   ] [ab] [    x]");
  EXPECT_EQ(narrow("%s", nullptr), "(null)");
  EXPECT_EQ(narrow("%S", u"\x4e2d"), "?");
}

TEST(Format, PrecisionBoundsTheRead) {
  const char unterminated[3] = {'a', 'b', 'c'};
  EXPECT_EQ(narrow("%.3s", unterminated), "abc");
}

TEST(Format, CountedStrings) {
  nt::WCHAR text[] = u"\\Device\\Echo trailing";
  nt::UNICODE_STRING name{24, sizeof text, text};
  EXPECT_EQ(narrow("<%wZ>", &name), "<\\Device\\Echo>");
  EXPECT_EQ(wide(u"<%wZ>", &name), u"<\\Device\\Echo>");
  char ansi[] = "abc";
  nt::STRING counted{2, 4, ansi};
  EXPECT_EQ(narrow("<%Z>", &counted), "<ab>");
}

TEST(Format, CharactersPercentAndUnknown) {
  EXPECT_EQ(narrow("%c%C%%%y", 'a', u'b'), "ab%y");
  EXPECT_EQ(narrow("100%"), "100");
}

TEST(Format, CountsBeyondTheCapacity) {
  std::uint64_t raw[] = {12345, 0};
  char text[4] = {'-', '-', '-', '-'};
  EXPECT_EQ(format(text, 2, "%d", FormatArguments(raw)), 5u);
  EXPECT_EQ(std::string(text, 4), "12--");
  EXPECT_EQ(format<char>(nullptr, 9, "%d", FormatArguments(raw)), 5u);
}

}  // namespace
}  // namespace drydock::ntos::rtl
