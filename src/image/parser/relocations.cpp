// The relocation directory.
#include <algorithm>

#include "image/parser/parser.h"

namespace drydock::image {

host::Status PeParser::relocations() {
  const auto start = TRY(directory(kRelocations));
  if (!start) return {};
  const std::uint32_t bytes = directories_[kRelocations].bytes;
  auto& found = image_->relocations_;
  for (std::uint32_t done = 0; done < bytes;) {
    const std::size_t at = *start + done;
    if (bytes - done < 8) return refuse("relocation block", at, "is cut off by the end of the directory");
    const auto page = get<std::uint32_t>(at);
    const auto block = get<std::uint32_t>(at + 4);
    if (page == 0 && block == 0) break;  // padding some linkers leave
    if (block < 8 || block % 2 != 0 || block > bytes - done)
      return refuse("SizeOfBlock of a relocation block", at + 4,
                    "is " + hex(block) + ", with " + hex(bytes - done) + " bytes left");
    if (page % 4096 != 0 || page >= image_->size_of_image_)
      return refuse("VirtualAddress of a relocation block", at, "is " + hex(page) + ", no page of the image");
    for (std::uint32_t i = 8; i < block; i += 2) {
      const auto entry = get<std::uint16_t>(at + i);
      const unsigned type = entry >> 12;
      if (type == nt::IMAGE_REL_BASED_ABSOLUTE) continue;
      const std::uint32_t rva = page + (entry & 0xFFF);
      if (type != nt::IMAGE_REL_BASED_DIR64)
        return refuse("relocation", at + i,
                      "has type " + std::to_string(type) + ", x64 images only use 0 and 10 (DIR64)");
      const Section* section = image_->section_at(rva);
      if (!section || rva + 8 > section->rva + section->bytes)
        return refuse("relocation", at + i, "changes 8 bytes at " + hex(rva) + ", which no section holds");
      found.push_back(rva);
    }
    done += block;
  }
  std::sort(found.begin(), found.end());
  for (std::size_t i = 1; i < found.size(); ++i)
    if (found[i] - found[i - 1] < 8)
      return refuse("relocation directory", *start, "relocates " + hex(found[i]) + " twice");
  return {};
}

}  // namespace drydock::image
