#pragma once
// The two phases of an exception: the search for a handler, and the unwind to it.

#include "machine/machine.h"
#include "ntos/rtl/exception.h"
#include "ntos/rtl/exception_walk.h"

namespace drydock::ntos::rtl {

/// An unwind whose termination handler is running. Lies on the fiber's host stack, linked youngest first.
struct ActiveUnwind {
  ActiveUnwind* previous;
  FrameWalk walk;                  ///< at the frame whose handler runs
  DISPATCHER_CONTEXT* dispatcher;  ///< its ScopeIndex says how far the frame's handlers have come
};

enum class Dispatched {
  ContinueExecution,  ///< a filter wants the context restored
  NoHandler,
};

/// Offers `record` to the handlers of the frames outwards from `border`. Does not return when one takes it.
Dispatched dispatch_exception(EXCEPTION_RECORD& record, CONTEXT& context, machine::BorderRecord* border);

/// The same, then bug check if nobody wants it. Goes on in the driver with what a filter left of the context.
[[noreturn]] void raise_exception(EXCEPTION_RECORD& record, machine::BorderRecord* border);

/// The stop for an exception that nobody handled.
[[noreturn]] void stop_unhandled(const EXCEPTION_RECORD& record, const CONTEXT& context,
                                 const machine::TrapFrame* trap);

void fill_context(CONTEXT& context, const image::Registers& registers);
image::Registers registers_from(const CONTEXT& context);

}  // namespace drydock::ntos::rtl
