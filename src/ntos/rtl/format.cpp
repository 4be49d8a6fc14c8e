#include "ntos/rtl/format.h"

#include <type_traits>

#include "nt/string.h"

namespace drydock::ntos::rtl {

namespace {

using nt::WCHAR;

template <class C>
class Output {
 public:
  Output(C* to, std::size_t capacity) : to_(to), capacity_(to == nullptr ? 0 : capacity) {}

  void put(C character) {
    if (count_ < capacity_) to_[count_] = character;
    ++count_;
  }
  void pad(C character, int times) {
    for (; times > 0; --times) put(character);
  }
  std::size_t count() const { return count_; }

 private:
  C* to_;
  std::size_t capacity_;
  std::size_t count_ = 0;
};

enum class Length { Default, Short, Long, Wide, Pointer, Word32, Word64 };

struct Conversion {
  bool left = false, plus = false, space = false, alternate = false, zero = false;
  int width = 0;
  int precision = -1;
  Length length = Length::Default;
};

template <class To, class From>
To convert_character(From character) {
  if constexpr (sizeof(To) == 1 && sizeof(From) == 2)
    return character < 0x100 ? static_cast<To>(character) : To('?');
  else if constexpr (sizeof(From) == 1)
    return static_cast<To>(static_cast<unsigned char>(character));
  else
    return character;
}

template <class C, class S>
void put_text(Output<C>& out, const Conversion& how, const S* text, std::size_t length) {
  int padding = how.width > static_cast<int>(length) ? how.width - static_cast<int>(length) : 0;
  if (!how.left) out.pad(how.zero ? C('0') : C(' '), padding);
  for (std::size_t i = 0; i < length; ++i) out.put(convert_character<C>(text[i]));
  if (how.left) out.pad(C(' '), padding);
}

template <class C, class S>
void put_string(Output<C>& out, const Conversion& how, const S* text) {
  static constexpr S kNull[] = {'(', 'n', 'u', 'l', 'l', ')', 0};
  if (text == nullptr) text = kNull;
  std::size_t limit = how.precision < 0 ? ~std::size_t{0} : static_cast<std::size_t>(how.precision);
  std::size_t length = 0;
  while (length < limit && text[length] != 0) ++length;
  put_text(out, how, text, length);
}

/// A counted string whose header the driver passed.
template <class C, class Counted>
void put_counted(Output<C>& out, const Conversion& how, const Counted* text) {
  using S = std::remove_cvref_t<decltype(*text->Buffer)>;
  if (text == nullptr || text->Buffer == nullptr) return put_string<C, S>(out, how, nullptr);
  std::size_t length = text->Length / sizeof(S);
  if (how.precision >= 0 && static_cast<std::size_t>(how.precision) < length) length = how.precision;
  put_text(out, how, text->Buffer, length);
}

template <class C>
void put_number(Output<C>& out, const Conversion& how, std::uint64_t magnitude, unsigned base, bool capitals,
                char sign) {
  const char* digits = capitals ? "0123456789ABCDEF" : "0123456789abcdef";
  char text[64];
  int length = 0;
  bool nonzero = magnitude != 0;
  for (; magnitude != 0; magnitude /= base) text[length++] = digits[magnitude % base];
  if (length == 0 && how.precision != 0) text[length++] = '0';

  char prefix[3];
  int prefix_length = 0;
  if (sign != 0) prefix[prefix_length++] = sign;
  if (how.alternate && base == 16 && nonzero) {
    prefix[prefix_length++] = '0';
    prefix[prefix_length++] = capitals ? 'X' : 'x';
  }
  int zeros = how.precision > length ? how.precision - length : 0;
  if (how.alternate && base == 8 && zeros == 0 && (length == 0 || text[length - 1] != '0')) zeros = 1;
  if (how.zero && !how.left && how.precision < 0 && how.width > prefix_length + length)
    zeros = how.width - prefix_length - length;

  int padding = how.width - prefix_length - zeros - length;
  if (!how.left) out.pad(C(' '), padding);
  for (int i = 0; i < prefix_length; ++i) out.put(C(prefix[i]));
  out.pad(C('0'), zeros);
  while (length > 0) out.put(C(text[--length]));
  if (how.left) out.pad(C(' '), padding);
}

std::uint64_t narrowed(std::uint64_t raw, Length length, bool is_signed) {
  switch (length) {
    case Length::Word64:
    case Length::Pointer:
      return raw;
    case Length::Short:
      return is_signed ? static_cast<std::uint64_t>(static_cast<std::int16_t>(raw)) : raw & 0xFFFF;
    default:
      return is_signed ? static_cast<std::uint64_t>(static_cast<std::int32_t>(raw)) : raw & 0xFFFFFFFF;
  }
}

template <class C>
const C* read_flags(const C* p, Conversion& how) {
  for (;; ++p) {
    if (*p == '-')
      how.left = true;
    else if (*p == '+')
      how.plus = true;
    else if (*p == ' ')
      how.space = true;
    else if (*p == '#')
      how.alternate = true;
    else if (*p == '0')
      how.zero = true;
    else
      return p;
  }
}

template <class C>
const C* read_count(const C* p, int& count, FormatArguments& arguments) {
  if (*p == '*') {
    count = static_cast<int>(arguments.take());
    return p + 1;
  }
  for (count = 0; *p >= '0' && *p <= '9'; ++p)
    if (count < 100'000) count = count * 10 + (*p - '0');
  return p;
}

template <class C>
const C* read_length(const C* p, Length& length) {
  switch (*p) {
    case 'h':
      length = Length::Short;
      return p[1] == 'h' ? p + 2 : p + 1;
    case 'l':
      if (p[1] == 'l') {
        length = Length::Word64;
        return p + 2;
      }
      length = Length::Long;
      return p + 1;
    case 'w':
      length = Length::Wide;
      return p + 1;
    case 'z':
    case 't':
      length = Length::Pointer;
      return p + 1;
    case 'j':
      length = Length::Word64;
      return p + 1;
    case 'I':
      if (p[1] == '6' && p[2] == '4') {
        length = Length::Word64;
        return p + 3;
      }
      if (p[1] == '3' && p[2] == '2') {
        length = Length::Word32;
        return p + 3;
      }
      length = Length::Pointer;
      return p + 1;
    default:
      return p;
  }
}

template <class C>
void put_conversion(Output<C>& out, Conversion how, C kind, FormatArguments& arguments) {
  constexpr bool kWideFormat = sizeof(C) == 2;
  bool wide = kWideFormat;
  if (kind == 'S' || kind == 'C') wide = !kWideFormat;
  if (how.length == Length::Short) wide = false;
  if (how.length == Length::Long || how.length == Length::Wide) wide = true;

  switch (kind) {
    case 'd':
    case 'i': {
      auto value = static_cast<std::int64_t>(narrowed(arguments.take(), how.length, true));
      char sign = value < 0 ? '-' : how.plus ? '+' : how.space ? ' ' : 0;
      auto magnitude = static_cast<std::uint64_t>(value);
      return put_number(out, how, value < 0 ? 0 - magnitude : magnitude, 10, false, sign);
    }
    case 'u':
      return put_number(out, how, narrowed(arguments.take(), how.length, false), 10, false, 0);
    case 'o':
      return put_number(out, how, narrowed(arguments.take(), how.length, false), 8, false, 0);
    case 'x':
    case 'X':
      return put_number(out, how, narrowed(arguments.take(), how.length, false), 16, kind == 'X', 0);
    case 'p':
      how.precision = 16;
      how.alternate = false;
      return put_number(out, how, arguments.take(), 16, true, 0);
    case 'c':
    case 'C': {
      std::uint64_t raw = arguments.take();
      auto character = static_cast<WCHAR>(wide ? raw & 0xFFFF : raw & 0xFF);
      return put_text(out, how, &character, 1);
    }
    case 's':
    case 'S': {
      auto* text = reinterpret_cast<const void*>(arguments.take());
      if (wide) return put_string(out, how, static_cast<const WCHAR*>(text));
      return put_string(out, how, static_cast<const char*>(text));
    }
    case 'Z': {
      auto* text = reinterpret_cast<const void*>(arguments.take());
      if (how.length == Length::Wide || how.length == Length::Long)
        return put_counted(out, how, static_cast<const nt::UNICODE_STRING*>(text));
      return put_counted(out, how, static_cast<const nt::STRING*>(text));
    }
    case 'n':
      arguments.take();
      return;
    default:
      out.put(kind);
      return;
  }
}

}  // namespace

template <class C>
std::size_t format(C* to, std::size_t capacity, const C* pattern, FormatArguments arguments) {
  Output<C> out(to, capacity);
  for (const C* p = pattern; *p != 0;) {
    if (*p != '%') {
      out.put(*p++);
      continue;
    }
    Conversion how;
    p = read_flags(p + 1, how);
    p = read_count(p, how.width, arguments);
    if (how.width < 0) {
      how.left = true;
      how.width = -how.width;
    }
    if (*p == '.') p = read_count(p + 1, how.precision, arguments);
    p = read_length(p, how.length);
    if (*p == 0) break;
    put_conversion(out, how, *p++, arguments);
  }
  return out.count();
}

template std::size_t format<char>(char*, std::size_t, const char*, FormatArguments);
template std::size_t format<nt::WCHAR>(nt::WCHAR*, std::size_t, const nt::WCHAR*, FormatArguments);

}  // namespace drydock::ntos::rtl
