#pragma once
// What process and thread management keeps in a machine.

#include <cstdint>
#include <map>

#include "ntos/ps/thread_object.h"

namespace drydock::ntos::ps {

struct State {
  nt::KPROCESS* system_process = nullptr;
  std::map<std::uint32_t, machine::Thread*> threads;  ///< living ones with an object, by machine::Thread::id
  std::map<std::uint32_t, nt::KTHREAD*> objects;      ///< all thread objects that exist, by the same
};

}  // namespace drydock::ntos::ps
