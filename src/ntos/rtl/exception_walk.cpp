#include "ntos/rtl/exception_walk.h"

#include "machine/thread.h"

namespace drydock::ntos::rtl {
namespace {

/// Which of a fiber's driver stacks an address lies on: the thread's own, or one of its processor's.
bool on_thread_stack(std::uint64_t address) {
  const machine::Thread& thread = machine::current_thread();
  return address - reinterpret_cast<std::uint64_t>(thread.driver_stack) < machine::kDriverStackSize;
}

bool is_interrupt(const machine::BorderRecord& younger, const machine::BorderRecord& older) {
  return on_thread_stack(younger.rsp) != on_thread_stack(older.rsp) ||
         (!on_thread_stack(younger.rsp) && older.rsp - younger.rsp > machine::kDriverStackSize);
}

}  // namespace

FrameWalk::FrameWalk(machine::BorderRecord* border, bool over_interrupts) : over_interrupts_(over_interrupts) {
  enter(border);
}

void FrameWalk::enter(machine::BorderRecord* border) {
  left_by_ = border;
  if (!border) {
    end_ = End::Beginning;
    return;
  }
  const auto registers = image::registers_of(*border);
  if (!registers) {
    end_ = End::BadStack;
    return;
  }
  registers_ = *registers;
  first_of_stretch_ = true;
  if (registers_.rip == machine::guest_return_address()) pass_border();
}

void FrameWalk::pass_border() {
  machine::BorderRecord* older = left_by_->previous;
  ++borders_passed_;
  if (older && is_interrupt(*left_by_, *older)) {
    ++interrupts_passed_;
    if (!over_interrupts_) {
      end_ = End::Interrupt;
      return;
    }
  }
  enter(older);
}

const image::UnwoundFrame& FrameWalk::look(unsigned handler_kinds) {
  caller_ = registers_;
  frame_ = {};
  readable_ = image::unwind(image::Images::current(), caller_, handler_kinds, frame_);
  // Only where it was interrupted can a driver be outside of every image: by a jump into nowhere.
  if (!frame_.image && !first_of_stretch_) readable_ = false;
  if (caller_.rsp() <= registers_.rsp() && frame_.function) readable_ = false;
  return frame_;
}

void FrameWalk::next() {
  if (!readable_) {
    end_ = End::BadStack;
    return;
  }
  registers_ = caller_;
  first_of_stretch_ = false;
  if (registers_.rip == machine::guest_return_address()) pass_border();
}

}  // namespace drydock::ntos::rtl
