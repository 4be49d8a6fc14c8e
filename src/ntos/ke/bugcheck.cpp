#include "ntos/ke/bugcheck.h"

#include "machine/gs.h"
#include "machine/guest_call.h"
#include "machine/machine.h"
#include "ntos/ke/state.h"
#include "ntos/kernel.h"

namespace drydock::ntos {

namespace {

// KBUGCHECK_CALLBACK_RECORD.State
constexpr UCHAR kEmpty = 0, kInserted = 1, kStarted = 2, kFinished = 3;

template <class Record>
BOOLEAN insert(LIST_ENTRY* list, Record* record, auto routine, PUCHAR component) {
  if (record->State != kEmpty) return FALSE;
  record->CallbackRoutine = routine;
  record->Component = component;
  record->Checksum = reinterpret_cast<ULONG_PTR>(routine) + reinterpret_cast<ULONG_PTR>(component);
  record->State = kInserted;
  InsertTailList(list, &record->Entry);
  return TRUE;
}

template <class Record>
BOOLEAN remove(Record* record) {
  if (record->State != kInserted) return FALSE;
  RemoveEntryList(&record->Entry);
  record->State = kEmpty;
  return TRUE;
}

void run_callbacks() {
  ke::State& state = *kernel().ke;
  if (state.bugcheck_in_progress) return;
  state.bugcheck_in_progress = true;
  KIRQL irql = machine::gs::irql();
  machine::gs::set_irql(HIGH_LEVEL);
  LIST_ENTRY* head = &state.bugcheck_callbacks;
  for (LIST_ENTRY* link = head->Flink; link != head; link = link->Flink) {
    auto* record = NT_CONTAINING_RECORD(link, KBUGCHECK_CALLBACK_RECORD, Entry);
    record->State = kStarted;
    machine::call_driver(record->CallbackRoutine, record->Buffer, record->Length);
    record->State = kFinished;
  }
  machine::gs::set_irql(irql);  // the report shows the level of the call
}

}  // namespace

VOID NTAPI KeBugCheckEx(ULONG code, ULONG_PTR p1, ULONG_PTR p2, ULONG_PTR p3, ULONG_PTR p4) {
  run_callbacks();
  machine::Machine::current().bug_check(code, p1, p2, p3, p4, "the driver stopped the system with KeBugCheck");
}

VOID NTAPI KeBugCheck(ULONG code) {
  KeBugCheckEx(code, 0, 0, 0, 0);
}

BOOLEAN NTAPI KeRegisterBugCheckCallback(KBUGCHECK_CALLBACK_RECORD* record, PKBUGCHECK_CALLBACK_ROUTINE routine,
                                         PVOID buffer, ULONG length, PUCHAR component) {
  record->Buffer = buffer;
  record->Length = length;
  return insert(&kernel().ke->bugcheck_callbacks, record, routine, component);
}
BOOLEAN NTAPI KeDeregisterBugCheckCallback(KBUGCHECK_CALLBACK_RECORD* record) {
  return remove(record);
}

BOOLEAN NTAPI KeRegisterBugCheckReasonCallback(KBUGCHECK_REASON_CALLBACK_RECORD* record,
                                               PKBUGCHECK_REASON_CALLBACK_ROUTINE routine,
                                               KBUGCHECK_CALLBACK_REASON reason, PUCHAR component) {
  record->Reason = reason;
  return insert(&kernel().ke->bugcheck_reason_callbacks, record, routine, component);
}
BOOLEAN NTAPI KeDeregisterBugCheckReasonCallback(KBUGCHECK_REASON_CALLBACK_RECORD* record) {
  return remove(record);
}

void ke::install(Kernel& kernel) {
  kernel.ke = new State;
  InitializeListHead(&kernel.ke->bugcheck_callbacks);
  InitializeListHead(&kernel.ke->bugcheck_reason_callbacks);
}

}  // namespace drydock::ntos
