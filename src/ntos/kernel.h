#pragma once
// The kernel of one machine: what its components keep, found from any export through kernel().

#include <vector>

#include "machine/machine.h"

namespace drydock::ntos {

namespace ke {
struct State;
}
namespace ex {
class Pool;
struct State;
}  // namespace ex
namespace mm {
struct State;
}
namespace ps {
struct State;
}
namespace ob {
class ObjectManager;
}
namespace io {
struct State;
}
namespace cm {
class Registry;
}
namespace pnp {
class Manager;
}
namespace po {
struct State;
}
namespace hal {
struct State;
}
namespace rtl {
struct State;
}

/// Everything lies in the machine's arena and goes with it; no destructor runs.
struct Kernel {
  ke::State* ke = nullptr;
  ex::Pool* pool = nullptr;
  ex::State* ex = nullptr;
  mm::State* mm = nullptr;
  ps::State* ps = nullptr;
  ob::ObjectManager* ob = nullptr;
  io::State* io = nullptr;
  cm::Registry* cm = nullptr;
  pnp::Manager* pnp = nullptr;
  po::State* po = nullptr;
  hal::State* hal = nullptr;
  rtl::State* rtl = nullptr;
};

/// The kernel of the machine that runs on this thread.
inline Kernel& kernel() {
  return machine::Machine::current().part<Kernel>(machine::PartId::Kernel);
}

/// Gives `machine` its kernel. Once, before any driver is loaded.
void install_kernel(machine::Machine& machine);

// What each component does for install_kernel: creates its state and sets its pointer above. Called in this order, in
// the machine's arena, on no thread of the machine; components named earlier may be used.
namespace rtl {
void install(Kernel& kernel);
}
namespace ke {
void install(Kernel& kernel);
}
namespace ex {
void install(Kernel& kernel);
}
namespace mm {
void install(Kernel& kernel);
}
namespace ob {
void install(Kernel& kernel);
}
namespace ps {
void install(Kernel& kernel);
}
namespace cm {
void install(Kernel& kernel);
}
namespace io {
void install(Kernel& kernel);
}
namespace pnp {
void install(Kernel& kernel);
}
namespace po {
void install(Kernel& kernel);
}
namespace hal {
void install(Kernel& kernel);
}

// The machine's questions, answered by the component that knows (KernelHooks).
namespace rtl {
/// Walks the driver's handlers; returns to continue at `frame`, else a handler runs or the machine stops.
void dispatch_fault(machine::TrapFrame* frame, const machine::FaultInfo& info);
std::vector<machine::StackFrame> capture_stack(const machine::TrapFrame* trap);
}  // namespace rtl

}  // namespace drydock::ntos
