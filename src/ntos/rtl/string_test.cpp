#include "ntos/rtl/string.h"

#include <gtest/gtest.h>

#include "ntos/rtl/upcase.h"

namespace drydock::ntos {
namespace {

static_assert(rtl::detail::upper_case_is_stable());

struct Text {
  WCHAR buffer[32] = {};
  UNICODE_STRING string{0, sizeof buffer, buffer};
  explicit Text(std::u16string_view text, USHORT maximum = sizeof buffer) {
    text.copy(buffer, text.size());
    string.Length = static_cast<USHORT>(text.size() * 2);
    string.MaximumLength = maximum;
  }
  std::u16string_view view() const { return rtl::view(&string); }
};

TEST(UnicodeString, Initialises) {
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, u"abc");
  EXPECT_EQ(string.Length, 6);
  EXPECT_EQ(string.MaximumLength, 8);
  RtlInitUnicodeString(&string, nullptr);
  EXPECT_EQ(string.Length, 0);
  EXPECT_EQ(string.MaximumLength, 0);
  std::u16string longest(40'000, u'x');
  EXPECT_EQ(RtlInitUnicodeStringEx(&string, longest.c_str()), STATUS_NAME_TOO_LONG);
}

TEST(UnicodeString, CopiesWhatFitsAndAppendsAllOrNothing) {
  Text to(u"xxxxx", 8), from(u"abcdef");
  RtlCopyUnicodeString(&to.string, &from.string);
  EXPECT_EQ(to.view(), u"abcd");
  RtlCopyUnicodeString(&to.string, nullptr);
  EXPECT_EQ(to.string.Length, 0);
  EXPECT_EQ(RtlAppendUnicodeToString(&to.string, u"ab"), STATUS_SUCCESS);
  EXPECT_EQ(to.buffer[2], 0);
  EXPECT_EQ(RtlAppendUnicodeToString(&to.string, u"cde"), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(to.view(), u"ab");
  EXPECT_EQ(RtlAppendUnicodeStringToString(&to.string, &to.string), STATUS_SUCCESS);
  EXPECT_EQ(to.view(), u"abab");
}

TEST(UnicodeString, ComparesWithAndWithoutCase) {
  Text a(u"Device"), b(u"dEVICE"), c(u"Device0");
  EXPECT_TRUE(RtlEqualUnicodeString(&a.string, &b.string, TRUE));
  EXPECT_FALSE(RtlEqualUnicodeString(&a.string, &b.string, FALSE));
  EXPECT_LT(RtlCompareUnicodeString(&a.string, &c.string, TRUE), 0);
  EXPECT_GT(RtlCompareUnicodeString(&b.string, &a.string, FALSE), 0);
  EXPECT_TRUE(RtlPrefixUnicodeString(&b.string, &c.string, TRUE));
  EXPECT_FALSE(RtlPrefixUnicodeString(&c.string, &a.string, TRUE));
  EXPECT_EQ(rtl::upcase(u'\xe9'), u'\xc9');
  EXPECT_EQ(rtl::upcase(u'\x44f'), u'\x42f');
}

TEST(UnicodeString, ConvertsBetweenWidths) {
  char ansi[8] = "caf\xe9";
  STRING narrow{4, 8, ansi};
  Text wide(u"");
  EXPECT_EQ(RtlAnsiStringToUnicodeString(&wide.string, &narrow, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(wide.view(), u"caf\xe9");
  EXPECT_EQ(rtl::to_utf8(wide.view()), "caf\xc3\xa9");
  EXPECT_EQ(rtl::to_utf16("\xf0\x9f\x98\x80"), u"\xd83d\xde00");
  EXPECT_EQ(rtl::to_utf16("a\xff"), u"a\xfffd");
  char small[3];
  STRING cut{0, 3, small};
  EXPECT_EQ(RtlUnicodeStringToAnsiString(&cut, &wide.string, FALSE), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(std::string(small), "ca");
  char bytes[4];
  ULONG used = 0;
  EXPECT_EQ(RtlUnicodeToUTF8N(bytes, 4, &used, u"ab\xe9z", 8), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(used, 4u);
}

TEST(UnicodeString, NumbersInEveryBase) {
  Text text(u"");
  EXPECT_EQ(RtlIntegerToUnicodeString(0xBEEF, 16, &text.string), STATUS_SUCCESS);
  EXPECT_EQ(text.view(), u"BEEF");
  EXPECT_EQ(RtlInt64ToUnicodeString(~0ull, 10, &text.string), STATUS_SUCCESS);
  EXPECT_EQ(text.view(), u"18446744073709551615");
  EXPECT_EQ(RtlIntegerToUnicodeString(1, 7, &text.string), STATUS_INVALID_PARAMETER);
  ULONG value = 0;
  Text hex(u"  0x1fZ"), negative(u"-12"), binary(u"0b101");
  EXPECT_EQ(RtlUnicodeStringToInteger(&hex.string, 0, &value), STATUS_SUCCESS);
  EXPECT_EQ(value, 0x1Fu);
  RtlUnicodeStringToInteger(&negative.string, 10, &value);
  EXPECT_EQ(value, static_cast<ULONG>(-12));
  RtlUnicodeStringToInteger(&binary.string, 0, &value);
  EXPECT_EQ(value, 5u);
  EXPECT_EQ(RtlCharToInteger("0o17", 0, &value), STATUS_SUCCESS);
  EXPECT_EQ(value, 15u);
  char digits[8] = {};
  EXPECT_EQ(RtlIntegerToChar(255, 16, -4, digits), STATUS_SUCCESS);
  EXPECT_EQ(std::string(digits, 4), "00FF");
}

TEST(UnicodeString, ReadsGuids) {
  Text text(u"");
  GUID guid;
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, u"{53F56307-b6bf-11D0-94F2-00A0C91EFB8B}");
  ASSERT_EQ(RtlGUIDFromString(&string, &guid), STATUS_SUCCESS);
  EXPECT_EQ(guid.Data1, 0x53F56307u);
  EXPECT_EQ(guid.Data2, 0xB6BF);
  EXPECT_EQ(guid.Data4[7], 0x8B);
  RtlInitUnicodeString(&string, u"{53F56307-b6bf-11D0-94F2_00A0C91EFB8B}");
  EXPECT_EQ(RtlGUIDFromString(&string, &guid), STATUS_INVALID_PARAMETER);
}

}  // namespace
}  // namespace drydock::ntos
