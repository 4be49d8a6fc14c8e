// The import directory: descriptors, each with its table of thunks.
#include "image/parser/parser.h"

namespace drydock::image {

host::Status PeParser::imports() {
  const auto start = TRY(directory(kImports));
  if (!start) return {};
  const DirectoryEntry& entry = directories_[kImports];
  for (std::uint32_t i = 0;; ++i) {
    const auto descriptor = offset_of(entry.rva + i * 20, 20);
    if (!descriptor) return refuse("import directory", *start, "has no empty descriptor at its end");
    const std::size_t at = *descriptor;
    const auto lookup = get<std::uint32_t>(at);
    const auto name_rva = get<std::uint32_t>(at + 12);
    const auto slots = get<std::uint32_t>(at + 16);
    if (name_rva == 0 && slots == 0) return {};
    const Text module = TRY(text_at(name_rva, "Name of import descriptor " + std::to_string(i), at + 12));
    TRY(import_module(module.text, lookup ? lookup : slots, slots, at));
  }
}

host::Status PeParser::import_module(const std::string& module, std::uint32_t lookup, std::uint32_t slots,
                                     std::size_t at) {
  const std::string of = " of the imports from " + module;
  if (!offset_of(lookup, 8)) return refuse("OriginalFirstThunk" + of, at, "is " + hex(lookup) + ", outside the image");
  if (!offset_of(slots, 8)) return refuse("FirstThunk" + of, at + 16, "is " + hex(slots) + ", outside the image");
  for (std::uint32_t i = 0;; ++i) {
    const auto thunk = offset_of(lookup + i * 8, 8);
    if (!thunk) return refuse("OriginalFirstThunk" + of, at, "is " + hex(lookup) + ", a table without an end");
    const auto value = get<std::uint64_t>(*thunk);
    if (value == 0) return {};
    if (image_->imports_.size() >= kEntriesMax)
      return refuse("import table" + of, *thunk, "has more than 65536 entries");
    const std::uint32_t slot = slots + i * 8;
    const Section* section = image_->section_at(slot);
    if (!section || !offset_of(slot, 8))
      return refuse("FirstThunk" + of, at + 16, "is " + hex(slots) + ", too near the end of its section");
    Import import;
    import.module = module;
    import.slot_rva = slot;
    if (value & nt::IMAGE_ORDINAL_FLAG64) {
      if (value & 0x7FFF'FFFF'FFFF'0000)
        return refuse("import by ordinal" + of, *thunk, "is " + hex(value) + ", no ordinal of 16 bits");
      import.by_ordinal = true;
      import.ordinal = static_cast<std::uint16_t>(value);
      import.name = "#" + std::to_string(import.ordinal);
    } else {
      if (value >> 31)
        return refuse("import by name" + of, *thunk, "is " + hex(value) + ", no address inside an image");
      import.name = TRY(text_at(static_cast<std::uint32_t>(value) + 2, "import by name" + of, *thunk)).text;
    }
    image_->imports_.push_back(std::move(import));
  }
}

}  // namespace drydock::image
