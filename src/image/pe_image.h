#pragma once
// A .sys file, read once and checked through and through. Immutable, shared by machines, never in a machine's arena.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/result.h"
#include "machine/guest_call.h"
#include "machine/memory.h"

namespace drydock::image {

struct Section {
  std::string name;
  std::uint32_t rva = 0;
  std::uint32_t bytes = 0;  ///< in memory, as the section table says
  std::uint32_t file_offset = 0;
  std::uint32_t file_bytes = 0;  ///< so many of them come from the file, the rest is zero
  bool readable = false, writable = false, executable = false;
  bool discardable = false;  ///< gone after DriverEntry (INIT)
};

/// One slot of the import address table.
struct Import {
  std::string module;  ///< as spelled in the file: "ntoskrnl.exe"
  std::string name;    ///< "#12" if by ordinal
  std::uint16_t ordinal = 0;
  bool by_ordinal = false;
  std::uint32_t slot_rva = 0;
  machine::ExportSlot missing;  ///< what the slot is bound to when no table offers the function
};

struct ImageExport {
  std::string name;  ///< empty if by ordinal only
  std::uint16_t ordinal = 0;
  std::uint32_t rva = 0;       ///< 0 if forwarded
  std::string forward_module;  ///< "NTOSKRNL", without extension
  std::string forward_name;    ///< "Name" or "#12"
  bool forwarded() const { return !forward_module.empty(); }
};

/// RUNTIME_FUNCTION of .pdata.
struct FunctionEntry {
  std::uint32_t begin, end, unwind;
};

/// Instructions that a user-mode process would run without trapping, although their answer is the machine's to give.
enum class PatchedKind : std::uint8_t { Pause, Rdtsc, Rdtscp, Cpuid, Rdrand, Rdseed, Rdpid, Xgetbv, Syscall };

struct PatchedInstruction {
  std::uint32_t rva = 0;
  PatchedKind kind = PatchedKind::Pause;
  std::uint8_t length = 0;
  std::uint8_t operand = 0;        ///< rdrand, rdseed, rdpid: register number, 0 RAX .. 15 R15
  std::uint8_t operand_bytes = 0;  ///< 2, 4 or 8
  std::uint8_t original[8] = {};
};

class PeImage {
 public:
  /// Reads a PE32+ x64 kernel driver, or a DLL that user-mode processes load. `name` is the file's base name ("pvscsi.sys"). Every failure is one sentence that
  /// names the field, its file offset and what to do.
  static host::Result<std::unique_ptr<const PeImage>> parse(std::span<const std::byte> file, std::string_view name);

  PeImage(const PeImage&) = delete;
  PeImage& operator=(const PeImage&) = delete;

  const std::string& name() const { return name_; }
  std::uint64_t preferred_base() const { return preferred_base_; }
  std::uint32_t entry_rva() const { return entry_rva_; }          ///< 0: none (export drivers only)
  std::uint32_t size_of_image() const { return size_of_image_; }  ///< as the header says
  /// Pages a machine needs: trailing debug and relocation sections are left out.
  std::uint32_t mapped_pages() const { return mapped_pages_; }
  std::uint32_t size_of_headers() const { return size_of_headers_; }
  std::uint32_t time_date_stamp() const { return time_date_stamp_; }
  std::uint32_t checksum() const { return checksum_; }
  bool user_mode() const { return user_mode_; }  ///< a DLL for user-mode processes: a UMDF driver perhaps

  const std::vector<Section>& sections() const { return sections_; }
  const std::vector<Import>& imports() const { return imports_; }
  const std::vector<ImageExport>& exports() const { return exports_; }            ///< by name, then by ordinal
  const std::vector<std::uint32_t>& relocations() const { return relocations_; }  ///< RVAs of 64-bit addresses
  const std::vector<FunctionEntry>& functions() const { return functions_; }      ///< ascending
  const std::vector<PatchedInstruction>& patches() const { return patches_; }     ///< ascending
  std::uint32_t security_cookie_rva() const { return security_cookie_rva_; }      ///< 0: none
  std::uint32_t pdata_rva() const { return pdata_rva_; }
  std::uint32_t export_directory_rva() const { return export_directory_rva_; }

  const ImageExport* find_export(std::string_view name) const;
  const ImageExport* find_export(std::uint16_t ordinal) const;
  /// The entry covering `rva`, or null: a leaf function, or no code.
  const FunctionEntry* function_at(std::uint32_t rva) const;
  const PatchedInstruction* patch_at(std::uint32_t rva) const;
  const Section* section_at(std::uint32_t rva) const;
  bool is_code(std::uint32_t rva) const;
  /// `bytes` of the image as the file has them (patches applied), or null if they are not all in the file.
  const std::byte* file_bytes(std::uint32_t rva, std::size_t bytes) const;

  /// "HwScsiResetBus+0x1c", or "" if nothing is known about `rva`.
  std::string symbol_at(std::uint32_t rva) const;
  /// RVA of a function in the symbol table or the export table; 0 if there is none.
  std::uint32_t rva_of_symbol(std::string_view symbol) const;

  /// Copies headers and sections to `to` (mapped_pages() pages), zeroes the rest and applies relocations for `base`.
  void copy_to(std::byte* to, std::uint64_t base) const;
  /// The access each run of pages gets once relocated and bound. Neighbours differ.
  struct PageRun {
    std::uint32_t first_page, pages;
    machine::Access access;
  };
  const std::vector<PageRun>& page_runs() const { return page_runs_; }
  /// The pages that go away after DriverEntry.
  const std::vector<PageRun>& init_runs() const { return init_runs_; }

 private:
  friend class PeParser;
  PeImage() = default;
  void plan_pages();

  std::string name_;
  std::vector<std::byte> file_;
  std::uint64_t preferred_base_ = 0;
  std::uint32_t entry_rva_ = 0, size_of_image_ = 0, mapped_pages_ = 0, size_of_headers_ = 0;
  std::uint32_t time_date_stamp_ = 0, checksum_ = 0, section_alignment_ = 0;
  std::uint32_t security_cookie_rva_ = 0, pdata_rva_ = 0, export_directory_rva_ = 0;
  bool user_mode_ = false;
  std::uint32_t symbols_offset_ = 0, symbols_count_ = 0;
  std::vector<Section> sections_;
  std::vector<Import> imports_;
  std::vector<ImageExport> exports_;
  std::vector<std::uint32_t> relocations_;
  std::vector<FunctionEntry> functions_;
  std::vector<PatchedInstruction> patches_;
  std::vector<PageRun> page_runs_, init_runs_;
};

}  // namespace drydock::image
