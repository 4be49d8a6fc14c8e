// DOS header, file header, optional header.
#include <algorithm>

#include "image/parser/parser.h"

namespace drydock::image {
namespace {

constexpr std::uint32_t kImageBytesMax = 256u << 20;

bool is_power_of_two(std::uint32_t value) {
  return value != 0 && (value & (value - 1)) == 0;
}

struct Named {
  std::uint16_t value;
  const char* name;
};
constexpr Named kMachines[] = {{nt::IMAGE_FILE_MACHINE_I386, "32-bit x86"},
                               {nt::IMAGE_FILE_MACHINE_ARM64, "ARM64"},
                               {0x01C4, "32-bit ARM"},
                               {0x0200, "Itanium"}};
constexpr Named kSubsystems[] = {{nt::IMAGE_SUBSYSTEM_WINDOWS_GUI, "a windowed application"},
                                 {nt::IMAGE_SUBSYSTEM_WINDOWS_CUI, "a console application"},
                                 {10, "an EFI program"},
                                 {11, "an EFI program"},
                                 {12, "an EFI program"}};

std::string name_in(std::span<const Named> table, std::uint16_t value, const char* otherwise) {
  const auto found = std::ranges::find(table, value, &Named::value);
  return found == table.end() ? otherwise : found->name;
}

}  // namespace

host::Status PeParser::headers() {
  TRY(dos_header());
  TRY(file_header());
  TRY(optional_header());
  TRY(data_directories());
  return image_shape();
}

host::Status PeParser::dos_header() {
  if (size() == 0)
    return host::error(image_->name_,
                       ": the file is empty, so that 'MZ' at file offset 0x0 is missing; pass an x64 .sys file");
  if (size() < 2 || get<std::uint16_t>(0) != nt::IMAGE_DOS_SIGNATURE)
    return refuse("signature 'MZ'", 0, "is missing", "this is no Windows driver, pass an x64 .sys file");
  if (size() < 64) return refuse("DOS header", 0, "needs 64 bytes, the file has " + std::to_string(size()));
  nt_ = get<std::uint32_t>(0x3C);
  if (nt_ < 64 || nt_ % 4 != 0 || nt_ + 24ull > size())
    return refuse(
        "e_lfanew", 0x3C,
        "points to " + hex(nt_) + ", which cannot hold the PE header (file of " + std::to_string(size()) + " bytes)");
  if (get<std::uint32_t>(nt_) != nt::IMAGE_NT_SIGNATURE)
    return refuse("signature 'PE'", nt_, "is missing", "this is a DOS or 16-bit program, pass an x64 .sys file");
  return {};
}

host::Status PeParser::file_header() {
  const auto machine = get<std::uint16_t>(nt_ + 4);
  if (machine != nt::IMAGE_FILE_MACHINE_AMD64)
    return refuse("Machine", nt_ + 4, "is " + hex(machine) + " (" + name_in(kMachines, machine, "unknown") + ")",
                  "only x64 drivers (0x8664) run here, build the driver for x64");
  sections_count_ = get<std::uint16_t>(nt_ + 6);
  image_->time_date_stamp_ = get<std::uint32_t>(nt_ + 8);
  const auto characteristics = get<std::uint16_t>(nt_ + 22);
  if (!(characteristics & nt::IMAGE_FILE_EXECUTABLE_IMAGE))
    return refuse("Characteristics", nt_ + 22, "lack IMAGE_FILE_EXECUTABLE_IMAGE",
                  "the linker reported errors, link again");
  if (characteristics & nt::IMAGE_FILE_RELOCS_STRIPPED)
    return refuse("Characteristics", nt_ + 22, "have IMAGE_FILE_RELOCS_STRIPPED, so that the image cannot be moved",
                  "link with relocations (/DYNAMICBASE, or --dynamicbase)");
  is_dll_ = characteristics & nt::IMAGE_FILE_DLL;
  return {};
}

host::Status PeParser::optional_header() {
  const auto optional_bytes = get<std::uint16_t>(nt_ + 20);
  opt_ = nt_ + 24;
  if (opt_ + 2ull > size()) return refuse("optional header's Magic", opt_, "lies beyond the end of the file");
  const auto magic = get<std::uint16_t>(opt_);
  if (magic == nt::IMAGE_NT_OPTIONAL_HDR32_MAGIC)
    return refuse("optional header's Magic", opt_, "is 0x10b (32-bit PE)",
                  "only x64 drivers run here, build the driver for x64");
  if (magic != nt::IMAGE_NT_OPTIONAL_HDR64_MAGIC)
    return refuse("optional header's Magic", opt_, "is " + hex(magic) + " instead of 0x20b (PE32+)");
  if (opt_ + 112ull > size()) return refuse("optional header", opt_, "is cut off by the end of the file");
  if (optional_bytes < 112)
    return refuse("SizeOfOptionalHeader", nt_ + 20,
                  "is " + std::to_string(optional_bytes) + ", a PE32+ header has at least 112 bytes");
  table_ = opt_ + optional_bytes;
  return {};
}

host::Status PeParser::data_directories() {
  const std::size_t optional_bytes = table_ - opt_;
  const auto directories = get<std::uint32_t>(opt_ + 108);
  if (directories > kDirectories)
    return refuse("NumberOfRvaAndSizes", opt_ + 108, "is " + std::to_string(directories) + ", there are at most 16");
  if (112 + directories * 8 > optional_bytes)
    return refuse(
        "SizeOfOptionalHeader", nt_ + 20,
        "is " + std::to_string(optional_bytes) + ", too small for " + std::to_string(directories) + " directories");
  if (table_ > size()) return refuse("optional header", opt_, "is cut off by the end of the file");
  for (unsigned i = 0; i < directories; ++i) {
    const std::size_t at = opt_ + 112 + i * 8;
    directories_[i] = {get<std::uint32_t>(at), get<std::uint32_t>(at + 4), at};
  }
  return {};
}

host::Status PeParser::image_shape() {
  image_->entry_rva_ = get<std::uint32_t>(opt_ + 16);
  image_->preferred_base_ = get<std::uint64_t>(opt_ + 24);
  const auto section_alignment = image_->section_alignment_ = get<std::uint32_t>(opt_ + 32);
  file_alignment_ = get<std::uint32_t>(opt_ + 36);
  const auto image_bytes = image_->size_of_image_ = get<std::uint32_t>(opt_ + 56);
  const auto header_bytes = image_->size_of_headers_ = get<std::uint32_t>(opt_ + 60);
  image_->checksum_ = get<std::uint32_t>(opt_ + 64);
  const auto subsystem = get<std::uint16_t>(opt_ + 68);
  image_->user_mode_ =
      is_dll_ && (subsystem == nt::IMAGE_SUBSYSTEM_WINDOWS_GUI || subsystem == nt::IMAGE_SUBSYSTEM_WINDOWS_CUI);
  if (subsystem != nt::IMAGE_SUBSYSTEM_NATIVE && !image_->user_mode_)
    return refuse("Subsystem", opt_ + 68,
                  "is " + std::to_string(subsystem) + " (" + name_in(kSubsystems, subsystem, "no kernel driver") + ")",
                  "a kernel driver is linked for the native subsystem (/SUBSYSTEM:NATIVE /DRIVER)");
  if (image_->preferred_base_ % 0x10000 != 0)
    return refuse("ImageBase", opt_ + 24, "is " + hex(image_->preferred_base_) + ", not a multiple of 64 KiB");
  if (!is_power_of_two(file_alignment_) || file_alignment_ < 16 || file_alignment_ > 0x10000)
    return refuse("FileAlignment", opt_ + 36,
                  "is " + hex(file_alignment_) + ", not a power of two from 0x10 to 0x10000");
  if (!is_power_of_two(section_alignment) || section_alignment < file_alignment_ || section_alignment > 0x200000)
    return refuse("SectionAlignment", opt_ + 32,
                  "is " + hex(section_alignment) + ", not a power of two from FileAlignment (" + hex(file_alignment_) +
                      ") to 0x200000");
  if (image_bytes == 0 || image_bytes > kImageBytesMax)
    return refuse("SizeOfImage", opt_ + 56, "is " + hex(image_bytes) + ", not between 1 byte and 256 MiB");
  if (image_bytes % section_alignment != 0)
    return refuse("SizeOfImage", opt_ + 56,
                  "is " + hex(image_bytes) + ", not a multiple of SectionAlignment (" + hex(section_alignment) + ")");
  if (header_bytes > size() || header_bytes > image_bytes)
    return refuse("SizeOfHeaders", opt_ + 60, "is " + hex(header_bytes) + ", more than the file or the image has");
  return {};
}

host::Status PeParser::entry_point() {
  const auto entry = image_->entry_rva_;
  if (entry == 0 && is_dll_) return {};
  if (!image_->is_code(entry) || !offset_of(entry, 1))
    return refuse("AddressOfEntryPoint", opt_ + 16, "is " + hex(entry) + ", which lies in no section of code",
                  "link with an entry point (/ENTRY:DriverEntry)");
  return {};
}

host::Status PeParser::symbol_table() {
  const auto offset = get<std::uint32_t>(nt_ + 12);
  const auto count = get<std::uint32_t>(nt_ + 16);
  if (offset == 0 || count == 0) return {};
  if (offset > size() || count > (size() - offset) / 18)
    return refuse("PointerToSymbolTable", nt_ + 12,
                  "is " + hex(offset) + " with " + std::to_string(count) + " symbols, which ends beyond the file's " +
                      hex(size()));
  image_->symbols_offset_ = offset;
  image_->symbols_count_ = count;
  return {};
}

}  // namespace drydock::image
