#pragma once
// Driver frames from the innermost outwards, over the borders to our own frames between them.

#include "image/unwind.h"
#include "machine/machine.h"

namespace drydock::ntos::rtl {

/// A place on the running fiber's stack of driver frames. Copies keep the place.
class FrameWalk {
 public:
  /// Why there is no further frame.
  enum class End { NotYet, Beginning, Interrupt, BadStack };

  /// Begins at the driver frame that left through `border` (null: there is none). What an interrupt or a DPC cut into
  /// is another computation; `over_interrupts` walks on through it all the same.
  explicit FrameWalk(machine::BorderRecord* border, bool over_interrupts = false);

  bool in_frame() const { return end_ == End::NotYet; }
  End end() const { return end_; }
  /// The frame's own, RIP where it goes on.
  const image::Registers& registers() const { return registers_; }
  /// The record by which this frame, or a younger driver frame of the same stretch, left last.
  machine::BorderRecord* left_by() const { return left_by_; }
  /// How many times frames of ours were passed.
  unsigned borders_passed() const { return borders_passed_; }
  /// How many of those were an interrupt or a DPC.
  unsigned interrupts_passed() const { return interrupts_passed_; }

  /// Finds out about the frame and its caller.
  const image::UnwoundFrame& look(unsigned handler_kinds);
  const image::Registers& caller() const { return caller_; }
  /// To the caller; after look().
  void next();

 private:
  void enter(machine::BorderRecord* border);
  void pass_border();

  machine::BorderRecord* left_by_ = nullptr;
  image::Registers registers_{}, caller_{};
  image::UnwoundFrame frame_{};
  End end_ = End::NotYet;
  bool over_interrupts_;
  bool readable_ = false;
  bool first_of_stretch_ = true;
  unsigned borders_passed_ = 0;
  unsigned interrupts_passed_ = 0;
};

}  // namespace drydock::ntos::rtl
