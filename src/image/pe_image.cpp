#include "image/pe_image.h"

#include <algorithm>
#include <cstring>

#include "host/check.h"
#include "image/code_patches.h"

namespace drydock::image {
namespace {

constexpr std::uint32_t kPage = machine::kPageSize;

std::uint32_t pages_of(std::uint32_t bytes) {
  return (bytes + kPage - 1) / kPage;
}

/// Ranks what a page of several sections must allow.
machine::Access access_for(bool readable, bool writable, bool executable) {
  using machine::Access;
  if (writable) return executable ? Access::ReadWriteExecute : Access::ReadWrite;
  if (executable) return Access::ReadExecute;
  return readable ? Access::Read : Access::None;
}

}  // namespace

const ImageExport* PeImage::find_export(std::string_view name) const {
  const auto found =
      std::lower_bound(exports_.begin(), exports_.end(), name,
                       [](const ImageExport& entry, std::string_view wanted) { return entry.name < wanted; });
  return found != exports_.end() && found->name == name && !name.empty() ? &*found : nullptr;
}

const ImageExport* PeImage::find_export(std::uint16_t ordinal) const {
  for (const ImageExport& entry : exports_)
    if (entry.ordinal == ordinal) return &entry;
  return nullptr;
}

const FunctionEntry* PeImage::function_at(std::uint32_t rva) const {
  auto after = std::upper_bound(functions_.begin(), functions_.end(), rva,
                                [](std::uint32_t at, const FunctionEntry& entry) { return at < entry.begin; });
  if (after == functions_.begin()) return nullptr;
  --after;
  return rva < after->end ? &*after : nullptr;
}

const PatchedInstruction* PeImage::patch_at(std::uint32_t rva) const {
  const auto found = std::lower_bound(patches_.begin(), patches_.end(), rva,
                                      [](const PatchedInstruction& patch, std::uint32_t at) { return patch.rva < at; });
  return found != patches_.end() && found->rva == rva ? &*found : nullptr;
}

const Section* PeImage::section_at(std::uint32_t rva) const {
  for (const Section& section : sections_)
    if (rva >= section.rva && rva - section.rva < section.bytes) return &section;
  return nullptr;
}

bool PeImage::is_code(std::uint32_t rva) const {
  const Section* section = section_at(rva);
  return section && section->executable;
}

const std::byte* PeImage::file_bytes(std::uint32_t rva, std::size_t bytes) const {
  if (rva < size_of_headers_) return bytes <= size_of_headers_ - rva ? file_.data() + rva : nullptr;
  const Section* section = section_at(rva);
  if (!section || rva - section->rva > section->file_bytes || bytes > section->file_bytes - (rva - section->rva))
    return nullptr;
  return file_.data() + section->file_offset + (rva - section->rva);
}

// COFF symbols: 18 bytes each, name (8), value (4), section (2), type (2), storage class (1), auxiliary records (1).
// The table is read in place, and only when somebody wants a name.
namespace {

constexpr std::uint32_t kSymbolBytes = 18;

template <class T>
T read(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

struct SymbolTable {
  std::span<const std::byte> file;
  std::uint32_t offset, count;

  /// Calls visit(name, section number, value) for each symbol that could name code.
  template <class Visit>
  void each(Visit visit) const {
    for (std::uint32_t i = 0; i < count;) {
      const std::byte* at = file.data() + offset + std::size_t{i} * kSymbolBytes;
      const auto storage_class = read<std::uint8_t>(at + 16);
      const auto section = read<std::int16_t>(at + 12);
      const bool external_or_static = storage_class == 2 || storage_class == 3;
      if (external_or_static && section > 0) {
        const std::string_view name = name_of(at);
        if (!name.empty() && name[0] != '.') visit(name, static_cast<unsigned>(section), read<std::uint32_t>(at + 8));
      }
      i += 1u + read<std::uint8_t>(at + 17);
    }
  }

  std::string_view name_of(const std::byte* at) const {
    const char* text = reinterpret_cast<const char*>(at);
    if (read<std::uint32_t>(at) != 0) return {text, strnlen(text, 8)};
    const std::uint64_t strings = offset + std::uint64_t{count} * kSymbolBytes;
    const std::uint64_t start = strings + read<std::uint32_t>(at + 4);
    if (start >= file.size()) return {};
    text = reinterpret_cast<const char*>(file.data() + start);
    return {text, strnlen(text, file.size() - start)};
  }
};

std::string with_offset(std::string_view name, std::uint32_t offset) {
  return offset ? fmt::format("{}+0x{:x}", name, offset) : std::string(name);
}

}  // namespace

std::string PeImage::symbol_at(std::uint32_t rva) const {
  const Section* section = section_at(rva);
  if (!section) return {};
  std::string_view best;
  std::uint32_t best_rva = 0;
  const auto offer = [&](std::string_view name, std::uint32_t at) {
    if (at <= rva && at >= section->rva && (best.empty() || at > best_rva)) best = name, best_rva = at;
  };
  SymbolTable{file_, symbols_offset_, symbols_count_}.each(
      [&](std::string_view name, unsigned number, std::uint32_t value) {
        if (number <= sections_.size() && &sections_[number - 1] == section) offer(name, section->rva + value);
      });
  for (const ImageExport& entry : exports_)
    if (!entry.forwarded() && !entry.name.empty()) offer(entry.name, entry.rva);
  // A name from another function would mislead: without symbols, the image's own offset says more.
  if (const FunctionEntry* function = function_at(rva); function && symbols_count_ == 0 && best_rva < function->begin)
    return {};
  return best.empty() ? std::string() : with_offset(best, rva - best_rva);
}

std::uint32_t PeImage::rva_of_symbol(std::string_view symbol) const {
  std::uint32_t found = 0;
  SymbolTable{file_, symbols_offset_, symbols_count_}.each(
      [&](std::string_view name, unsigned number, std::uint32_t value) {
        if (!found && name == symbol && number <= sections_.size()) found = sections_[number - 1].rva + value;
      });
  if (const ImageExport* entry = found ? nullptr : find_export(symbol); entry && !entry->forwarded())
    found = entry->rva;
  return found;
}

void PeImage::copy_to(std::byte* to, std::uint64_t base) const {
  const std::size_t bytes = std::size_t{mapped_pages_} * kPage;
  std::memcpy(to, file_.data(), size_of_headers_);
  std::size_t done = size_of_headers_;
  for (const Section& section : sections_) {
    if (section.rva >= bytes) break;
    std::memset(to + done, 0, section.rva - done);
    std::memcpy(to + section.rva, file_.data() + section.file_offset, section.file_bytes);
    done = section.rva + section.file_bytes;
  }
  std::memset(to + done, 0, bytes - done);

  const std::uint64_t delta = base - preferred_base_;
  if (delta == 0) return;
  for (std::uint32_t rva : relocations_) {
    std::uint64_t address;
    std::memcpy(&address, to + rva, sizeof address);
    address += delta;
    std::memcpy(to + rva, &address, sizeof address);
  }
}

void PeImage::plan_pages() {
  const auto is_init = [](const Section& section) {
    return section.name == "INIT" || (section.discardable && section.executable);
  };
  std::uint32_t end = size_of_headers_;
  for (const Section& section : sections_) {
    const bool left_out = section.discardable && !section.executable && section.name != "INIT";
    if (!left_out || security_cookie_rva_ - section.rva < section.bytes) end = section.rva + section.bytes;
  }
  // A slot of the import table is written at load, wherever it lies.
  for (const Import& import : imports_) end = std::max(end, import.slot_rva + 8);
  mapped_pages_ = pages_of(end);

  // Sections may share a page if their alignment is finer than one: it then allows what any of them needs.
  struct PageNeeds {
    bool readable = false, writable = false, executable = false, init = false, other = false;
  };
  std::vector<PageNeeds> pages(mapped_pages_);
  const auto add = [&](std::uint32_t first, std::uint32_t bytes, PageNeeds needs) {
    for (std::uint32_t page = first / kPage; page < std::min(mapped_pages_, pages_of(first + bytes)); ++page) {
      PageNeeds& sum = pages[page];
      sum.readable |= needs.readable;
      sum.writable |= needs.writable;
      sum.executable |= needs.executable;
      sum.init |= needs.init;
      sum.other |= needs.other;
    }
  };
  add(0, size_of_headers_, {.readable = true, .other = true});
  for (const Section& section : sections_)
    add(section.rva, section.bytes,
        {.readable = true,
         .writable = section.writable,
         .executable = section.executable,
         .init = is_init(section),
         .other = !is_init(section)});

  const auto append = [](std::vector<PageRun>& runs, std::uint32_t page, machine::Access access) {
    if (!runs.empty() && runs.back().access == access && runs.back().first_page + runs.back().pages == page)
      ++runs.back().pages;
    else
      runs.push_back({page, 1, access});
  };
  for (std::uint32_t page = 0; page < mapped_pages_; ++page) {
    const PageNeeds& needs = pages[page];
    append(page_runs_, page, access_for(needs.readable, needs.writable, needs.executable));
    if (needs.init && !needs.other) append(init_runs_, page, machine::Access::None);
  }
}

}  // namespace drydock::image
