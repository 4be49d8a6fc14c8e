#pragma once
// Images in a machine: mapped, relocated, bound, found again by address, unloaded.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/result.h"
#include "image/export_table.h"
#include "image/pe_image.h"
#include "machine/machine.h"

namespace drydock::image {

/// An import that ends the run when it is called.
struct MissingImport {
  const Import* import;
  const char* why;  ///< of a row marked not_built, else "no table offers it"
};

/// One image in one machine. Addresses stay the same until unload.
class LoadedImage {
 public:
  std::uint32_t id() const { return id_; }  ///< 1, 2, ... in order of loading; traces use it
  const std::string& name() const { return pe_->name(); }
  const PeImage& pe() const { return *pe_; }
  std::byte* base() const { return base_; }
  std::size_t mapped_bytes() const { return pe_->mapped_pages() * machine::kPageSize; }
  /// The driver's entry point; null if it has none.
  void* entry() const { return pe_->entry_rva() ? base_ + pe_->entry_rva() : nullptr; }

  bool contains(const void* address) const { return rva_of(address) < mapped_bytes(); }
  std::uint64_t rva_of(const void* address) const {
    return reinterpret_cast<std::uint64_t>(address) - reinterpret_cast<std::uint64_t>(base_);
  }
  /// Address of an exported function or variable, null if it is not there. Forwarders are not followed.
  void* find_export(std::string_view export_name) const;
  /// Address of a function or variable by its name in the symbol table, for tests and reports; null if unknown.
  void* find_symbol(std::string_view symbol) const;

  const std::vector<MissingImport>& missing_imports() const { return missing_imports_; }
  /// Images loaded later that import from this one; Windows keeps it loaded as long.
  unsigned importers() const { return importers_; }
  bool init_discarded() const { return init_discarded_; }

 private:
  friend class Images;
  std::uint32_t id_ = 0;
  const PeImage* pe_ = nullptr;
  std::byte* base_ = nullptr;
  std::vector<MissingImport> missing_imports_;
  std::vector<LoadedImage*> imports_from_;
  unsigned importers_ = 0;
  bool init_discarded_ = false;
  bool elsewhere_ = false;  ///< its pages are somebody else's
};

/// The machine's part PartId::Images. Everything here runs inside the machine (Machine::enter or run).
class Images {
 public:
  /// Gives the current machine its images. `exports` must outlive the machine.
  static Images& attach(machine::Machine& machine, const ExportIndex& exports);
  static Images& current() { return machine::Machine::current().part<Images>(machine::PartId::Images); }

  /// Maps `pe`, which must outlive the machine. Imports that nobody offers do not fail the load: see missing_imports().
  host::Result<LoadedImage*> load(const PeImage& pe);
  /// An image that another process runs: at `base`, in pages of the caller's, its imports as `bind` gives them. Protection
  /// is the caller's business, and so are the pages when it is unloaded.
  LoadedImage* load_elsewhere(const PeImage& pe, std::byte* base, const std::function<void*(const Import&)>& bind);
  /// Frees the pages; the range is remembered. The image's name and addresses are invalid from here on.
  void unload(LoadedImage* image);
  /// After DriverEntry: code marked INIT is gone, and whoever still calls it faults.
  void discard_init(LoadedImage* image);

  LoadedImage* find(std::string_view name) const;
  LoadedImage* at(const void* address) const;
  const std::vector<LoadedImage*>& loaded() const { return loaded_; }

  struct Unloaded {
    std::string name;
    std::uint64_t base;
    std::size_t bytes;
    bool contains(std::uint64_t address) const { return address - base < bytes; }
  };
  /// The last image that had `address`, if it is gone and nothing was loaded there since.
  const Unloaded* unloaded_at(const void* address) const;

  /// What a driver gets who asks for `module`!`name`: our entry, our variable, another image's function; null if nobody
  /// offers it. Rows marked not_built are offered: calling them ends the run.
  void* address_of_export(std::string_view module, std::string_view name);
  const ExportIndex& exports() const { return exports_; }

  /// Whether the instruction at `rip` replaces another one: which.
  bool patched_at(std::uint64_t rip, PatchedInstruction& patched) const;
  /// The same as KernelHooks::original_instruction asks it: its bytes, and how many; 0 if nothing was replaced.
  unsigned original_instruction(std::uint64_t rip, std::uint8_t (&bytes)[16]) const;

  /// "pvscsi.sys!HwScsiResetBus+0x1c"; "pvscsi.sys+0x1234" without symbols; "unloaded old.sys+0x40"; else "0x...".
  std::string symbol_at(std::uint64_t address) const;

 private:
  explicit Images(machine::Machine& machine, const ExportIndex& exports) : machine_(machine), exports_(exports) {}

  struct Bound {
    void* address = nullptr;
    LoadedImage* from = nullptr;
    const char* missing = nullptr;  ///< why, if calling it ends the run
  };
  Bound bind(std::string_view module, std::string_view name, bool by_ordinal, std::uint16_t ordinal, unsigned depth);
  Bound bind_in(LoadedImage& image, const ImageExport* entry, unsigned depth);
  void* variable_of(const Export& row);
  void initialise_security_cookie(const LoadedImage& image);
  void add(LoadedImage* image);
  void protect(const LoadedImage& image, const std::vector<PeImage::PageRun>& runs);

  machine::Machine& machine_;
  const ExportIndex& exports_;
  std::vector<LoadedImage*> loaded_;  ///< in order of loading
  std::deque<Unloaded> unloaded_;
  std::map<const Export*, void*> variables_;  ///< looked up, never iterated
  std::byte* variables_next_ = nullptr;
  std::size_t variables_left_ = 0;
  std::uint32_t next_id_ = 1;
};

}  // namespace drydock::image
