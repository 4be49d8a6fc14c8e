// The section table: no section may overlap another, in the file or in memory.
#include <algorithm>

#include "image/parser/parser.h"

namespace drydock::image {
namespace {

std::string printable(std::string text) {
  for (char& c : text)
    if (c < 0x20 || c > 0x7E) c = '?';
  return text;
}

}  // namespace

host::Status PeParser::section_table() {
  if (sections_count_ == 0 || sections_count_ > 96)
    return refuse("NumberOfSections", nt_ + 6, "is " + std::to_string(sections_count_) + ", not between 1 and 96");
  const std::size_t table_end = table_ + sections_count_ * 40ull;
  if (table_end > size()) return refuse("section table", table_, "is cut off by the end of the file");
  if (table_end > image_->size_of_headers_)
    return refuse("SizeOfHeaders", opt_ + 60,
                  "is " + hex(image_->size_of_headers_) + ", but the section table ends at " + hex(table_end));

  std::uint64_t memory_end = image_->size_of_headers_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> taken;  // file ranges
  for (unsigned i = 0; i < sections_count_; ++i) {
    const std::size_t at = table_ + i * 40ull;
    const auto virtual_bytes = get<std::uint32_t>(at + 8);
    const auto rva = get<std::uint32_t>(at + 12);
    const auto raw_bytes = get<std::uint32_t>(at + 16);
    const auto raw = get<std::uint32_t>(at + 20);
    const auto flags = get<std::uint32_t>(at + 36);
    Section section;
    section.name = section_name(at);
    const std::string of = " of section '" + section.name + "'";
    section.rva = rva;
    section.bytes = virtual_bytes ? virtual_bytes : raw_bytes;
    section.readable = flags & nt::IMAGE_SCN_MEM_READ;
    section.writable = flags & nt::IMAGE_SCN_MEM_WRITE;
    section.executable = flags & nt::IMAGE_SCN_MEM_EXECUTE;
    section.discardable = flags & nt::IMAGE_SCN_MEM_DISCARDABLE;

    if (rva % image_->section_alignment_ != 0)
      return refuse(
          "VirtualAddress" + of, at + 12,
          "is " + hex(rva) + ", not a multiple of SectionAlignment (" + hex(image_->section_alignment_) + ")");
    if (rva < memory_end)
      return refuse("VirtualAddress" + of, at + 12,
                    "is " + hex(rva) + ", inside what comes before it (up to " + hex(memory_end) +
                        "): sections must not overlap");
    if (section.bytes == 0) return refuse("VirtualSize" + of, at + 8, "is 0");
    if (rva + std::uint64_t{section.bytes} > image_->size_of_image_)
      return refuse(
          "VirtualSize" + of, at + 8,
          "is " + hex(section.bytes) + ", which ends beyond SizeOfImage (" + hex(image_->size_of_image_) + ")");
    memory_end = rva + std::uint64_t{section.bytes};

    if (raw != 0 && raw_bytes != 0) {
      if (raw % file_alignment_ != 0)
        return refuse("PointerToRawData" + of, at + 20,
                      "is " + hex(raw) + ", not a multiple of FileAlignment (" + hex(file_alignment_) + ")");
      if (raw > size() || raw_bytes > size() - raw)
        return refuse("SizeOfRawData" + of, at + 16,
                      "is " + hex(raw_bytes) + " from " + hex(raw) + " on, but the file ends at " + hex(size()));
      if (raw < table_end) return refuse("PointerToRawData" + of, at + 20, "is " + hex(raw) + ", inside the headers");
      for (const auto& [first, end] : taken)
        if (raw < end && first < raw + raw_bytes)
          return refuse("PointerToRawData" + of, at + 20, "is " + hex(raw) + ", inside the data of another section");
      taken.emplace_back(raw, raw + raw_bytes);
      section.file_offset = raw;
      section.file_bytes = std::min(raw_bytes, section.bytes);
    }
    image_->sections_.push_back(std::move(section));
  }
  return {};
}

std::string PeParser::section_name(std::size_t at) const {
  const char* text = reinterpret_cast<const char*>(data() + at);
  std::string name(text, strnlen(text, 8));
  if (name.size() > 1 && name[0] == '/') {
    std::uint64_t start = get<std::uint32_t>(nt_ + 12) + std::uint64_t{get<std::uint32_t>(nt_ + 16)} * 18;
    std::uint64_t offset = 0;
    for (char c : name.substr(1)) {
      if (c < '0' || c > '9') return printable(name);
      offset = offset * 10 + static_cast<unsigned>(c - '0');
    }
    start += offset;
    if (start < size()) {
      text = reinterpret_cast<const char*>(data() + start);
      name.assign(text, strnlen(text, std::min<std::size_t>(size() - start, 64)));
    }
  }
  return printable(name);
}

}  // namespace drydock::image
