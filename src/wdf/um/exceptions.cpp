#include "wdf/um/exceptions.h"

#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "image/unwind.h"
#include "ntos/rtl/exception_dispatch.h"
#include "wdf/kernel.h"
#include "wdf/um/host_process.h"
#include "wdf/um/service.h"

namespace drydock::wdf::um {

namespace {

constexpr std::string_view kSpecificHandler = "__C_specific_handler";
constexpr unsigned kFramesMax = 10'000;

/// What a filter is shown, on the driver's stack.
struct Shown {
  EXCEPTION_POINTERS pointers;
  EXCEPTION_RECORD record;
  alignas(16) CONTEXT context;
};

std::uint64_t word(const void* pointer) {
  return reinterpret_cast<std::uint64_t>(pointer);
}

/// A filter that itself raises is asked again; this many deep it never ends.
constexpr unsigned kNestedMax = 16;

}  // namespace

/// One exception on its way. While a filter or a termination handler of it runs, another may be raised in there: that
/// one is offered to what lies beyond, too, and may end this one.
class Dispatch {
 public:
  Dispatch(HostProcess& process, machine::TrapFrame& trap, const EXCEPTION_RECORD& record)
      : process_(process),
        trap_(trap),
        outer_(process.dispatch_of_this_thread()),
        depth_(outer_ ? outer_->depth_ + 1 : 0),
        shown_at_((trap.rsp - 0x100 - sizeof(Shown)) & ~std::uint64_t{63}) {
    if (depth_ > kNestedMax) return;
    if (!process.accessible(shown_at_, sizeof(Shown), true)) return;  // the stack is used up, or none
    Shown& shown = *reinterpret_cast<Shown*>(shown_at_);
    shown.record = record;
    ntos::rtl::fill_context(shown.context, image::registers_of(trap));
    shown.pointers = {&shown.record, &shown.context};
    shown_ = &shown;
    code_ = static_cast<ULONG>(record.ExceptionCode);
  }

  bool run() {
    if (!shown_) return false;
    try {
      return search();
    } catch (const Taken& taken) {
      if (taken.by != this) throw;
      image::write_registers(trap_, taken.registers);
      return true;
    }
  }

 private:
  /// A frame of the exception `of` has taken one that was raised further in.
  struct Taken {
    const Dispatch* by;
    image::Registers registers;
  };

  /// One frame after the other, outwards from where an exception was raised, and what each has for exceptions.
  struct Walk {
    Dispatch* of;                ///< the frame is one of those below that exception
    image::Registers registers;  ///< in the frame
    ULONG scope = 0;             ///< its scopes before this one have had their turn
    image::Registers caller;
    image::UnwoundFrame frame;
    unsigned frames = 0;

    explicit Walk(Dispatch& from) : of(&from), registers(image::registers_of(from.trap_)) {}

    /// False at the end of what the driver was called for.
    bool look(unsigned kinds) {
      if (++frames > kFramesMax) return false;
      while (registers.rip == machine::guest_return_address()) {
        // A filter's or termination handler's end: on with what it ran for.
        const Dispatch* ran_for = of->outer_;
        if (!ran_for) return false;
        if (ran_for->unwinding_) {
          scope = ran_for->unwinding_->scope;
          registers = ran_for->unwinding_->registers;
          of = ran_for->unwinding_->of;
        } else {
          scope = 0;
          registers = image::registers_of(ran_for->trap_);
          of = of->outer_;
        }
      }
      caller = registers;
      frame = {};
      return image::unwind(image::Images::current(), caller, kinds, frame);
    }
    void next() {
      registers = caller;
      scope = 0;
    }
    std::uint64_t base() const { return word(frame.image->base()); }
  };

  using Scope = std::remove_cvref_t<decltype(SCOPE_TABLE_AMD64::ScopeRecord[0])>;
  using Scopes = std::span<const Scope>;

  /// The frame's scopes, if it has those of __try. Another language's handler takes no part. How many they are is read
  /// once: a driver may write to its table while a filter runs.
  Scopes scopes_of(const image::UnwoundFrame& frame) const {
    if (!frame.handler || !frame.image || !process_.in_window(frame.handler)) return {};
    std::uint8_t code[6];
    std::uint64_t target = 0;
    std::int32_t distance;
    // jmp [slot of the import]
    if (!image::read_guest(frame.handler, code, sizeof code) || code[0] != 0xFF || code[1] != 0x25) return {};
    std::memcpy(&distance, code + 2, sizeof distance);
    const std::uint64_t slot = frame.handler + sizeof code + static_cast<std::uint64_t>(std::int64_t{distance});
    if (!image::read_guest(slot, &target, sizeof target) ||
        target != word(process_.thunk_for(exception_service(kSpecificHandler))))
      return {};
    ULONG count = 0;
    if (!image::read_guest(frame.handler_data, &count, sizeof count) || count > 0x10000 ||
        !process_.accessible(frame.handler_data, sizeof count + count * sizeof(SCOPE_TABLE_AMD64::ScopeRecord[0]), false))
      return {};
    return {reinterpret_cast<const SCOPE_TABLE_AMD64*>(frame.handler_data)->ScopeRecord, count};
  }

  std::uint64_t call(std::uint64_t function, std::uint64_t first, std::uint64_t establisher) {
    const std::uint64_t arguments[2] = {first, establisher};
    return process_.call_below(shown_at_, reinterpret_cast<const void*>(function), arguments, 2, code_, *this);
  }

  bool search() {
    for (Walk walk(*this); walk.look(image::kExceptionHandler); walk.next()) {
      const Scopes scopes = scopes_of(walk.frame);
      const std::uint64_t pc = scopes.empty() ? 0 : walk.registers.rip - walk.base();
      for (ULONG at = walk.scope; at < scopes.size(); ++at) {
        const Scope scope = scopes[at];
        if (pc < scope.BeginAddress || pc >= scope.EndAddress || scope.JumpTarget == 0) continue;
        LONG verdict = EXCEPTION_EXECUTE_HANDLER;
        if (scope.HandlerAddress != EXCEPTION_EXECUTE_HANDLER)
          verdict = static_cast<LONG>(
              call(walk.base() + scope.HandlerAddress, word(&shown_->pointers), walk.frame.establisher));
        if (process_.ended()) return false;
        if (verdict < 0) return go_on();
        if (verdict > 0) return unwind_to(*walk.of, walk.frame.establisher, walk.base() + scope.JumpTarget);
      }
    }
    return false;
  }

  /// A filter wants what the driver did to be done again, or to go on where it says.
  bool go_on() {
    if (shown_->record.ExceptionFlags & EXCEPTION_NONCONTINUABLE) return false;
    image::write_registers(trap_, ntos::rtl::registers_from(shown_->context));
    return true;
  }

  /// Termination handlers up to the frame that handles it, and on in there.
  bool unwind_to(const Dispatch& of, std::uint64_t establisher, std::uint64_t target) {
    Walk walk(*this);
    for (; walk.look(image::kTerminationHandler); walk.next()) {
      const bool is_target = walk.of == &of && walk.frame.function && walk.frame.establisher == establisher;
      if (const Scopes scopes = scopes_of(walk.frame); !scopes.empty())
        if (!call_finally(scopes, walk, is_target ? target : 0)) return false;
      if (!is_target) continue;
      walk.registers.rip = target;
      walk.registers.general[0] = code_;
      if (&of != this) throw Taken{&of, walk.registers};
      image::write_registers(trap_, walk.registers);
      return true;
    }
    return false;
  }

  bool call_finally(Scopes scopes, Walk& walk, std::uint64_t target) {
    const std::uint64_t base = walk.base(), pc = walk.registers.rip - base, goal = target - base;
    while (walk.scope < scopes.size()) {
      const Scope scope = scopes[walk.scope++];  // should it raise, it is not called again
      if (pc < scope.BeginAddress || pc >= scope.EndAddress) continue;
      // What encloses the goal stays.
      if (target && ((goal >= scope.BeginAddress && goal < scope.EndAddress) ||
                     (scope.JumpTarget != 0 && scope.JumpTarget == goal)))
        return true;
      if (scope.JumpTarget != 0) continue;
      unwinding_ = &walk;
      call(base + scope.HandlerAddress, TRUE, walk.frame.establisher);
      unwinding_ = nullptr;
      if (process_.ended()) return false;
    }
    return true;
  }

  HostProcess& process_;
  machine::TrapFrame& trap_;
  Dispatch* const outer_;  ///< whose filter or termination handler raised this one
  const unsigned depth_;
  const Walk* unwinding_ = nullptr;  ///< a termination handler of this frame runs
  const std::uint64_t shown_at_;
  Shown* shown_ = nullptr;
  ULONG code_ = 0;
};

namespace {

void called_by_itself() {
  throw Misuse{"calls the exception handler of the compiler's by itself"};
}

void raise_status(const HostProcess&, const machine::TrapFrame& registers, EXCEPTION_RECORD& record) {
  record.ExceptionCode = static_cast<NTSTATUS>(registers.rcx);
  record.ExceptionFlags = EXCEPTION_NONCONTINUABLE;
}

void raise_record(const HostProcess& process, const machine::TrapFrame& registers, EXCEPTION_RECORD& record) {
  require_range(process, registers.rcx, sizeof record, false, "an exception's record");
  if (registers.rcx == 0) throw Misuse{"raises no exception"};
  std::memcpy(&record, reinterpret_cast<const void*>(registers.rcx), sizeof record);
}

}  // namespace

bool dispatch_exception(HostProcess& process, machine::TrapFrame& registers, EXCEPTION_RECORD record) {
  record.ExceptionAddress = reinterpret_cast<PVOID>(registers.rip);
  machine::RemoteBorder border(registers, nullptr);
  return Dispatch(process, registers, record).run();
}

EXCEPTION_RECORD record_of_fault(unsigned trap, std::uint64_t error_code, std::uint64_t address) {
  EXCEPTION_RECORD record{};
  switch (trap) {
    case 0:
      record.ExceptionCode = STATUS_INTEGER_DIVIDE_BY_ZERO;
      break;
    case 3:
      record.ExceptionCode = STATUS_BREAKPOINT;
      break;
    case 6:
      record.ExceptionCode = STATUS_ILLEGAL_INSTRUCTION;
      break;
    case 13:
      record.ExceptionCode = STATUS_ACCESS_VIOLATION;
      record.NumberParameters = 2;
      record.ExceptionInformation[1] = ~ULONG_PTR{0};
      break;
    case 14:
      record.ExceptionCode = STATUS_ACCESS_VIOLATION;
      record.NumberParameters = 2;
      record.ExceptionInformation[0] = error_code & 0x10 ? 8 : error_code & 2 ? 1 : 0;
      record.ExceptionInformation[1] = address;
      break;
    default:
      break;
  }
  return record;
}

Service exception_service(std::string_view name) {
  Service service;
  service.entry = reinterpret_cast<void*>(&called_by_itself);
  if (name == kSpecificHandler) {
    service.name = kSpecificHandler.data();
    return service;
  }
  if (name == "RtlRaiseStatus") {
    service.name = "RtlRaiseStatus";
    service.raise = raise_status;
    return service;
  }
  if (name == "RtlRaiseException") {
    service.name = "RtlRaiseException";
    service.raise = raise_record;
    return service;
  }
  return {};
}

}  // namespace drydock::wdf::um
