// PeImage::parse: trusts no byte of the file.
#include <algorithm>
#include <cstring>
#include <optional>

#include "host/arena.h"
#include "image/code_patches.h"
#include "image/not_built.h"
#include "image/pe_image.h"
#include "nt/exception.h"
#include "nt/pe.h"

namespace drydock::image {
namespace {

constexpr const char* kDamaged = "the file is damaged or cut short, build or copy it again";
constexpr unsigned kHandlers = nt::UNW_FLAG_EHANDLER | nt::UNW_FLAG_UHANDLER;
constexpr std::uint32_t kImageBytesMax = 256u << 20;
constexpr std::size_t kNameMax = 512;
constexpr std::size_t kEntriesMax = 65536;  // imports, exports: far beyond any driver

enum Directory : unsigned {
  kExports = nt::IMAGE_DIRECTORY_ENTRY_EXPORT,
  kImports = nt::IMAGE_DIRECTORY_ENTRY_IMPORT,
  kExceptions = nt::IMAGE_DIRECTORY_ENTRY_EXCEPTION,
  kRelocations = nt::IMAGE_DIRECTORY_ENTRY_BASERELOC,
  kLoadConfig = nt::IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG,
  kDirectories = nt::IMAGE_NUMBEROF_DIRECTORY_ENTRIES,
};
constexpr const char* kDirectoryNames[kDirectories] = {
    "export directory",     "import directory",       "resource directory",
    "exception directory",  "certificate table",      "relocation directory",
    "debug directory",      "architecture directory", "global pointer",
    "TLS directory",        "load config directory",  "bound import directory",
    "import address table", "delay import directory", "CLR header",
    "reserved directory"};

std::string hex(std::uint64_t value) {
  return fmt::format("0x{:x}", value);
}

bool is_power_of_two(std::uint32_t value) {
  return value != 0 && (value & (value - 1)) == 0;
}

std::string machine_name(std::uint16_t machine) {
  switch (machine) {
    case nt::IMAGE_FILE_MACHINE_I386:
      return "32-bit x86";
    case nt::IMAGE_FILE_MACHINE_ARM64:
      return "ARM64";
    case 0x01C4:
      return "32-bit ARM";
    case 0x0200:
      return "Itanium";
    default:
      return "unknown";
  }
}

std::string subsystem_name(std::uint16_t subsystem) {
  switch (subsystem) {
    case nt::IMAGE_SUBSYSTEM_WINDOWS_GUI:
      return "a windowed application";
    case nt::IMAGE_SUBSYSTEM_WINDOWS_CUI:
      return "a console application";
    case 10:
    case 11:
    case 12:
      return "an EFI program";
    default:
      return "no kernel driver";
  }
}

}  // namespace

class PeParser {
 public:
  PeParser(std::span<const std::byte> file, std::string_view name) : image_(new PeImage) {
    image_->file_.assign(file.begin(), file.end());
    image_->name_ = name;
  }

  host::Result<std::unique_ptr<const PeImage>> parse() {
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
    std::erase_if(relocations,
                  [&](std::uint32_t rva) { return rva + 8 > image_->mapped_pages_ * std::uint64_t{4096}; });
    patch_code();
    return std::unique_ptr<const PeImage>(std::move(image_));
  }

 private:
  struct DirectoryEntry {
    std::uint32_t rva = 0, bytes = 0;
    std::size_t at = 0;  ///< where the data directory names it
  };
  /// A string in the image and where the file has it.
  struct Text {
    std::string text;
    std::size_t at = 0;
  };

  std::size_t size() const { return image_->file_.size(); }
  const std::byte* data() const { return image_->file_.data(); }

  template <class T>
  T get(std::size_t offset) const {
    T value;
    std::memcpy(&value, data() + offset, sizeof value);
    return value;
  }

  /// "x.sys: <field> at file offset 0x3c <what>; <remedy>"
  host::Error refuse(std::string_view field, std::size_t offset, const std::string& what,
                     const std::string& remedy = kDamaged) const {
    return host::error(image_->name_, ": ", field, " at file offset ", hex(offset), " ", what, "; ", remedy);
  }

  /// File offset of `bytes` bytes at `rva`, if the file has them all.
  std::optional<std::size_t> offset_of(std::uint32_t rva, std::size_t bytes) const {
    const std::byte* at = image_->file_bytes(rva, bytes);
    if (!at) return {};
    return at - data();
  }

  host::Status headers() {
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
    const auto machine = get<std::uint16_t>(nt_ + 4);
    if (machine != nt::IMAGE_FILE_MACHINE_AMD64)
      return refuse("Machine", nt_ + 4, "is " + hex(machine) + " (" + machine_name(machine) + ")",
                    "only x64 drivers (0x8664) run here, build the driver for x64");
    sections_count_ = get<std::uint16_t>(nt_ + 6);
    image_->time_date_stamp_ = get<std::uint32_t>(nt_ + 8);
    const auto optional_bytes = get<std::uint16_t>(nt_ + 20);
    const auto characteristics = get<std::uint16_t>(nt_ + 22);
    if (!(characteristics & nt::IMAGE_FILE_EXECUTABLE_IMAGE))
      return refuse("Characteristics", nt_ + 22, "lack IMAGE_FILE_EXECUTABLE_IMAGE",
                    "the linker reported errors, link again");
    if (characteristics & nt::IMAGE_FILE_RELOCS_STRIPPED)
      return refuse("Characteristics", nt_ + 22, "have IMAGE_FILE_RELOCS_STRIPPED, so that the image cannot be moved",
                    "link with relocations (/DYNAMICBASE, or --dynamicbase)");
    is_dll_ = characteristics & nt::IMAGE_FILE_DLL;

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

    const auto directories = get<std::uint32_t>(opt_ + 108);
    if (directories > kDirectories)
      return refuse("NumberOfRvaAndSizes", opt_ + 108, "is " + std::to_string(directories) + ", there are at most 16");
    if (112 + directories * 8 > optional_bytes)
      return refuse(
          "SizeOfOptionalHeader", nt_ + 20,
          "is " + std::to_string(optional_bytes) + ", too small for " + std::to_string(directories) + " directories");
    table_ = opt_ + optional_bytes;
    if (table_ > size()) return refuse("optional header", opt_, "is cut off by the end of the file");
    for (unsigned i = 0; i < directories; ++i) {
      const std::size_t at = opt_ + 112 + i * 8;
      directories_[i] = {get<std::uint32_t>(at), get<std::uint32_t>(at + 4), at};
    }

    image_->entry_rva_ = get<std::uint32_t>(opt_ + 16);
    image_->preferred_base_ = get<std::uint64_t>(opt_ + 24);
    const auto section_alignment = image_->section_alignment_ = get<std::uint32_t>(opt_ + 32);
    file_alignment_ = get<std::uint32_t>(opt_ + 36);
    const auto image_bytes = image_->size_of_image_ = get<std::uint32_t>(opt_ + 56);
    const auto header_bytes = image_->size_of_headers_ = get<std::uint32_t>(opt_ + 60);
    image_->checksum_ = get<std::uint32_t>(opt_ + 64);
    const auto subsystem = get<std::uint16_t>(opt_ + 68);
    image_->user_mode_ = is_dll_ && (subsystem == nt::IMAGE_SUBSYSTEM_WINDOWS_GUI ||
                                     subsystem == nt::IMAGE_SUBSYSTEM_WINDOWS_CUI);
    if (subsystem != nt::IMAGE_SUBSYSTEM_NATIVE && !image_->user_mode_)
      return refuse("Subsystem", opt_ + 68, "is " + std::to_string(subsystem) + " (" + subsystem_name(subsystem) + ")",
                    "a kernel driver is linked for the native subsystem (/SUBSYSTEM:NATIVE /DRIVER)");
    if (image_->preferred_base_ % 0x10000 != 0)
      return refuse("ImageBase", opt_ + 24, "is " + hex(image_->preferred_base_) + ", not a multiple of 64 KiB");
    if (!is_power_of_two(file_alignment_) || file_alignment_ < 16 || file_alignment_ > 0x10000)
      return refuse("FileAlignment", opt_ + 36,
                    "is " + hex(file_alignment_) + ", not a power of two from 0x10 to 0x10000");
    if (!is_power_of_two(section_alignment) || section_alignment < file_alignment_ || section_alignment > 0x200000)
      return refuse("SectionAlignment", opt_ + 32,
                    "is " + hex(section_alignment) + ", not a power of two from FileAlignment (" +
                        hex(file_alignment_) + ") to 0x200000");
    if (image_bytes == 0 || image_bytes > kImageBytesMax)
      return refuse("SizeOfImage", opt_ + 56, "is " + hex(image_bytes) + ", not between 1 byte and 256 MiB");
    if (image_bytes % section_alignment != 0)
      return refuse("SizeOfImage", opt_ + 56,
                    "is " + hex(image_bytes) + ", not a multiple of SectionAlignment (" + hex(section_alignment) + ")");
    if (header_bytes > size() || header_bytes > image_bytes)
      return refuse("SizeOfHeaders", opt_ + 60, "is " + hex(header_bytes) + ", more than the file or the image has");
    return {};
  }

  host::Status section_table() {
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

  /// Names longer than eight characters stand in the symbol table's strings: "/123".
  std::string section_name(std::size_t at) const {
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

  static std::string printable(std::string text) {
    for (char& c : text)
      if (c < 0x20 || c > 0x7E) c = '?';
    return text;
  }

  host::Status entry_point() {
    const auto entry = image_->entry_rva_;
    if (entry == 0 && is_dll_) return {};
    if (!image_->is_code(entry) || !offset_of(entry, 1))
      return refuse("AddressOfEntryPoint", opt_ + 16, "is " + hex(entry) + ", which lies in no section of code",
                    "link with an entry point (/ENTRY:DriverEntry)");
    return {};
  }

  /// The directory's file offset, or nothing if the image has none.
  host::Result<std::optional<std::size_t>> directory(Directory which) const {
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
      return refuse(
          std::string(kDirectoryNames[which]) + "'s address", entry.at,
          "names " + hex(entry.bytes) + " bytes at " + hex(entry.rva) + ", which no section of the file holds");
    return offset;
  }

  /// A NUL-terminated, printable string at `rva`; `field` and `at` say who points there.
  host::Result<Text> text_at(std::uint32_t rva, const std::string& field, std::size_t at) const {
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

  host::Status relocations() {
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

  host::Status exports() {
    const auto start = TRY(directory(kExports));
    if (!start) return {};
    const DirectoryEntry& entry = directories_[kExports];
    if (entry.bytes < 40)
      return refuse("export directory's size", entry.at + 4,
                    "is " + hex(entry.bytes) + ", less than its header of 0x28");
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

  host::Status imports() {
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

  host::Status import_module(const std::string& module, std::uint32_t lookup, std::uint32_t slots, std::size_t at) {
    const std::string of = " of the imports from " + module;
    if (!offset_of(lookup, 8))
      return refuse("OriginalFirstThunk" + of, at, "is " + hex(lookup) + ", outside the image");
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

  host::Status exception_table() {
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

  /// UNWIND_INFO: version and flags, prologue size, code count, frame register; then codes; then handler or chain.
  host::Status unwind_info(const FunctionEntry& function, std::size_t pointer_at) const {
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

  host::Status unwind_codes(std::size_t at, unsigned count, unsigned version, std::size_t info) const {
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

  host::Status load_config() {
    const auto start = TRY(directory(kLoadConfig));
    if (!start) return {};
    if (directories_[kLoadConfig].bytes < 4)
      return refuse("load config directory's size", directories_[kLoadConfig].at + 4, "is below 4");
    const auto bytes = get<std::uint32_t>(*start);
    if (!offset_of(directories_[kLoadConfig].rva, bytes))
      return refuse("Size of the load config directory", *start,
                    "is " + hex(bytes) + ", which runs out of its section");
    if (bytes < 0x60) return {};
    const auto cookie = get<std::uint64_t>(*start + 0x58);
    if (cookie == 0) return {};
    const std::uint64_t rva = cookie - image_->preferred_base_;
    const Section* section =
        rva < image_->size_of_image_ ? image_->section_at(static_cast<std::uint32_t>(rva)) : nullptr;
    if (!section || !section->writable || rva + 8 > section->rva + std::uint64_t{section->bytes})
      return refuse("SecurityCookie of the load config directory", *start + 0x58,
                    "is " + hex(cookie) + ", which lies in no section of data");
    image_->security_cookie_rva_ = static_cast<std::uint32_t>(rva);
    return {};
  }

  host::Status symbol_table() {
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

  void patch_code() {
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

  std::unique_ptr<PeImage> image_;
  std::size_t nt_ = 0, opt_ = 0, table_ = 0;
  unsigned sections_count_ = 0;
  std::uint32_t file_alignment_ = 0;
  bool is_dll_ = false;
  DirectoryEntry directories_[kDirectories] = {};
};

host::Result<std::unique_ptr<const PeImage>> PeImage::parse(std::span<const std::byte> file, std::string_view name) {
  host::ArenaScope outside_of_machines(nullptr);
  auto parsed = PeParser(file, name).parse();
  if (!parsed) return parsed;
  // Slots refer to their own strings, which no longer move.
  for (Import& import : const_cast<PeImage&>(**parsed).imports_) import.missing = missing_slot(import);
  return parsed;
}

}  // namespace drydock::image
