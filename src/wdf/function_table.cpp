#include "wdf/function_table.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "host/check.h"
#include "image/export_table.h"
#include "image/loader.h"
#include "machine/machine.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

namespace {

struct Function {
  const char* name;
  ULONG since;
};

constexpr Function kFunctions[] = {
#define WDF_FUNCTION(index, name, since) {#name, since},
#include "wdf/functions.inc"
#undef WDF_FUNCTION
};
static_assert(std::size(kFunctions) == kFunctionCount);

constexpr bool in_order() {
  constexpr ULONG indexes[] = {
#define WDF_FUNCTION(index, name, since) index,
#include "wdf/functions.inc"
#undef WDF_FUNCTION
  };
  for (ULONG i = 0; i < kFunctionCount; ++i)
    if (indexes[i] != i) return false;
  return true;
}
static_assert(in_order());

/// What a driver gets for a function that no table of ours has.
const image::ExportFamily kNotBuilt{kFrameworkModule,
                                    {
#define WDF_FUNCTION(index, name, since) {#name, image::not_built("this framework function is not built")},
#include "wdf/functions.inc"
#undef WDF_FUNCTION
                                    },
                                    "wdf/not_built"};

struct TableLength {
  ULONG minor;
  ULONG count;
};
constexpr TableLength kLengths[] = {{0, 383},  {1, 386},  {5, 387},  {7, 387},  {9, 396},  {11, 432},
                                    {13, 438}, {15, 444}, {17, 444}, {19, 446}, {21, 448}, {23, 451},
                                    {25, 453}, {27, 453}, {29, 454}, {31, 458}, {33, 458}};

}  // namespace

const char* function_name(ULONG index) {
  return index < kFunctionCount ? kFunctions[index].name : "";
}

ULONG function_since(ULONG index) {
  return kFunctions[index].since;
}

bool is_function_count(ULONG count) {
  return std::any_of(std::begin(kLengths), std::end(kLengths), [count](TableLength each) { return each.count == count; });
}

ULONG function_count_of(ULONG minor) {
  for (TableLength each : kLengths)
    if (each.minor == minor) return each.count;
  return 0;
}

PVOID* FunctionTable::entries() {
  if (entries_) return entries_;
  machine::Machine& machine = machine::Machine::current();
  constexpr std::size_t kPages = (kFunctionCount * sizeof(PVOID) + machine::kPageSize - 1) / machine::kPageSize;
  entries_ = static_cast<PVOID*>(machine.memory().allocate_pages(kPages));
  HOST_CHECK(entries_);
  const image::ExportIndex& built = image::Images::current().exports();
  for (ULONG i = 0; i < kFunctionCount; ++i) {
    const image::Export* row = built.find(kFrameworkModule, kFunctions[i].name);
    entries_[i] = machine::guest_entry(row ? &row->slot : &kNotBuilt.rows[i].slot);
  }
  machine.memory().protect(entries_, kPages, machine::Access::Read);
  return entries_;
}

}  // namespace drydock::wdf
