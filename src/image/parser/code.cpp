// Instructions that must not run natively are patched in the copy of the file.
#include <algorithm>

#include "image/code_patches.h"
#include "image/parser/parser.h"

namespace drydock::image {

void PeParser::patch_code() {
  std::vector<CodeRange> code;
  for (const Section& section : image_->sections_)
    if (section.executable && section.file_bytes)
      code.push_back({section.rva, {data() + section.file_offset, section.file_bytes}});
  std::vector<std::uint32_t> certain, possible;
  if (image_->entry_rva_) certain.push_back(image_->entry_rva_);
  for (const ImageExport& entry : image_->exports_)
    if (!entry.forwarded() && image_->is_code(entry.rva)) certain.push_back(entry.rva);
  for (std::uint32_t rva : image_->relocations_) {
    const auto at = offset_of(rva, 8);
    const std::uint64_t target = at ? get<std::uint64_t>(*at) - image_->preferred_base_ : 0;
    if (target < image_->size_of_image_ && image_->is_code(static_cast<std::uint32_t>(target)))
      possible.push_back(static_cast<std::uint32_t>(target));
  }
  for (const PatchedInstruction& patch : find_patches(code, {certain, possible}, image_->functions_)) {
    const auto at = offset_of(patch.rva, patch.length);
    const auto& relocated = image_->relocations_;
    const auto next = std::lower_bound(relocated.begin(), relocated.end(), patch.rva < 7 ? 0 : patch.rva - 7);
    if (next != relocated.end() && *next < patch.rva + patch.length) continue;  // an address: this is no code
    if (!at) continue;
    write_patch(image_->file_.data() + *at, patch);
    image_->patches_.push_back(patch);
  }
}

}  // namespace drydock::image
