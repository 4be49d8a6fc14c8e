// .pdata and the UNWIND_INFO that it points to.
#include "image/parser/parser.h"
#include "nt/exception.h"

namespace drydock::image {
namespace {

constexpr unsigned kHandlers = nt::UNW_FLAG_EHANDLER | nt::UNW_FLAG_UHANDLER;

}  // namespace

host::Status PeParser::exception_table() {
  const auto start = TRY(directory(kExceptions));
  if (!start) return {};
  const DirectoryEntry& entry = directories_[kExceptions];
  if (entry.bytes % 12 != 0)
    return refuse("exception directory's size", entry.at + 4, "is " + hex(entry.bytes) + ", not a multiple of 12");
  image_->pdata_rva_ = entry.rva;
  std::uint32_t previous_end = 0;
  for (std::uint32_t done = 0; done < entry.bytes; done += 12) {
    const std::size_t at = *start + done;
    const FunctionEntry function{get<std::uint32_t>(at), get<std::uint32_t>(at + 4), get<std::uint32_t>(at + 8)};
    if (function.begin == 0 && function.end == 0) break;  // padding
    if (function.begin < previous_end)
      return refuse("BeginAddress of a function in .pdata", at,
                    "is " + hex(function.begin) + ", not above the function before it");
    if (!image_->is_code(function.begin))
      return refuse("BeginAddress of a function in .pdata", at,
                    "is " + hex(function.begin) + ", which lies in no section of code");
    if (function.end <= function.begin || !image_->is_code(function.end - 1))
      return refuse("EndAddress of a function in .pdata", at + 4,
                    "is " + hex(function.end) + ", for a function at " + hex(function.begin));
    previous_end = function.end;
    if (function.unwind & nt::RUNTIME_FUNCTION_INDIRECT) {  // shares the entry of another function
      const std::uint32_t other = function.unwind & ~1u;
      if (other - entry.rva > entry.bytes - 12 || (other - entry.rva) % 12 != 0)
        return refuse("UnwindData of a function in .pdata", at + 8,
                      "is " + hex(function.unwind) + ", which names no entry of .pdata");
    } else {
      TRY(unwind_info(function, at + 8));
    }
    image_->functions_.push_back(function);
  }
  return {};
}

host::Status PeParser::unwind_info(const FunctionEntry& function, std::size_t pointer_at) const {
  std::uint32_t rva = function.unwind;
  std::size_t at_pointer = pointer_at;
  for (unsigned depth = 0;; ++depth) {
    if (depth > 32)
      return refuse("UnwindData of a function in .pdata", pointer_at, "starts a chain of more than 32 entries");
    if (rva % 4 != 0)
      return refuse("UnwindData of a function in .pdata", at_pointer, "is " + hex(rva) + ", not a multiple of 4");
    const auto info = offset_of(rva, 4);
    if (!info)
      return refuse("UnwindData of a function in .pdata", at_pointer, "is " + hex(rva) + ", outside the image");
    const std::size_t at = *info;
    const auto head = get<std::uint8_t>(at);
    const unsigned version = head & 7, flags = head >> 3;
    if (version != 1 && version != 2)
      return refuse("version of an UNWIND_INFO", at, "is " + std::to_string(version) + ", only 1 and 2 are known");
    if ((flags & nt::UNW_FLAG_CHAININFO) && (flags & kHandlers))
      return refuse("flags of an UNWIND_INFO", at, "name a handler and a chained entry at once");
    const unsigned codes = get<std::uint8_t>(at + 2);
    const std::uint32_t tail = rva + 4 + ((codes + 1) & ~1u) * 2;
    if (codes && !offset_of(rva + 4, codes * 2))
      return refuse("CountOfCodes of an UNWIND_INFO", at + 2,
                    "is " + std::to_string(codes) + ", which runs out of the image");
    TRY(unwind_codes(at + 4, codes, version, at));
    if (flags & kHandlers) {
      const auto handler = offset_of(tail, 4);
      if (!handler) return refuse("ExceptionHandler of an UNWIND_INFO", at, "lies outside the image");
      if (!image_->is_code(get<std::uint32_t>(*handler)))
        return refuse("ExceptionHandler of an UNWIND_INFO", *handler,
                      "is " + hex(get<std::uint32_t>(*handler)) + ", which lies in no section of code");
    }
    if (!(flags & nt::UNW_FLAG_CHAININFO)) return {};
    const auto chained = offset_of(tail, 12);
    if (!chained) return refuse("chained entry of an UNWIND_INFO", at, "lies outside the image");
    at_pointer = *chained + 8;
    rva = get<std::uint32_t>(at_pointer);
  }
}

host::Status PeParser::unwind_codes(std::size_t at, unsigned count, unsigned version, std::size_t info) const {
  for (unsigned i = 0; i < count;) {
    const auto operation = get<std::uint8_t>(at + i * 2 + 1);
    const unsigned code = operation & 15, argument = operation >> 4;
    unsigned slots = 1;
    switch (code) {
      case nt::UWOP_PUSH_NONVOL:
      case nt::UWOP_ALLOC_SMALL:
      case nt::UWOP_SET_FPREG:
      case nt::UWOP_PUSH_MACHFRAME:
        break;
      case nt::UWOP_ALLOC_LARGE:
        slots = argument == 0 ? 2 : 3;
        break;
      case nt::UWOP_SAVE_NONVOL:
      case nt::UWOP_SAVE_XMM128:
      case nt::UWOP_EPILOG:
        slots = 2;
        break;
      case nt::UWOP_SAVE_NONVOL_FAR:
      case nt::UWOP_SAVE_XMM128_FAR:
        slots = 3;
        break;
      default:
        return refuse("unwind code", at + i * 2 + 1, "is " + std::to_string(code) + ", which no version knows");
    }
    if (code == nt::UWOP_ALLOC_LARGE && argument > 1)
      return refuse("unwind code", at + i * 2 + 1, "is UWOP_ALLOC_LARGE of an unknown kind");
    if (code == nt::UWOP_EPILOG && version != 2)
      return refuse("unwind code", at + i * 2 + 1, "is an epilogue, which only version 2 knows");
    if (i + slots > count) return refuse("CountOfCodes of an UNWIND_INFO", info + 2, "cuts its last code");
    i += slots;
  }
  return {};
}

}  // namespace drydock::image
