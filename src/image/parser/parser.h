#pragma once
// PeParser checks a file byte by byte and fills a PeImage: one source file for each part of the format.
// It trusts nothing: each refusal names the field, its file offset, what it holds and the remedy.

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "host/result.h"
#include "image/pe_image.h"
#include "nt/pe.h"

namespace drydock::image {

inline constexpr const char* kDamaged = "the file is damaged or cut short, build or copy it again";
inline constexpr std::size_t kEntriesMax = 65536;  ///< imports, exports: far beyond any driver

inline std::string hex(std::uint64_t value) {
  return fmt::format("0x{:x}", value);
}

class PeParser {
 public:
  PeParser(std::span<const std::byte> file, std::string_view name) : image_(new PeImage) {
    image_->file_.assign(file.begin(), file.end());
    image_->name_ = name;
  }

  /// The image, or one sentence on the first thing that is wrong with the file. Call once.
  host::Result<std::unique_ptr<const PeImage>> parse();

 private:
  enum Directory : unsigned {
    kExports = nt::IMAGE_DIRECTORY_ENTRY_EXPORT,
    kImports = nt::IMAGE_DIRECTORY_ENTRY_IMPORT,
    kExceptions = nt::IMAGE_DIRECTORY_ENTRY_EXCEPTION,
    kRelocations = nt::IMAGE_DIRECTORY_ENTRY_BASERELOC,
    kLoadConfig = nt::IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG,
    kDirectories = nt::IMAGE_NUMBEROF_DIRECTORY_ENTRIES,
  };
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
                     const std::string& remedy = kDamaged) const;

  /// File offset of `bytes` bytes at `rva`, if the file has them all.
  std::optional<std::size_t> offset_of(std::uint32_t rva, std::size_t bytes) const;

  /// The directory's file offset, or nothing if the image has none.
  host::Result<std::optional<std::size_t>> directory(Directory which) const;

  /// A NUL-terminated, printable string at `rva`; `field` and `at` say who points there.
  host::Result<Text> text_at(std::uint32_t rva, const std::string& field, std::size_t at) const;

  // Each part needs those above it.
  host::Status headers();
  host::Status dos_header();
  host::Status file_header();
  host::Status optional_header();
  host::Status data_directories();
  host::Status image_shape();
  host::Status section_table();
  host::Status entry_point();
  host::Status relocations();
  host::Status exports();
  host::Status imports();
  host::Status import_module(const std::string& module, std::uint32_t lookup, std::uint32_t slots, std::size_t at);
  host::Status exception_table();
  host::Status unwind_info(const FunctionEntry& function, std::size_t pointer_at) const;
  host::Status unwind_codes(std::size_t at, unsigned count, unsigned version, std::size_t info) const;
  host::Status load_config();
  host::Status symbol_table();
  void patch_code();

  /// Names longer than eight characters stand in the symbol table's strings: "/123".
  std::string section_name(std::size_t at) const;

  std::unique_ptr<PeImage> image_;
  std::size_t nt_ = 0, opt_ = 0, table_ = 0;  ///< file offsets: PE signature, optional header, section table
  unsigned sections_count_ = 0;
  std::uint32_t file_alignment_ = 0;
  bool is_dll_ = false;
  DirectoryEntry directories_[kDirectories] = {};
};

}  // namespace drydock::image
