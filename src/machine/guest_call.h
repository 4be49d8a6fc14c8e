#pragma once
// The border between our code and a driver's: calls in both directions, each on its own stack.

#include <cstdint>
#include <type_traits>

#include "host/arena.h"
#include "host/slot.h"
#include "nt/base.h"
#include "nt/exception.h"

namespace drydock::machine {

/// One importable function. The import thunk checks the caller's IRQL and the machine's attention flag, switches to the
/// fiber's host stack, copies `stack_args` arguments and calls `entry`.
struct ExportSlot {
  void* entry = nullptr;        ///< NTAPI function of ours
  std::uint8_t irql_min = 0;    ///< caller's IRQL; outside the limits: machine::irql_violation
  std::uint8_t irql_max = 15;
  std::uint16_t stack_args = 0; ///< arguments beyond the fourth
  std::uint32_t reserved = 0;
  const char* module = "";
  const char* name = "";
};

/// A driver-callable address for `slot`, which must outlive the machine. Same slot, same address.
void* guest_entry(const ExportSlot* slot);

enum class BorderKind : std::uint32_t { ImportCall, Trap };

/// The driver's registers when it called one of ours (a thunk) or trapped. Linked, innermost first.
struct BorderRecord {
  BorderRecord* previous;
  BorderKind kind;
  std::uint32_t irql;  ///< when the driver left; an unwind to its frame restores it
  std::uint64_t rsp;   ///< as the driver has it: points at the return address for a call
  std::uint64_t rbx, rbp, rsi, rdi, r12, r13, r14, r15;
  const ExportSlot* slot;   ///< null for a trap
  struct TrapFrame* trap;   ///< null for a call
  std::uint64_t host_sp;    ///< the host stack pointer a driver frame above this record returns to
  alignas(16) std::uint8_t xmm6_to_15[10][16];
};

/// Full register state of a driver at a trap. Changing it changes what the driver continues with.
struct alignas(16) TrapFrame {
  std::uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15, rip, rflags;
  std::uint64_t padding[2];
  alignas(16) std::uint8_t fx[512];  ///< FXSAVE image
};

/// Innermost border record of the running fiber, or null: no driver frame below us.
BorderRecord* innermost_border();

/// Calls driver code at `function` on the driver stack of the running fiber (or of the processor, inside an interrupt
/// or DPC). `rax` is what RAX holds on entry. Also accepts a function of ours.
std::uint64_t call_guest(const void* function, const std::uint64_t* args, unsigned count, std::uint64_t rax = 0);

/// Whether `function` is driver code (not ours). An import thunk of ours is replaced by the function behind it.
inline bool is_guest_code(const void*& function) {
  auto in_slots = reinterpret_cast<std::uintptr_t>(function) - host::kSlotsBase;
  if (in_slots >= host::kSlotStride * host::kSlotsMax) return false;
  if (in_slots % host::kSlotStride - host::kThunks >= host::kThunksSize) return true;
  const ExportSlot* slot;
  __builtin_memcpy(&slot, static_cast<const std::byte*>(function) + 2, 8);
  function = slot->entry;
  return false;
}

/// Where a called driver function returns to: a stack walk that meets it as a return address has reached the border.
std::uint64_t guest_return_address();

namespace detail {
/// call_guest for up to four arguments, by the driver's own convention: an NTAPI caller need not save its vector
/// registers. `stub` is the thunk area of the slot that `function` lies in.
extern "C" std::uint64_t NTAPI drydock_call_guest_4(std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d,
                                                    const void* function, std::uint64_t stub);
static_assert(host::kSlotsBase % host::kSlotStride == 0);

template <class T>
std::uint64_t to_argument(T value) {
  if constexpr (std::is_pointer_v<T>)
    return reinterpret_cast<std::uint64_t>(value);
  else if constexpr (std::is_null_pointer_v<T>)
    return 0;
  else if constexpr (std::is_enum_v<T>)
    return static_cast<std::uint64_t>(value);
  else if constexpr (std::is_integral_v<T>)
    return static_cast<std::uint64_t>(value);
  else {
    static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>);
    std::uint64_t bits = 0;
    __builtin_memcpy(&bits, &value, sizeof(T));
    return bits;
  }
}
}  // namespace detail

/// Calls a function pointer found in a driver-visible structure, whoever's it is.
template <class R, class... P, class... A>
R call_driver(R(NTAPI* function)(P...), A... args) {
  auto target = reinterpret_cast<const void*>(function);
  if (!is_guest_code(target)) return reinterpret_cast<R(NTAPI*)(P...)>(const_cast<void*>(target))(static_cast<P>(args)...);
  constexpr unsigned kCount = sizeof...(P);
  std::uint64_t raw[kCount < 4 ? 4 : kCount] = {detail::to_argument<P>(static_cast<P>(args))...};
  std::uint64_t result;
  if constexpr (kCount <= 4)
    result = detail::drydock_call_guest_4(raw[0], raw[1], raw[2], raw[3], target,
                                          (reinterpret_cast<std::uintptr_t>(target) & ~(host::kSlotStride - 1)) + host::kThunks);
  else
    result = call_guest(target, raw, kCount);
  if constexpr (std::is_void_v<R>)
    return;
  else if constexpr (std::is_pointer_v<R>)
    return reinterpret_cast<R>(result);
  else
    return static_cast<R>(result);
}

/// Continues driver code with the registers of `frame`, dropping every younger frame of ours and of drivers. `left_by` is
/// the record made when the driver code that holds the target frame last called us or trapped; its IRQL is restored.
[[noreturn]] void continue_guest(const TrapFrame& frame, BorderRecord* left_by);

}  // namespace drydock::machine
