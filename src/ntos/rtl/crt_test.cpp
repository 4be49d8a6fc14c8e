#include "ntos/rtl/crt.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace drydock::ntos::crt {
namespace {

TEST(CrtMemory, MovesEveryLengthAndOverlap) {
  for (SIZE_T bytes = 0; bytes < 400; ++bytes) {
    for (int distance : {-300, -33, -17, -16, -8, -3, -1, 0, 1, 2, 7, 15, 16, 31, 33, 300}) {
      std::vector<char> expected(1200), actual(1200);
      for (SIZE_T i = 0; i < expected.size(); ++i) expected[i] = actual[i] = static_cast<char>(i * 31 + i / 256);
      std::memmove(expected.data() + 400 + distance, expected.data() + 400, bytes);
      EXPECT_EQ(crt::memmove(actual.data() + 400 + distance, actual.data() + 400, bytes),
                actual.data() + 400 + distance);
      ASSERT_EQ(expected, actual) << bytes << " bytes by " << distance;
    }
    std::vector<char> filled(500, 'x');
    crt::memset(filled.data() + 50, 0x7A, bytes);
    for (SIZE_T i = 0; i < filled.size(); ++i) ASSERT_EQ(filled[i], i >= 50 && i < 50 + bytes ? 'z' : 'x');
  }
}

TEST(CrtMemory, Compares) {
  EXPECT_EQ(crt::memcmp("ab\x80", "ab\x7f", 3), 1);
  EXPECT_EQ(crt::memcmp("ab", "abc", 2), 0);
  EXPECT_EQ(crt::memcpy_s(nullptr, 4, "a", 1), 22);
  char to[4] = {'q', 'q', 'q', 'q'};
  EXPECT_EQ(crt::memcpy_s(to, 2, "abcd", 4), 34);
  EXPECT_EQ(to[0], 0);
  EXPECT_EQ(to[2], 'q');
}

TEST(CrtString, CopiesAndAppends) {
  char to[8];
  crt::strcpy(to, "abc");
  crt::strcat(to, "de");
  EXPECT_STREQ(to, "abcde");
  EXPECT_EQ(crt::strcpy_s(to, 8, "12345678"), 34);
  EXPECT_EQ(to[0], 0);
  EXPECT_EQ(crt::strncpy_s(to, 4, "12345678", ~SIZE_T{0}), 80);
  EXPECT_STREQ(to, "123");
  EXPECT_EQ(crt::strcat_s(to, 8, "45"), 0);
  EXPECT_STREQ(to, "12345");
  WCHAR wide[6];
  EXPECT_EQ(crt::wcscpy_s(wide, 6, u"hello"), 0);
  EXPECT_EQ(std::u16string(wide), u"hello");
}

TEST(CrtString, ComparesAndFinds) {
  EXPECT_EQ(crt::_stricmp("ScSi", "sCsI"), 0);
  EXPECT_LT(crt::_strnicmp("abX", "aby", 3), 0);
  EXPECT_EQ(crt::_wcsnicmp(u"PCI\\VEN", u"pci\\dev", 4), 0);
  const char* text = "one,two,three";
  EXPECT_EQ(crt::strchr(text, ','), text + 3);
  EXPECT_EQ(crt::strrchr(text, ','), text + 7);
  EXPECT_EQ(crt::strstr(text, "two"), text + 4);
  EXPECT_EQ(crt::strstr(text, "four"), nullptr);
  EXPECT_EQ(crt::strspn("aabc", "ab"), 3u);
  EXPECT_EQ(crt::wcscspn(u"aabc", u"c"), 3u);
}

TEST(CrtNumber, ReadsAndWrites) {
  EXPECT_EQ(crt::atoi("  -42x"), -42);
  EXPECT_EQ(crt::_wtoi(u"17"), 17);
  char text[32];
  EXPECT_STREQ(crt::_itoa(-1, text, 16), "ffffffff");
  EXPECT_STREQ(crt::_itoa(-15, text, 10), "-15");
  EXPECT_EQ(crt::_ui64toa_s(~0ull, text, 4, 16), 34);
  EXPECT_EQ(text[0], 0);
}

TEST(CrtPrintf, SaysWhenItDoesNotFit) {
  char text[8];
  std::memset(text, '#', sizeof text);
  EXPECT_EQ(crt::_snprintf(text, 4, "%d", 1234), 4);
  EXPECT_EQ(text[4], '#') << "no terminator when it just fits";
  EXPECT_EQ(crt::_snprintf(text, 4, "%d", 12345), -1);
  EXPECT_EQ(crt::_snprintf(text, 8, "%s", "abc"), 3);
  EXPECT_STREQ(text, "abc");
  EXPECT_EQ(crt::sprintf_s(text, 4, "%d", 1234), -1);
  EXPECT_EQ(text[0], 0);
  EXPECT_EQ(crt::_snprintf_s(text, 4, ~SIZE_T{0}, "%d", 12345), -1);
  EXPECT_STREQ(text, "123");
  WCHAR wide[16];
  EXPECT_EQ(crt::swprintf(wide, u"\\Device\\%s%d", u"Echo", 7), 13);
  EXPECT_EQ(std::u16string(wide), u"\\Device\\Echo7");
  EXPECT_EQ(crt::sprintf(text, "%d%d%d%d", 1, 2, 3, 4), 4);
  EXPECT_STREQ(text, "1234");
}

}  // namespace
}  // namespace drydock::ntos::crt
