#pragma once
// Every IRP has a number and ends exactly once; here is the account.

#include <cstdint>
#include <string>
#include <vector>

#include "machine/time.h"
#include "nt/irp.h"

namespace drydock::ntos::io {

/// How far an IRP has come.
enum class IrpStage : std::uint32_t {
  Free,       ///< back in the lookaside list
  Allocated,  ///< not sent yet, or reused
  Sent,
  Completed,  ///< the walk reached the top; whoever allocated it has it again
};

/// Lies before every IRP that IoAllocateIrp hands out (and the build calls, which use it).
struct alignas(16) IrpPrefix {
  std::uint64_t magic;      ///< kIrpMagic; drivers that overwrite it have run off the block before
  std::uint32_t number;     ///< irp#12
  IrpStage stage;
  IrpPrefix* next_free;
  std::uint32_t sent_count;  ///< IofCallDriver calls since allocation
  std::uint8_t major;        ///< of the first send
  std::uint8_t minor;
  std::uint8_t flags;
  std::uint8_t stack_size;
  std::uint64_t caller;      ///< driver code that asked for it; 0 for the kernel's own
  std::uint64_t padding;

  static constexpr std::uint8_t kKernelMade = 1;  ///< sent by ntos itself (create, close, PnP, power)
  static constexpr std::uint8_t kBuilt = 2;       ///< by a build call: the completion walk frees it
  static constexpr std::uint8_t kThreaded = 4;    ///< queued to its thread

  nt::IRP* irp() { return reinterpret_cast<nt::IRP*>(this + 1); }
};
static_assert(sizeof(IrpPrefix) == 0x30);
inline constexpr std::uint64_t kIrpMagic = 0x21707249'6b636f64;

inline constexpr unsigned kIrpStackMax = 32;  ///< larger ones have no lookaside list

class PendingCheck;

struct IrpLedger {
  IrpPrefix* free[kIrpStackMax + 1] = {};
  std::uint32_t last_number = 0;
  std::uint64_t allocated = 0, freed = 0, sent = 0, completed = 0;
  bool use_lookaside = true;         ///< off: every IRP comes from pool and goes back there (verifier)
  PendingCheck* pending = nullptr;   ///< under I/O verification
  std::vector<IrpPrefix*> blocks;    ///< every block there is, for reports
};

/// irp#12 in traces. It sits in two fields that mean nothing to drivers; an IRP that a driver laid out by hand has 0.
inline std::uint32_t number_of(const nt::IRP* irp) {
  return irp->AllocationProcessorNumber | static_cast<std::uint32_t>(irp->Reserved) << 16;
}
inline void set_number(nt::IRP* irp, std::uint32_t number) {
  irp->AllocationProcessorNumber = static_cast<nt::USHORT>(number);
  irp->Reserved = static_cast<nt::USHORT>(number >> 16);
}

/// Null for an IRP in a driver's own memory.
inline IrpPrefix* prefix_of(const nt::IRP* irp) {
  if ((irp->AllocationFlags & nt::IRP_ALLOCATED_FIXED_SIZE) == 0) return nullptr;
  if (reinterpret_cast<nt::ULONG_PTR>(irp) == sizeof(IrpPrefix)) __builtin_unreachable();  // spares callers a null check
  return reinterpret_cast<IrpPrefix*>(reinterpret_cast<nt::ULONG_PTR>(irp) - sizeof(IrpPrefix));
}

/// "irp#12 IRP_MJ_READ sent 3 times, at \Driver\x now" and one line a stack location.
std::vector<std::string> describe(const nt::IRP* irp);

struct LiveIrp {
  nt::IRP* irp;
  std::uint32_t number;
  IrpStage stage;
  std::uint64_t caller;  ///< driver code that allocated it; 0 for the kernel's own
};
/// Allocated and not freed, in order of number.
std::vector<LiveIrp> live_irps();
/// Of these, the ones that wait in a driver: sent, not completed.
std::vector<LiveIrp> outstanding_irps();

struct IrpAccount {
  std::uint64_t allocated, freed, sent, completed;
};
IrpAccount irp_account();

}  // namespace drydock::ntos::io
