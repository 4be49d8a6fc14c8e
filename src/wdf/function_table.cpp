#include "wdf/function_table.h"

#include <algorithm>
#include <iterator>

#include "host/check.h"
#include "image/export_table.h"
#include "image/loader.h"
#include "machine/machine.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

namespace {

constexpr const char* kNames[] = {
#define WDF_FUNCTION(index, result, name, parameters, arguments) #name,
#define WDF_FUNCTION_BY_NAME(index, name) #name,
#include <wdf/wdffunctions.inc>
#undef WDF_FUNCTION
#undef WDF_FUNCTION_BY_NAME
};
static_assert(std::size(kNames) == kFunctionCount);

/// What a driver gets for a function that no table of ours has.
const image::ExportFamily kNotBuilt{kFrameworkModule,
                                    {
#define WDF_NOT_BUILT(name) {name, image::not_built("this framework function is not built")},
#define WDF_FUNCTION(index, result, name, parameters, arguments) WDF_NOT_BUILT(#name)
#define WDF_FUNCTION_BY_NAME(index, name) WDF_NOT_BUILT(#name)
#include <wdf/wdffunctions.inc>
#undef WDF_NOT_BUILT
#undef WDF_FUNCTION
#undef WDF_FUNCTION_BY_NAME
                                    },
                                    "wdf/not_built"};

/// What a driver finds behind the table's end, as far as the page goes.
const image::ExportFamily kBehind{
    kFrameworkModule,
    {{"a function behind the end of the table", image::not_built("the framework's table has 458 functions")}},
    "wdf/behind_the_table"};

struct TableLength {
  ULONG minor;
  ULONG count;
};
constexpr TableLength kLengths[] = {{0, 383},  {1, 386},  {5, 387},  {7, 387},  {9, 396},  {11, 432},
                                    {13, 438}, {15, 444}, {17, 444}, {19, 446}, {21, 448}, {23, 451},
                                    {25, 453}, {27, 453}, {29, 454}, {31, 458}, {33, 458}};

}  // namespace

const char* function_name(ULONG index) {
  return index < kFunctionCount ? kNames[index] : "";
}

bool is_function_count(ULONG count) {
  return std::any_of(std::begin(kLengths), std::end(kLengths),
                     [count](TableLength each) { return each.count == count; });
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
    const image::Export* row = built.find(kFrameworkModule, kNames[i]);
    entries_[i] = machine::guest_entry(row ? &row->slot : &kNotBuilt.rows[i].slot);
  }
  for (std::size_t i = kFunctionCount; i < kPages * machine::kPageSize / sizeof(PVOID); ++i)
    entries_[i] = machine::guest_entry(&kBehind.rows[0].slot);
  machine.memory().protect(entries_, kPages, machine::Access::Read);
  return entries_;
}

}  // namespace drydock::wdf
