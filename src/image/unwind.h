#pragma once
// From one driver frame to its caller, by .pdata and .xdata. Reads the driver's stack without ever faulting.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "image/loader.h"
#include "machine/guest_call.h"
#include "nt/exception.h"

namespace drydock::image {

/// What an unwinder carries from frame to frame. Registers are numbered as instructions encode them: 0 RAX, 1 RCX, 2
/// RDX, 3 RBX, 4 RSP, 5 RBP, 6 RSI, 7 RDI, 8 .. 15.
struct Registers {
  std::uint64_t general[16] = {};
  std::uint64_t rip = 0;
  alignas(16) std::uint8_t xmm[16][16] = {};

  std::uint64_t& rsp() { return general[4]; }
  std::uint64_t rsp() const { return general[4]; }
};

Registers registers_of(const machine::TrapFrame& trap);
/// Of the driver frame that called us: just returned to.
std::optional<Registers> registers_of(const machine::BorderRecord& border);
/// Writes them back; what `registers` does not hold stays.
void write_registers(machine::TrapFrame& trap, const Registers& registers);

/// Reads guest memory if its pages may be read. False, and nothing read, otherwise.
bool read_guest(std::uint64_t address, void* to, std::size_t bytes);

inline constexpr unsigned kExceptionHandler = nt::UNW_FLAG_EHANDLER;
inline constexpr unsigned kTerminationHandler = nt::UNW_FLAG_UHANDLER;

/// What one step back found.
struct UnwoundFrame {
  const LoadedImage* image = nullptr;       ///< null: code of no image
  const FunctionEntry* function = nullptr;  ///< null: a leaf function
  std::uint64_t establisher = 0;            ///< what handlers get as EstablisherFrame
  std::uint64_t handler = 0;                ///< guest address, if the frame has one for any of the wanted kinds
  std::uint64_t handler_data = 0;           ///< guest address of the language-specific data
};

/// Steps from `registers` to the caller. Handlers count only in a function's body. False if the stack cannot be read.
bool unwind(const Images& images, Registers& registers, unsigned handler_kinds, UnwoundFrame& frame);

/// The same within one image at `base`, whether or not a machine runs; `function` covers the instruction (null: a
/// leaf).
using ReadStack = bool (*)(std::uint64_t address, void* to, std::size_t bytes);
bool unwind_in(const PeImage& pe, std::uint64_t base, const FunctionEntry* function, Registers& registers,
               unsigned handler_kinds, UnwoundFrame& frame, ReadStack read_stack);

}  // namespace drydock::image
