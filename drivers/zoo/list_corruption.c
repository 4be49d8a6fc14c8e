// Takes an entry out of a list twice, with the check that Windows' headers make at each removal.
// Expected: KERNEL_SECURITY_CHECK_FAILURE (0x139), 3.
#include "zoo.h"

static VOID CheckedRemove(PLIST_ENTRY Entry) {
  PLIST_ENTRY next = Entry->Flink;
  PLIST_ENTRY previous = Entry->Blink;
  if (next->Blink != Entry || previous->Flink != Entry)
    __asm__ __volatile__("int $0x29" : : "c"(3) : "memory");  // __fastfail(FAST_FAIL_CORRUPT_LIST_ENTRY)
  previous->Flink = next;
  next->Blink = previous;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  LIST_ENTRY head;
  LIST_ENTRY first;
  LIST_ENTRY second;
  UNREFERENCED_PARAMETER(RegistryPath);
  InitializeListHead(&head);
  InsertTailList(&head, &first);
  InsertTailList(&head, &second);
  CheckedRemove(&first);
#ifdef FIXED
  CheckedRemove(&second);
#else
  CheckedRemove(&first);
#endif
  DriverObject->DriverUnload = ZooUnload;
  return STATUS_SUCCESS;
}
