#pragma once
// Interrupt objects. Delivery is the machine's; here is what drivers connect and what ke synchronises with.

#include <vector>

#include "machine/processor.h"
#include "nt/interrupt.h"

namespace drydock::nt {

/// Opaque to drivers; in pool, since they hold its address.
struct KINTERRUPT {
  CSHORT Type;  ///< InterruptObject
  CSHORT Size;
  ULONG HandlerId;  ///< machine::connect_interrupt's
  PKSERVICE_ROUTINE ServiceRoutine;
  PKMESSAGE_SERVICE_ROUTINE MessageServiceRoutine;
  ULONG MessageIndex;
  KIRQL Irql;
  KIRQL SynchronizeIrql;
  BOOLEAN ShareVector;
  BOOLEAN Connected;
  PVOID ServiceContext;
  KSPIN_LOCK SpinLock;
  KSPIN_LOCK* ActualLock;  ///< SpinLock unless the driver gave one
  ULONG Vector;
  KINTERRUPT_MODE Mode;
  KAFFINITY ProcessorEnableMask;
};

}  // namespace drydock::nt

namespace drydock::ntos::io {
using namespace nt;

/// IRQL: PASSIVE_LEVEL. The interrupt object stays valid until IoDisconnectInterrupt. STATUS_INVALID_PARAMETER if the
/// vector is taken and either side does not share.
NTSTATUS NTAPI IoConnectInterrupt(KINTERRUPT** InterruptObject, PKSERVICE_ROUTINE ServiceRoutine, PVOID ServiceContext,
                                  KSPIN_LOCK* SpinLock, ULONG Vector, KIRQL Irql, KIRQL SynchronizeIrql,
                                  KINTERRUPT_MODE InterruptMode, BOOLEAN ShareVector, KAFFINITY ProcessorEnableMask,
                                  BOOLEAN FloatingSave);
void NTAPI IoDisconnectInterrupt(KINTERRUPT* InterruptObject);
NTSTATUS NTAPI IoConnectInterruptEx(IO_CONNECT_INTERRUPT_PARAMETERS* Parameters);
void NTAPI IoDisconnectInterruptEx(IO_DISCONNECT_INTERRUPT_PARAMETERS* Parameters);

/// The machine's view of an interrupt object, for KeSynchronizeExecution.
machine::InterruptHandler handler_of(const KINTERRUPT* interrupt);
/// For pnp's checks at removal, and for unload: interrupt objects whose routine lies in [first, last].
std::vector<KINTERRUPT*> connected_interrupts(ULONG64 first, ULONG64 last);

}  // namespace drydock::ntos::io
