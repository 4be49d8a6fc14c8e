// Calls kernel functions the way drivers do: inline forms of the DDK headers, variable arguments, exported variables.
// Reports through DriverEntry (guest_check.h).
#include "guest_check.h"

#include <stdarg.h>

NTKERNELAPI NTSTATUS NTAPI ExUuidCreate(UUID* Uuid);
NTSYSAPI int __cdecl sprintf(char* Buffer, const char* Format, ...);
NTSYSAPI int __cdecl swprintf(wchar_t* Buffer, const wchar_t* Format, ...);
NTSYSAPI int __cdecl _vsnprintf(char* Buffer, size_t Count, const char* Format, va_list Arguments);

#define TAG 0x6C43724B

static int Format(char* Buffer, size_t Size, const char* Pattern, ...) {
  va_list arguments;
  va_start(arguments, Pattern);
  int length = _vsnprintf(Buffer, Size, Pattern, arguments);
  va_end(arguments);
  return length;
}

static VOID TestPrintf(GUEST_RESULT* Result) {
  char text[128];
  WCHAR wide[64];
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Calls");
  CHECK(Result, sprintf(text, "%d %u %x %wZ %S %I64d %c", -1, 2u, 3, &name, L"wide", 1234567890123ll, 'c') == 41);
  CHECK(Result, RtlCompareMemory(text, "-1 2 3 \\Device\\Calls wide 1234567890123 c", 42) == 42);
  CHECK(Result, swprintf(wide, L"%s|%hs|%p", L"a", "b", (PVOID)0x12) == 20);
  CHECK(Result, Format(text, sizeof text, "%d%d%d%d%d%d%d%d%d%d", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10) == 11);
  CHECK(Result, Format(text, 4, "%s", "longer") == -1);
  DbgPrint("kernel_calls: %wZ %d\n", &name, 42);
}

static VOID TestClocks(GUEST_RESULT* Result) {
  LARGE_INTEGER before, after, interval, frequency;
  LARGE_INTEGER ticks_before, ticks_after;
  KeQuerySystemTime(&before);
  KeQueryTickCount(&ticks_before);
  LARGE_INTEGER counter = KeQueryPerformanceCounter(&frequency);
  ULONGLONG interrupt_time = KeQueryInterruptTime();
  interval.QuadPart = -500 * 10000;
  CHECK(Result, KeDelayExecutionThread(KernelMode, FALSE, &interval) == STATUS_SUCCESS);
  KeQuerySystemTime(&after);
  KeQueryTickCount(&ticks_after);
  LONGLONG passed = after.QuadPart - before.QuadPart;
  CHECK(Result, passed >= 500 * 10000 && passed < 501 * 10000);
  CHECK(Result, ticks_after.QuadPart - ticks_before.QuadPart == 32);
  CHECK(Result, KeQueryInterruptTime() - interrupt_time >= 500 * 10000);
  LONGLONG counted = KeQueryPerformanceCounter(NULL).QuadPart - counter.QuadPart;
  CHECK(Result, counted * 1000 / frequency.QuadPart == 500);
  TIME_FIELDS fields;
  RtlTimeToTimeFields(&before, &fields);
  CHECK(Result, fields.Year == 2025 && fields.Month == 1);
  LARGE_INTEGER stalled = KeQueryPerformanceCounter(NULL);
  KeStallExecutionProcessor(50);
  CHECK(Result, KeQueryPerformanceCounter(NULL).QuadPart - stalled.QuadPart >= frequency.QuadPart / 20000);
  CHECK(Result, KeQueryTimeIncrement() == 156250);
}

static VOID TestLists(GUEST_RESULT* Result) {
  typedef struct _ITEM {
    SLIST_ENTRY Link;
    ULONG Value;
  } ITEM;
  static NPAGED_LOOKASIDE_LIST lookaside;
  static SLIST_HEADER head;
  ExInitializeNPagedLookasideList(&lookaside, NULL, NULL, 0, sizeof(ITEM), TAG, 0);
  InitializeSListHead(&head);
  for (ULONG i = 0; i < 5; ++i) {
    ITEM* item = ExAllocateFromNPagedLookasideList(&lookaside);
    CHECK(Result, item != NULL);
    if (!item) return;
    item->Value = i;
    ExInterlockedPushEntrySList(&head, &item->Link, NULL);
  }
  CHECK(Result, ExQueryDepthSList(&head) == 5);
  for (ULONG i = 5; i-- > 0;) {
    ITEM* item = (ITEM*)ExInterlockedPopEntrySList(&head, NULL);
    CHECK(Result, item && item->Value == i);
    ExFreeToNPagedLookasideList(&lookaside, item);
  }
  CHECK(Result, ExInterlockedPopEntrySList(&head, NULL) == NULL);
  ExDeleteNPagedLookasideList(&lookaside);

  LIST_ENTRY list, entries[3];
  KSPIN_LOCK lock;
  KeInitializeSpinLock(&lock);
  InitializeListHead(&list);
  CHECK(Result, ExInterlockedInsertTailList(&list, &entries[0], &lock) == NULL);
  CHECK(Result, ExInterlockedInsertTailList(&list, &entries[1], &lock) == &entries[0]);
  CHECK(Result, ExInterlockedInsertHeadList(&list, &entries[2], &lock) == &entries[0]);
  CHECK(Result, ExInterlockedRemoveHeadList(&list, &lock) == &entries[2]);
}

__declspec(dllimport) extern PUCHAR* KdComPortInUse;

static VOID TestVariables(GUEST_RESULT* Result) {
  CHECK(Result, KdComPortInUse != NULL && *KdComPortInUse == NULL);  // a pointer to the port: there is no debugger
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"KeSetEvent");
  UNICODE_STRING missing = RTL_CONSTANT_STRING(L"KeNoSuchFunction");
  CHECK(Result, MmGetSystemRoutineAddress(&name) == (PVOID)KeSetEvent);
  CHECK(Result, MmGetSystemRoutineAddress(&missing) == NULL);
  CHECK(Result, (ULONG_PTR)MmHighestUserAddress == 0x7FFEFFFF);
  CHECK(Result, MmUserProbeAddress == 0x7FFF0000);
  CHECK(Result, !KdDebuggerEnabled);
  CHECK(Result, IoGetCurrentProcess() == PsGetCurrentProcess());
  CHECK(Result, (ULONG_PTR)PsGetCurrentProcessId() == 4);
  ULONG major = 0, minor = 9, build = 0;
  PsGetVersion(&major, &minor, &build, NULL);
  CHECK(Result, major == 10 && minor == 0 && build >= 19041);
  RTL_OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof(version)};
  CHECK(Result, RtlGetVersion(&version) == STATUS_SUCCESS && version.dwMajorVersion == 10);
  UUID first, second;
  CHECK(Result, ExUuidCreate(&first) == STATUS_SUCCESS && ExUuidCreate(&second) == STATUS_SUCCESS);
  CHECK(Result, RtlCompareMemory(&first, &second, sizeof first) != sizeof first);
}

static VOID NTAPI Thread(PVOID Context) {
  LARGE_INTEGER interval = {.QuadPart = -10 * 10000};
  KeDelayExecutionThread(KernelMode, FALSE, &interval);
  *(PKTHREAD*)Context = KeGetCurrentThread();
  PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestThread(GUEST_RESULT* Result) {
  HANDLE handle;
  PVOID object = NULL;
  PKTHREAD seen = NULL;
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
  CHECK(Result, PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, &attributes, NULL, NULL, Thread, &seen) == STATUS_SUCCESS);
  CHECK(Result, ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &object, NULL) == STATUS_SUCCESS);
  ZwClose(handle);
  CHECK(Result, KeWaitForSingleObject(object, Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS);
  CHECK(Result, object == seen && object != KeGetCurrentThread());
  ObDereferenceObject(object);
}

static ULONG notified;

static VOID NTAPI Notify(PVOID Context, PVOID Argument1, PVOID Argument2) {
  notified += (ULONG)(ULONG_PTR)Context + (ULONG)(ULONG_PTR)Argument1 + (ULONG)(ULONG_PTR)Argument2;
}

static VOID TestCallback(GUEST_RESULT* Result) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Callback\\KernelCalls");
  OBJECT_ATTRIBUTES attributes;
  PCALLBACK_OBJECT callback = NULL, again = NULL;
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
  CHECK(Result, ExCreateCallback(&callback, &attributes, FALSE, TRUE) == STATUS_OBJECT_NAME_NOT_FOUND);
  CHECK(Result, ExCreateCallback(&callback, &attributes, TRUE, TRUE) == STATUS_SUCCESS);
  CHECK(Result, ExCreateCallback(&again, &attributes, FALSE, TRUE) == STATUS_SUCCESS && again == callback);
  if (!callback) return;
  PVOID registration = ExRegisterCallback(callback, Notify, (PVOID)100);
  ExNotifyCallback(callback, (PVOID)20, (PVOID)3);
  CHECK(Result, notified == 123);
  ExUnregisterCallback(registration);
  ExNotifyCallback(callback, (PVOID)20, (PVOID)3);
  CHECK(Result, notified == 123);
  ObDereferenceObject(again);
  ObDereferenceObject(callback);
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject) {
  UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  GUEST_RESULT result = {0};
  UNREFERENCED_PARAMETER(RegistryPath);
  DriverObject->DriverUnload = Unload;
  TestPrintf(&result);
  TestClocks(&result);
  TestLists(&result);
  TestVariables(&result);
  TestThread(&result);
  TestCallback(&result);
  return GuestStatus(&result);
}
