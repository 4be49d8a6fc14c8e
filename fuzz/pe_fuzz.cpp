// Reads one file as a driver image and does with it whatever a machine would do before any of its code runs.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "image/pe_image.h"
#include "image/unwind.h"

using namespace drydock;

namespace {

constexpr std::uint64_t kBase = 0x2000'0010'0000;

bool read_zeros(std::uint64_t, void* to, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) static_cast<char*>(to)[i] = 0;
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto parsed = image::PeImage::parse({reinterpret_cast<const std::byte*>(data), size}, "fuzz.sys");
  if (!parsed) {
    // A refusal names field and file offset.
    if (parsed.failure().message.find(" at file offset 0x") == std::string::npos) std::abort();
    return 0;
  }
  const image::PeImage& pe = **parsed;
  if (pe.mapped_pages() <= 4096) {
    std::vector<std::byte> memory(std::size_t{pe.mapped_pages()} * machine::kPageSize);
    pe.copy_to(memory.data(), kBase);
    for (const image::Import& import : pe.imports())
      if (import.slot_rva + 8 > memory.size()) std::abort();
  }
  for (const image::ImageExport& entry : pe.exports())
    if (!entry.name.empty() && !pe.find_export(entry.name)) std::abort();
  for (const image::FunctionEntry& function : pe.functions()) {
    for (std::uint32_t rva : {function.begin, (function.begin + function.end) / 2, function.end - 1}) {
      image::Registers registers;
      registers.rip = kBase + rva;
      image::UnwoundFrame frame;
      image::unwind_in(pe, kBase, pe.function_at(rva), registers, image::kExceptionHandler, frame, read_zeros);
    }
    if (&function - pe.functions().data() < 64) pe.symbol_at(function.begin);
  }
  return 0;
}
