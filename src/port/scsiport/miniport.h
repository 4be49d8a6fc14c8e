#pragma once
// The border to the miniport: every HwScsi routine is called here and nowhere else, at its IRQL, under its lock, traced
// and checked (contract, 1.2 and section 5).

#include <memory>
#include <type_traits>

#include "port/scsiport/fdo.h"
#include "port/scsiport/kernel.h"

namespace drydock::port::scsiport {

namespace detail {
using LockedRoutine = void (*)(void* context);
void run_under_interrupt_lock(Adapter& adapter, LockedRoutine routine, void* context);
}  // namespace detail

/// Runs `action` at DIRQL holding the adapter's interrupt lock; without an interrupt at DISPATCH_LEVEL holding its
/// substitute (SP-107). The caller may hold the port lock.
template <class F>
void under_interrupt_lock(Adapter& adapter, F&& action) {
  using Action = std::remove_reference_t<F>;
  detail::run_under_interrupt_lock(
      adapter, [](void* context) { (*static_cast<Action*>(context))(); },
      const_cast<void*>(static_cast<const void*>(std::addressof(action))));
}

// IRQL: PASSIVE_LEVEL, no lock.
ULONG call_find_adapter(Adapter& adapter, PVOID hw_context, PCHAR argument_string, BOOLEAN* again);

// These take the interrupt lock themselves. Caller: at most DISPATCH_LEVEL.
bool call_initialize(Adapter& adapter);
/// Hands the slot's SRB over. Caller holds the port lock.
bool call_start_io(Adapter& adapter, Slot& slot);
bool call_reset_bus(Adapter& adapter, ULONG path);
void call_timer(Adapter& adapter, PHW_TIMER routine);
void call_disable_interrupts(Adapter& adapter, PHW_ENABLE_INTERRUPTS routine);
/// Stop and restart under the interrupt lock, everything else at PASSIVE_LEVEL without (SP-264).
SCSI_ADAPTER_CONTROL_STATUS call_adapter_control(Adapter& adapter, SCSI_ADAPTER_CONTROL_TYPE type, PVOID parameters);

/// From the interrupt service routine, which holds the lock.
bool call_interrupt(Adapter& adapter);
/// As a DPC with the port lock held (SP-104, SP-105).
void call_enable_interrupts(Adapter& adapter, PHW_ENABLE_INTERRUPTS routine);

/// SP-268, SP-340: a routine that polls for ever is not waited for. Called where it stalls or touches registers.
void check_not_hung(Adapter& adapter, MiniportCall& call);

/// The service routine that the port connects (context: Adapter).
BOOLEAN NTAPI ScsiPortInterrupt(KINTERRUPT* Interrupt, PVOID ServiceContext);

/// "HwScsiStartIo of adapter 0", for reports.
std::string describe(const Adapter& adapter, const MiniportCall& call);
/// "srb#7 READ 0:0:0 ...", and what became of it so far.
std::vector<std::string> history_of(const RequestHistory& request);
std::string describe(const RequestHistory& request);

}  // namespace drydock::port::scsiport
