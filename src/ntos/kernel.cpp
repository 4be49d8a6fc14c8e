#include "ntos/kernel.h"

#include "image/loader.h"
#include "machine/thread.h"
#include "ntos/ke/apc.h"
#include "ntos/ke/irql.h"
#include "ntos/ke/shared_data.h"
#include "ntos/ps/thread_object.h"

namespace drydock::ntos {

namespace {

class Hooks final : public machine::KernelHooks {
 public:
  void fault(machine::TrapFrame* frame, const machine::FaultInfo& info) override { rtl::dispatch_fault(frame, info); }
  void deliver_apcs(machine::Thread& thread) override { ke::deliver_apcs(thread); }
  std::vector<machine::StackFrame> capture_stack(const machine::TrapFrame* trap) override {
    return rtl::capture_stack(trap);
  }
  nt::KTHREAD* thread_object(machine::Thread& thread) override { return ps::make_thread_object(thread); }
  unsigned original_instruction(std::uint64_t instruction, std::uint8_t (&bytes)[16]) override {
    auto* images = machine::Machine::current().find_part<image::Images>(machine::PartId::Images);
    return images == nullptr ? 0 : images->original_instruction(instruction, bytes);
  }
  std::uint64_t kuser_read(unsigned offset, unsigned size) override { return ke::shared_data_read(offset, size); }
  void irql_violation(const machine::ExportSlot& slot, nt::KIRQL irql) override { ke::irql_violation(slot, irql); }
};

}  // namespace

void install_kernel(machine::Machine& machine) {
  machine.enter([&machine] {
    auto* kernel = new Kernel;
    machine.set_part(machine::PartId::Kernel, kernel);
    rtl::install(*kernel);
    ke::install(*kernel);
    ex::install(*kernel);
    mm::install(*kernel);
    ob::install(*kernel);
    ps::install(*kernel);
    cm::install(*kernel);
    io::install(*kernel);
    pnp::install(*kernel);
    po::install(*kernel);
    hal::install(*kernel);
    machine.set_hooks(new Hooks);
    machine::adopt_threads();
  });
}

}  // namespace drydock::ntos
