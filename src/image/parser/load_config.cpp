// The load config directory, of which the security cookie matters here.
#include "image/parser/parser.h"

namespace drydock::image {

host::Status PeParser::load_config() {
  const auto start = TRY(directory(kLoadConfig));
  if (!start) return {};
  if (directories_[kLoadConfig].bytes < 4)
    return refuse("load config directory's size", directories_[kLoadConfig].at + 4, "is below 4");
  const auto bytes = get<std::uint32_t>(*start);
  if (!offset_of(directories_[kLoadConfig].rva, bytes))
    return refuse("Size of the load config directory", *start, "is " + hex(bytes) + ", which runs out of its section");
  if (bytes < 0x60) return {};
  const auto cookie = get<std::uint64_t>(*start + 0x58);
  if (cookie == 0) return {};
  const std::uint64_t rva = cookie - image_->preferred_base_;
  const Section* section = rva < image_->size_of_image_ ? image_->section_at(static_cast<std::uint32_t>(rva)) : nullptr;
  if (!section || !section->writable || rva + 8 > section->rva + std::uint64_t{section->bytes})
    return refuse("SecurityCookie of the load config directory", *start + 0x58,
                  "is " + hex(cookie) + ", which lies in no section of data");
  image_->security_cookie_rva_ = static_cast<std::uint32_t>(rva);
  return {};
}

}  // namespace drydock::image
