// The export directory.
#include <algorithm>
#include <tuple>

#include "image/parser/parser.h"

namespace drydock::image {

host::Status PeParser::exports() {
  const auto start = TRY(directory(kExports));
  if (!start) return {};
  const DirectoryEntry& entry = directories_[kExports];
  if (entry.bytes < 40)
    return refuse("export directory's size", entry.at + 4, "is " + hex(entry.bytes) + ", less than its header of 0x28");
  image_->export_directory_rva_ = entry.rva;
  const std::size_t at = *start;
  const auto base = get<std::uint32_t>(at + 16);
  const auto functions = get<std::uint32_t>(at + 20);
  const auto names = get<std::uint32_t>(at + 24);
  if (functions > kEntriesMax)
    return refuse("NumberOfFunctions of the export directory", at + 20,
                  "is " + std::to_string(functions) + ", more than 65536");
  if (names > kEntriesMax)
    return refuse("NumberOfNames of the export directory", at + 24,
                  "is " + std::to_string(names) + ", more than 65536");
  if (base + std::uint64_t{functions} > 0x10000)
    return refuse("Base of the export directory", at + 16,
                  "is " + std::to_string(base) + ", so that ordinals exceed 65535");
  const auto table = offset_of(get<std::uint32_t>(at + 28), functions * 4ull);
  if (functions && !table)
    return refuse("AddressOfFunctions of the export directory", at + 28, "points outside the image");
  const auto name_table = offset_of(get<std::uint32_t>(at + 32), names * 4ull);
  if (names && !name_table)
    return refuse("AddressOfNames of the export directory", at + 32, "points outside the image");
  const auto ordinals = offset_of(get<std::uint32_t>(at + 36), names * 2ull);
  if (names && !ordinals)
    return refuse("AddressOfNameOrdinals of the export directory", at + 36, "points outside the image");

  std::vector<ImageExport> by_index(functions);
  for (std::uint32_t i = 0; i < functions; ++i) {
    const std::size_t slot = *table + i * 4ull;
    const auto rva = get<std::uint32_t>(slot);
    by_index[i].ordinal = static_cast<std::uint16_t>(base + i);
    if (rva == 0) continue;
    if (rva - entry.rva < entry.bytes) {
      const Text forward = TRY(text_at(rva, "forwarder of export ordinal " + std::to_string(base + i), slot));
      const auto dot = forward.text.rfind('.');
      if (dot == std::string::npos || dot == 0 || dot + 1 == forward.text.size())
        return refuse("forwarder of export ordinal " + std::to_string(base + i), forward.at,
                      "is '" + forward.text + "', not MODULE.Name or MODULE.#ordinal");
      by_index[i].forward_module = forward.text.substr(0, dot);
      by_index[i].forward_name = forward.text.substr(dot + 1);
    } else {
      if (!image_->section_at(rva))
        return refuse("address of export ordinal " + std::to_string(base + i), slot,
                      "is " + hex(rva) + ", which no section holds");
      by_index[i].rva = rva;
    }
  }
  std::vector<bool> named(functions);
  for (std::uint32_t i = 0; i < names; ++i) {
    const auto index = get<std::uint16_t>(*ordinals + i * 2ull);
    if (index >= functions)
      return refuse("name ordinal of an export", *ordinals + i * 2ull,
                    "is " + std::to_string(index) + ", but there are " + std::to_string(functions) + " functions");
    const Text name =
        TRY(text_at(get<std::uint32_t>(*name_table + i * 4ull), "name of an export", *name_table + i * 4ull));
    ImageExport copy = by_index[index];
    copy.name = name.text;
    named[index] = true;
    image_->exports_.push_back(std::move(copy));
  }
  std::sort(image_->exports_.begin(), image_->exports_.end(), [](const ImageExport& a, const ImageExport& b) {
    return std::tie(a.name, a.ordinal) < std::tie(b.name, b.ordinal);
  });
  // Unnamed ones go first: the empty name sorts before all others.
  std::vector<ImageExport> unnamed;
  for (std::uint32_t i = 0; i < functions; ++i)
    if (!named[i] && (by_index[i].rva || by_index[i].forwarded())) unnamed.push_back(std::move(by_index[i]));
  image_->exports_.insert(image_->exports_.begin(), std::make_move_iterator(unnamed.begin()),
                          std::make_move_iterator(unnamed.end()));
  return {};
}

}  // namespace drydock::image
