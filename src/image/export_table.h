#pragma once
// An API family as one table: the only place that says a call exists. From each row come the import binding, the IRQL
// check, the fault plan's menu and the coverage page.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "machine/guest_call.h"
#include "nt/base.h"
#include "nt/dispatcher.h"
#include "nt/status.h"

namespace drydock::image {

struct IrqlLimit {
  std::uint8_t min = 0, max = 15;
};
constexpr IrqlLimit at_most(nt::KIRQL irql) {
  return {0, irql};
}
constexpr IrqlLimit exactly(nt::KIRQL irql) {
  return {irql, irql};
}
constexpr IrqlLimit at_least(nt::KIRQL irql) {
  return {irql, 15};
}
constexpr IrqlLimit any_irql() {
  return {0, 15};
}

/// A row without a function: binding succeeds, calling it ends the run with `why`.
struct NotBuilt {
  const char* why;
};
constexpr NotBuilt not_built(const char* why) {
  return {why};
}

/// An exported variable: `bytes` of guest memory a machine, filled by `initialise` when the export is first bound. Or
/// code that must run on the driver's side of the border, because its caller expects more registers back than a call
/// keeps.
struct DataExport {
  std::size_t bytes;
  void (*initialise)(void* guest);
  bool executable = false;
};

/// Stack arguments copied for variadic functions.
inline constexpr std::uint16_t kVariadicStackArgs = 16;

struct Export {
  enum class Kind : std::uint8_t { Function, Data, NotBuilt };

  template <class R, class... A>
  Export(const char* export_name, R(NTAPI* function)(A...), IrqlLimit limit,
         std::initializer_list<nt::NTSTATUS> statuses = {})
      : name(export_name), kind(Kind::Function), refusals(statuses) {
    slot = {reinterpret_cast<void*>(function),
            limit.min,
            limit.max,
            sizeof...(A) > 4 ? sizeof...(A) - 4 : 0,
            0,
            "",
            export_name};
  }
  template <class R, class... A>
  Export(const char* export_name, R(NTAPI* function)(A..., ...), IrqlLimit limit,
         std::initializer_list<nt::NTSTATUS> statuses = {})
      : name(export_name), kind(Kind::Function), refusals(statuses) {
    slot = {reinterpret_cast<void*>(function), limit.min, limit.max, kVariadicStackArgs, 0, "", export_name};
  }
  Export(const char* export_name, NotBuilt absent, IrqlLimit limit = any_irql(),
         std::initializer_list<nt::NTSTATUS> statuses = {})
      : name(export_name), kind(Kind::NotBuilt), why(absent.why), refusals(statuses) {
    slot.irql_min = limit.min, slot.irql_max = limit.max, slot.name = export_name;
  }
  Export(const char* export_name, DataExport variable) : name(export_name), kind(Kind::Data), data(variable) {
    slot.name = export_name;
  }

  const char* name;
  Kind kind;
  machine::ExportSlot slot;
  DataExport data{};
  const char* why = "";
  std::vector<nt::NTSTATUS> refusals;
};

/// Immutable after construction (a namespace-scope const). `module` as in import tables, compared without case.
struct ExportFamily {
  ExportFamily(const char* module_name, std::initializer_list<Export> table, const char* family_name);
  const char* module;
  const char* family;  ///< "io/device": where the table stands
  std::vector<Export> rows;
};

/// All families a machine offers, and the exports of loaded images. Built once per process from the rooms' tables.
class ExportIndex {
 public:
  /// `family` must outlive the index. The first row of a name counts; duplicates() lists the others.
  void add(const ExportFamily& family);
  /// Null if no table has it. The kernel and the HAL are one for importers, as on Windows since version 2004.
  const Export* find(std::string_view module, std::string_view name) const;
  bool has_module(std::string_view module) const;
  const std::vector<const ExportFamily*>& families() const { return families_; }
  /// "ntoskrnl.exe!Name in io/device and in io/irp"
  const std::vector<std::string>& duplicates() const { return duplicates_; }

 private:
  struct Row {
    const ExportFamily* family;
    const Export* row;
  };
  const Row* find_exactly(std::string_view module, std::string_view name) const;

  std::vector<const ExportFamily*> families_;
  std::unordered_map<std::string_view, std::vector<Row>> rows_;  ///< by name
  std::vector<std::string> duplicates_;
};

/// Module names compare without case: "HAL.dll" is "hal.dll".
bool same_module(std::string_view a, std::string_view b);

}  // namespace drydock::image
