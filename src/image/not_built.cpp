#include "image/not_built.h"

#include "host/check.h"
#include "image/export_table.h"
#include "machine/machine.h"

namespace drydock::image {
namespace {

/// The slot through which the driver has just called us.
const machine::ExportSlot& called_slot() {
  const machine::BorderRecord* border = machine::innermost_border();
  HOST_CHECK(border && border->slot);
  return *border->slot;
}

std::string full_name(const machine::ExportSlot& slot) {
  return std::string(slot.module) + "!" + slot.name;
}

void NTAPI call_missing() {
  const machine::ExportSlot& slot = called_slot();
  machine::Machine::current().not_implemented(full_name(slot), "no table offers it");
}

void NTAPI call_not_built() {
  const machine::ExportSlot& slot = called_slot();
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
  const auto* row = NT_CONTAINING_RECORD(&slot, const Export, slot);
#pragma GCC diagnostic pop
  machine::Machine::current().not_implemented(full_name(slot), row->why);
}

}  // namespace

machine::ExportSlot missing_slot(const Import& import) {
  machine::ExportSlot slot;
  slot.entry = reinterpret_cast<void*>(call_missing);
  slot.module = import.module.c_str();
  slot.name = import.name.c_str();
  return slot;
}

void* not_built_entry() {
  return reinterpret_cast<void*>(call_not_built);
}

}  // namespace drydock::image
