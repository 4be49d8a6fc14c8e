// The order in which an image is checked, and what every check reads and says.
#include "image/parser/parser.h"

#include "host/arena.h"
#include "image/code_patches.h"
#include "image/not_built.h"

namespace drydock::image {
namespace {

constexpr std::size_t kNameMax = 512;

constexpr const char* kDirectoryNames[nt::IMAGE_NUMBEROF_DIRECTORY_ENTRIES] = {
    "export directory",     "import directory",       "resource directory",
    "exception directory",  "certificate table",      "relocation directory",
    "debug directory",      "architecture directory", "global pointer",
    "TLS directory",        "load config directory",  "bound import directory",
    "import address table", "delay import directory", "CLR header",
    "reserved directory"};

}  // namespace

host::Result<std::unique_ptr<const PeImage>> PeParser::parse() {
  TRY(headers());
  TRY(section_table());
  TRY(entry_point());
  TRY(relocations());
  TRY(exports());
  TRY(imports());
  TRY(exception_table());
  TRY(load_config());
  TRY(symbol_table());
  image_->plan_pages();
  auto& relocations = image_->relocations_;
  std::erase_if(relocations, [&](std::uint32_t rva) { return rva + 8 > image_->mapped_pages_ * std::uint64_t{4096}; });
  patch_code();
  return std::unique_ptr<const PeImage>(std::move(image_));
}

host::Error PeParser::refuse(std::string_view field, std::size_t offset, const std::string& what,
                             const std::string& remedy) const {
  return host::error(image_->name_, ": ", field, " at file offset ", hex(offset), " ", what, "; ", remedy);
}

std::optional<std::size_t> PeParser::offset_of(std::uint32_t rva, std::size_t bytes) const {
  const std::byte* at = image_->file_bytes(rva, bytes);
  if (!at) return {};
  return at - data();
}

host::Result<std::optional<std::size_t>> PeParser::directory(Directory which) const {
  const DirectoryEntry& entry = directories_[which];
  if (entry.rva == 0 && entry.bytes == 0) return std::optional<std::size_t>{};
  if (entry.rva == 0)
    return refuse(std::string(kDirectoryNames[which]) + "'s address", entry.at,
                  "is 0 although its size is " + hex(entry.bytes));
  if (entry.bytes == 0 && which != kExceptions && which != kRelocations)
    return refuse(std::string(kDirectoryNames[which]) + "'s size", entry.at + 4,
                  "is 0 although its address is " + hex(entry.rva));
  const auto offset = offset_of(entry.rva, entry.bytes);
  if (!offset)
    return refuse(std::string(kDirectoryNames[which]) + "'s address", entry.at,
                  "names " + hex(entry.bytes) + " bytes at " + hex(entry.rva) + ", which no section of the file holds");
  return offset;
}

host::Result<PeParser::Text> PeParser::text_at(std::uint32_t rva, const std::string& field, std::size_t at) const {
  const auto offset = offset_of(rva, 1);
  if (!offset) return refuse(field, at, "points to " + hex(rva) + ", outside the image");
  Text result{{}, *offset};
  for (std::uint32_t i = 0;; ++i) {
    const auto next = offset_of(rva + i, 1);
    if (!next || i > kNameMax)
      return refuse(field, at, "points to " + hex(rva) + ", where no string of at most 512 characters ends");
    const char c = static_cast<char>(data()[*next]);
    if (c == 0) break;
    if (c < 0x20 || c > 0x7E) return refuse(field, at, "points to " + hex(rva) + ", where no text stands");
    result.text.push_back(c);
  }
  if (result.text.empty()) return refuse(field, at, "points to " + hex(rva) + ", where an empty string stands");
  return result;
}

host::Result<std::unique_ptr<const PeImage>> PeImage::parse(std::span<const std::byte> file, std::string_view name) {
  host::ArenaScope outside_of_machines(nullptr);
  auto parsed = PeParser(file, name).parse();
  if (!parsed) return parsed;
  // Slots refer to their own strings, which no longer move.
  for (Import& import : const_cast<PeImage&>(**parsed).imports_) import.missing = missing_slot(import);
  return parsed;
}

}  // namespace drydock::image
