#include "ntos/ke/dpc.h"

#include <fmt/format.h>

#include "machine/guest_call.h"
#include "machine/machine.h"
#include "machine/processor.h"
#include "nt/bugcheck.h"

namespace drydock::ntos {

namespace {

// How a target processor stands in KDPC.Number; below it the queueing processor is meant.
constexpr USHORT kTargeted = 32;

void initialize(KDPC* dpc, UCHAR type, PKDEFERRED_ROUTINE routine, PVOID context) {
  dpc->TargetInfoAsUlong = 0;
  dpc->Type = type;
  dpc->Importance = MediumImportance;
  dpc->DpcListEntry.Next = nullptr;
  dpc->ProcessorHistory = 0;
  dpc->DeferredRoutine = routine;
  dpc->DeferredContext = context;
  dpc->SystemArgument1 = dpc->SystemArgument2 = nullptr;
  dpc->DpcData = nullptr;
}

/// What the system arguments of a generic call point at.
struct GenericCall {
  LONG processors;
  LONG not_done;
  LONG arrived = 0;
  LONG round = 0;
};

}  // namespace

VOID NTAPI KeInitializeDpc(KDPC* dpc, PKDEFERRED_ROUTINE routine, PVOID context) {
  initialize(dpc, DpcObject, routine, context);
}
VOID NTAPI KeInitializeThreadedDpc(KDPC* dpc, PKDEFERRED_ROUTINE routine, PVOID context) {
  initialize(dpc, ThreadedDpcObject, routine, context);
}
BOOLEAN NTAPI KeInsertQueueDpc(KDPC* dpc, PVOID argument1, PVOID argument2) {
  return machine::queue_dpc(dpc, argument1, argument2);
}
BOOLEAN NTAPI KeRemoveQueueDpc(KDPC* dpc) {
  return machine::remove_dpc(dpc);
}
VOID NTAPI KeSetImportanceDpc(KDPC* dpc, KDPC_IMPORTANCE importance) {
  dpc->Importance = static_cast<UCHAR>(importance);
}

VOID NTAPI KeSetTargetProcessorDpc(KDPC* dpc, CHAR number) {
  auto processor = static_cast<UCHAR>(number);
  if (processor >= machine::processor_count())
    machine::Machine::current().bug_check(TIMER_OR_DPC_INVALID, 3, reinterpret_cast<std::uint64_t>(dpc), processor, 0,
                                          fmt::format("a DPC is aimed at processor {}, which is not there", processor));
  dpc->Number = static_cast<USHORT>(kTargeted + processor);
}

NTSTATUS NTAPI KeSetTargetProcessorDpcEx(KDPC* dpc, PROCESSOR_NUMBER* processor) {
  if (processor->Group != 0 || processor->Reserved != 0 || processor->Number >= machine::processor_count())
    return STATUS_INVALID_PARAMETER;
  dpc->Number = static_cast<USHORT>(kTargeted + processor->Number);
  return STATUS_SUCCESS;
}

VOID NTAPI KeFlushQueuedDpcs() {
  machine::flush_queued_dpcs();
}
BOOLEAN NTAPI KeIsExecutingDpc() {
  return machine::in_dpc();
}

VOID NTAPI KeGenericCallDpc(PKDEFERRED_ROUTINE routine, PVOID context) {
  auto count = static_cast<LONG>(machine::processor_count());
  GenericCall call{count, count};
  machine::call_on_all_processors(
      [&](unsigned) {
        KDPC dpc;
        initialize(&dpc, DpcObject, routine, context);
        machine::call_driver(routine, &dpc, context, static_cast<PVOID>(&call.not_done), static_cast<PVOID>(&call));
      },
      DISPATCH_LEVEL);
  if (call.not_done != 0) machine::spin_until([&call] { return call.not_done == 0; }, "for every KeSignalCallDpcDone");
}

VOID NTAPI KeSignalCallDpcDone(PVOID argument1) {
  --*static_cast<LONG*>(argument1);
}

LOGICAL NTAPI KeSignalCallDpcSynchronize(PVOID argument2) {
  auto* call = static_cast<GenericCall*>(argument2);
  if (++call->arrived == call->processors) {
    call->arrived = 0;
    ++call->round;
    machine::point();
    return TRUE;
  }
  LONG round = call->round;
  machine::spin_until([call, round] { return call->round != round; },
                      "for the other processors at KeSignalCallDpcSynchronize");
  return FALSE;
}

ULONG_PTR NTAPI KeIpiGenericCall(PKIPI_BROADCAST_WORKER worker, ULONG_PTR argument) {
  ULONG_PTR result = 0;
  unsigned self = machine::current_processor_number();
  machine::call_on_all_processors(
      [&](unsigned processor) {
        ULONG_PTR value = machine::call_driver(worker, argument);
        if (processor == self) result = value;
      },
      IPI_LEVEL);
  return result;
}

}  // namespace drydock::ntos
