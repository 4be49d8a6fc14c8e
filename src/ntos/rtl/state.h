#pragma once
// What the run-time library keeps in a machine.

#include <cstdint>
#include <map>

#include "nt/base.h"

namespace drydock::ntos::rtl {

struct ActiveUnwind;

struct State {
  nt::ULONG rand_seed = 1;
  std::map<std::uint32_t, ActiveUnwind*> active_unwinds;  ///< whose termination handlers run now, by thread id
};

}  // namespace drydock::ntos::rtl
