#include "image/export_table.h"

#include <fmt/format.h>

#include "host/arena.h"
#include "image/not_built.h"

namespace drydock::image {
namespace {

constexpr std::string_view kKernel = "ntoskrnl.exe";
constexpr std::string_view kHal = "hal.dll";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

}  // namespace

bool same_module(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

ExportFamily::ExportFamily(const char* module_name, std::initializer_list<Export> table, const char* family_name)
    : module(module_name), family(family_name), rows(table) {
  for (Export& row : rows) {
    row.slot.module = module_name;
    if (row.kind == Export::Kind::NotBuilt) row.slot.entry = not_built_entry();
  }
}

void ExportIndex::add(const ExportFamily& family) {
  host::ArenaScope outside_of_machines(nullptr);
  families_.push_back(&family);
  for (const Export& row : family.rows) {
    if (const Row* earlier = find_exactly(family.module, row.name)) {
      duplicates_.push_back(
          fmt::format("{}!{} in {} and in {}", family.module, row.name, earlier->family->family, family.family));
      continue;
    }
    rows_[row.name].push_back({&family, &row});
  }
}

const ExportIndex::Row* ExportIndex::find_exactly(std::string_view module, std::string_view name) const {
  const auto found = rows_.find(name);
  if (found == rows_.end()) return nullptr;
  for (const Row& row : found->second)
    if (same_module(row.family->module, module)) return &row;
  return nullptr;
}

const Export* ExportIndex::find(std::string_view module, std::string_view name) const {
  const Row* found = find_exactly(module, name);
  if (!found && same_module(module, kHal)) found = find_exactly(kKernel, name);
  if (!found && same_module(module, kKernel)) found = find_exactly(kHal, name);
  return found ? found->row : nullptr;
}

bool ExportIndex::has_module(std::string_view module) const {
  for (const ExportFamily* family : families_)
    if (same_module(family->module, module)) return true;
  return false;
}

}  // namespace drydock::image
