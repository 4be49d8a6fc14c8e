#pragma once
// What a run had to do with QEMU, in words.

#include <string>

#include "report/look.h"
#include "scenario/hardware_use.h"

namespace drydock::report {

/// Lines for the end of a table: round trips, and what QEMU had to say. "" without a QEMU.
std::string hardware_text(const scenario::HardwareUse& use, const Look& look);

}  // namespace drydock::report
