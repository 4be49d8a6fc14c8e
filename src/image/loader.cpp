#include "image/loader.h"

#include <algorithm>
#include <cstring>

#include "host/check.h"
#include "machine/guest_call.h"

namespace drydock::image {
namespace {

constexpr unsigned kForwardersMax = 16;
constexpr std::size_t kUnloadedKept = 50;  // as many as Windows remembers
constexpr const char* kNobodyOffersIt = "no table offers it";

std::size_t align_up(std::size_t value, std::size_t alignment) {
  return (value + alignment - 1) & ~(alignment - 1);
}

std::uint64_t address_value(const void* address) {
  return reinterpret_cast<std::uint64_t>(address);
}

}  // namespace

void* LoadedImage::find_export(std::string_view export_name) const {
  const ImageExport* entry = pe_->find_export(export_name);
  return entry && !entry->forwarded() ? base_ + entry->rva : nullptr;
}

void* LoadedImage::find_symbol(std::string_view symbol) const {
  const std::uint32_t rva = pe_->rva_of_symbol(symbol);
  return rva ? base_ + rva : nullptr;
}

Images& Images::attach(machine::Machine& machine, const ExportIndex& exports) {
  auto* images = new Images(machine, exports);  // belongs to the machine's arena, dropped with it
  machine.set_part(machine::PartId::Images, images);
  return *images;
}

host::Result<LoadedImage*> Images::load(const PeImage& pe) {
  machine::Memory& memory = machine_.memory();
  auto* base = static_cast<std::byte*>(memory.allocate_pages(pe.mapped_pages()));
  if (!base)
    return host::error(pe.name(), " needs ", pe.mapped_pages() * machine::kPageSize / 1024,
                       " KiB of memory, which the machine does not have; give it more RAM");
  pe.copy_to(base, address_value(base));

  auto* image = new LoadedImage;
  image->id_ = next_id_++;
  image->pe_ = &pe;
  image->base_ = base;
  for (const Import& import : pe.imports()) {
    Bound bound = bind(import.module, import.name, import.by_ordinal, import.ordinal, 0);
    if (!bound.address) bound = {machine::guest_entry(&import.missing), nullptr, kNobodyOffersIt};
    if (bound.missing) image->missing_imports_.push_back({&import, bound.missing});
    auto& from = image->imports_from_;
    if (bound.from && std::find(from.begin(), from.end(), bound.from) == from.end()) from.push_back(bound.from);
    std::memcpy(base + import.slot_rva, &bound.address, sizeof bound.address);
  }
  for (LoadedImage* from : image->imports_from_) ++from->importers_;
  initialise_security_cookie(*image);
  protect(*image, pe.page_runs());
  add(image);
  return image;
}

LoadedImage* Images::load_elsewhere(const PeImage& pe, std::byte* base,
                                    const std::function<void*(const Import&)>& bind_import) {
  pe.copy_to(base, address_value(base));
  auto* image = new LoadedImage;
  image->id_ = next_id_++;
  image->pe_ = &pe;
  image->base_ = base;
  image->elsewhere_ = true;
  for (const Import& import : pe.imports()) {
    void* address = bind_import(import);
    std::memcpy(base + import.slot_rva, &address, sizeof address);
  }
  initialise_security_cookie(*image);
  add(image);
  return image;
}

void Images::add(LoadedImage* image) {
  std::byte* const base = image->base_;
  loaded_.push_back(image);
  std::erase_if(unloaded_, [&](const Unloaded& gone) {
    return address_value(base) < gone.base + gone.bytes && gone.base < address_value(base) + image->mapped_bytes();
  });
  machine_.record(machine::Event::ImageLoaded, image->id_);
  machine_.trace().name(machine::Thing::Image, image->id_, image->name());
}

void Images::unload(LoadedImage* image) {
  const auto found = std::find(loaded_.begin(), loaded_.end(), image);
  HOST_CHECK(found != loaded_.end());
  loaded_.erase(found);
  for (LoadedImage* from : image->imports_from_) --from->importers_;
  unloaded_.push_front({image->name(), address_value(image->base_), image->mapped_bytes()});
  if (unloaded_.size() > kUnloadedKept) unloaded_.pop_back();
  if (!image->elsewhere_) machine_.memory().free_pages(image->base_, image->pe_->mapped_pages());
  machine_.record(machine::Event::ImageUnloaded, image->id_);
  delete image;
}

void Images::discard_init(LoadedImage* image) {
  if (image->init_discarded_) return;
  image->init_discarded_ = true;
  protect(*image, image->pe_->init_runs());
}

void Images::protect(const LoadedImage& image, const std::vector<PeImage::PageRun>& runs) {
  for (const PeImage::PageRun& run : runs)
    if (run.access != machine::Access::ReadWrite)  // what fresh pages have
      machine_.memory().protect(image.base_ + run.first_page * machine::kPageSize, run.pages, run.access);
}

/// The loader's part of /GS: a value that differs from the linker's default, the same in every run.
void Images::initialise_security_cookie(const LoadedImage& image) {
  if (!image.pe_->security_cookie_rva()) return;
  std::uint64_t cookie = image.pe_->time_date_stamp() | std::uint64_t{image.pe_->size_of_image()} << 32;
  cookie = (cookie ^ image.id_) * 0x9E3779B97F4A7C15;
  cookie = ((cookie ^ cookie >> 29) & 0x0000'FFFF'FFFF'FFFF) | 0x0000'1000'0000'0000;
  if (cookie == 0x00002B992DDFA232) ++cookie;
  std::memcpy(image.base_ + image.pe_->security_cookie_rva(), &cookie, sizeof cookie);
}

Images::Bound Images::bind(std::string_view module, std::string_view name, bool by_ordinal, std::uint16_t ordinal,
                           unsigned depth) {
  if (!by_ordinal) {
    if (const Export* row = exports_.find(module, name)) {
      if (row->kind == Export::Kind::Data) return {variable_of(*row)};
      return {machine::guest_entry(&row->slot), nullptr, row->kind == Export::Kind::NotBuilt ? row->why : nullptr};
    }
  }
  LoadedImage* image = find(module);
  if (!image) return {};
  return bind_in(*image, by_ordinal ? image->pe_->find_export(ordinal) : image->pe_->find_export(name), depth);
}

Images::Bound Images::bind_in(LoadedImage& image, const ImageExport* entry, unsigned depth) {
  if (!entry || depth > kForwardersMax) return {};
  if (!entry->forwarded()) return {image.base_ + entry->rva, &image};
  std::uint32_t ordinal = 0;
  const std::string& name = entry->forward_name;
  const bool by_ordinal = name[0] == '#';
  if (by_ordinal)
    for (char c : std::string_view(name).substr(1)) {
      if (c < '0' || c > '9' || ordinal > 0xFFFF) return {};
      ordinal = ordinal * 10 + static_cast<unsigned>(c - '0');
    }
  if (ordinal > 0xFFFF) return {};
  // A forwarder leaves out the extension.
  for (const char* extension : {".sys", ".exe", ".dll", ""}) {
    const Bound bound =
        bind(entry->forward_module + extension, name, by_ordinal, static_cast<std::uint16_t>(ordinal), depth + 1);
    if (bound.address) return bound;
  }
  return {};
}

void* Images::variable_of(const Export& row) {
  void*& variable = variables_[&row];
  if (variable) return variable;
  const std::size_t bytes = align_up(std::max<std::size_t>(row.data.bytes, 1), 16);
  if (row.data.executable) {
    const std::size_t pages = align_up(bytes, machine::kPageSize) / machine::kPageSize;
    variable = machine_.memory().allocate_pages(pages);
    HOST_CHECK(variable);
    std::memset(variable, 0xCC, pages * machine::kPageSize);
    row.data.initialise(variable);
    machine_.memory().protect(variable, pages, machine::Access::ReadExecute);
    return variable;
  }
  if (bytes > variables_left_) {
    const std::size_t pages = align_up(bytes, machine::kPageSize) / machine::kPageSize;
    variables_next_ = static_cast<std::byte*>(machine_.memory().allocate_pages(pages));
    HOST_CHECK(variables_next_);
    variables_left_ = pages * machine::kPageSize;
  }
  variable = variables_next_;
  variables_next_ += bytes;
  variables_left_ -= bytes;
  std::memset(variable, 0, bytes);
  if (row.data.initialise) row.data.initialise(variable);
  return variable;
}

void* Images::address_of_export(std::string_view module, std::string_view name) {
  return bind(module, name, false, 0, 0).address;
}

LoadedImage* Images::find(std::string_view name) const {
  for (LoadedImage* image : loaded_)
    if (same_module(image->name(), name)) return image;
  return nullptr;
}

LoadedImage* Images::at(const void* address) const {
  for (LoadedImage* image : loaded_)
    if (image->contains(address)) return image;
  return nullptr;
}

const Images::Unloaded* Images::unloaded_at(const void* address) const {
  for (const Unloaded& gone : unloaded_)
    if (gone.contains(address_value(address))) return &gone;
  return nullptr;
}

bool Images::patched_at(std::uint64_t rip, PatchedInstruction& patched) const {
  const LoadedImage* image = at(reinterpret_cast<const void*>(rip));
  if (!image) return false;
  const PatchedInstruction* patch = image->pe_->patch_at(static_cast<std::uint32_t>(rip - address_value(image->base_)));
  if (!patch) return false;
  patched = *patch;
  return true;
}

unsigned Images::original_instruction(std::uint64_t rip, std::uint8_t (&bytes)[16]) const {
  PatchedInstruction patched;
  if (!patched_at(rip, patched)) return 0;
  std::memcpy(bytes, patched.original, sizeof patched.original);
  return patched.length;
}

std::string Images::symbol_at(std::uint64_t address) const {
  const auto* place = reinterpret_cast<const void*>(address);
  if (const LoadedImage* image = at(place)) {
    const auto rva = static_cast<std::uint32_t>(image->rva_of(place));
    const std::string symbol = image->pe_->symbol_at(rva);
    return symbol.empty() ? fmt::format("{}+0x{:x}", image->name(), rva) : image->name() + "!" + symbol;
  }
  if (const Unloaded* gone = unloaded_at(place))
    return fmt::format("unloaded {}+0x{:x}", gone->name, address - gone->base);
  return fmt::format("0x{:x}", address);
}

}  // namespace drydock::image
