#pragma once
// The running processor's block behind gs:, for paths too hot for a call (offsets asserted in gs.cpp). Valid on every
// thread of a machine, and on an OS thread that has called leave_processor().

#include <cstdint>

#include "machine/guest_call.h"
#include "nt/dispatcher.h"
#include "nt/irql.h"

namespace drydock::machine {

namespace gs {

inline nt::KIRQL irql() {
  std::uint8_t value;
  asm volatile("movb %%gs:0x50, %0" : "=q"(value)::"memory");
  return value;
}

/// Delivers nothing that is held back: look at attention() after lowering.
inline void set_irql(nt::KIRQL irql) {
  asm volatile("movb %0, %%gs:0x50" ::"q"(irql) : "memory");
}

/// Nonzero when the machine wants a point: something is due, or a decision may be.
inline std::uint32_t attention() {
  std::uint32_t value;
  asm volatile("movl %%gs:-0xE8, %0" : "=r"(value)::"memory");
  return value;
}

inline std::uint32_t processor_number() {
  std::uint32_t value;
  asm volatile("movl %%gs:0x1A4, %0" : "=r"(value)::"memory");
  return value;
}

inline nt::KTHREAD* thread_object() {
  nt::KTHREAD* value;
  asm volatile("movq %%gs:0x188, %0" : "=r"(value)::"memory");
  return value;
}

/// What innermost_border() returns.
inline const BorderRecord* border() {
  const BorderRecord* value;
  asm volatile("movq %%gs:-0xF0, %0" : "=r"(value)::"memory");
  return value;
}

/// Where the driver goes on after the call or trap that brought us here; 0 if no driver is below us.
inline std::uint64_t calling_address() {
  const BorderRecord* record = border();
  if (record == nullptr) return 0;
  if (record->trap != nullptr) return record->trap->rip;
  return *reinterpret_cast<const std::uint64_t*>(record->rsp);
}

}  // namespace gs

/// Points gs: at a block that says PASSIVE_LEVEL, no driver, nothing due: for code that runs on no thread of a machine.
void leave_processor();

}  // namespace drydock::machine
