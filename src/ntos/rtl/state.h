#pragma once
// What the run-time library keeps in a machine.

#include <cstdint>
#include <map>
#include <vector>

#include "nt/base.h"
#include "ntos/rtl/fault_witness.h"

namespace drydock::ntos::rtl {

struct ActiveUnwind;

struct State {
  nt::ULONG rand_seed = 1;
  std::vector<FaultWitness> fault_witnesses;
  std::vector<FaultMender> fault_menders;
  std::map<std::uint32_t, ActiveUnwind*> active_unwinds;  ///< whose termination handlers run now, by thread id
};

}  // namespace drydock::ntos::rtl
