// A raise inside ProbeForRead and ProbeForWrite is caught by the driver that called them, and the registers that calls
// preserve are what they were. Reports through DriverEntry's status, see GuestStatus.
#include "seh.h"

static NTSTATUS ProbeRead(PVOID Address, SIZE_T Length, ULONG Alignment) {
  NTSTATUS code = STATUS_SUCCESS;
  __try {
    ProbeForRead(Address, Length, Alignment);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    code = GetExceptionCode();
  }
  return code;
}

static NTSTATUS ProbeWrite(PVOID Address, SIZE_T Length, ULONG Alignment) {
  NTSTATUS code = STATUS_SUCCESS;
  __try {
    ProbeForWrite(Address, Length, Alignment);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    code = GetExceptionCode();
  }
  return code;
}

static VOID TestProbes(GUEST_RESULT* Result, PVOID KernelAddress) {
  CHECK(Result, ProbeRead(KernelAddress, 16, 1) == STATUS_ACCESS_VIOLATION);
  CHECK(Result, ProbeRead((PVOID)0x10001, 16, 4) == STATUS_DATATYPE_MISALIGNMENT);
  CHECK(Result, ProbeRead((PVOID)0x10000, MAXULONG_PTR, 1) == STATUS_ACCESS_VIOLATION);
  CHECK(Result, ProbeRead(KernelAddress, 0, 1) == STATUS_SUCCESS);    // no length, no probe
  CHECK(Result, ProbeRead((PVOID)0x10000, 16, 4) == STATUS_SUCCESS);  // looks at the address, not behind it
  CHECK(Result, ProbeWrite(KernelAddress, 16, 1) == STATUS_ACCESS_VIOLATION);
  CHECK(Result, ProbeWrite((PVOID)0x10002, 16, 4) == STATUS_DATATYPE_MISALIGNMENT);
  CHECK(Result, ProbeWrite(SEH_UNMAPPED, 16, 1) == STATUS_ACCESS_VIOLATION);  // this one touches the pages
}

static VOID TestFilter(GUEST_RESULT* Result, PVOID KernelAddress) {
  SEH_SEEN seen = {0};
  ULONG handled = 0;
  __try {
    ProbeForRead(KernelAddress, 16, 1);
    handled = 100;
  } __except (SEH_FILTER(&seen)) {
    ++handled;
  }
  CHECK(Result, handled == 1);
  CHECK(Result, seen.Filters == 1);
  CHECK(Result, seen.Code == STATUS_ACCESS_VIOLATION);
  CHECK(Result, seen.FilterIrql == PASSIVE_LEVEL);

  // A filter that declines passes the exception on to the next __try.
  ULONG declined = 0;
  __try {
    __try {
      ProbeForRead(KernelAddress, 16, 1);
    } __except (++declined, EXCEPTION_CONTINUE_SEARCH) {
      handled = 100;
    }
  } __except (GetExceptionCode() == STATUS_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
    ++handled;
  }
  CHECK(Result, declined == 1);
  CHECK(Result, handled == 2);
}

static PVOID volatile bad_address;

/// Saves registers that calls preserve, ruins them and raises: only the unwinder can bring them back.
static __attribute__((noinline)) VOID RuinAndRaise(VOID) {
  __asm__ __volatile__(
      "pcmpeqd %%xmm6, %%xmm6\n\t"
      "pcmpeqd %%xmm7, %%xmm7\n\t"
      "pcmpeqd %%xmm15, %%xmm15\n\t"
      "movq $-1, %%rbx\n\t"
      "movq $-1, %%rsi\n\t"
      "movq $-1, %%rdi\n\t"
      "movq $-1, %%r12\n\t"
      "movq $-1, %%r15"
      :
      :
      : "xmm6", "xmm7", "xmm15", "rbx", "rsi", "rdi", "r12", "r15", "memory");
  ProbeForRead(bad_address, 16, 1);
}

static __attribute__((noinline)) NTSTATUS CatchRuin(VOID) {
  NTSTATUS code = STATUS_SUCCESS;
  __try {
    RuinAndRaise();
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    code = GetExceptionCode();
  }
  return code;
}

/// Loads the registers with values of its own, calls, and stores what it finds in them afterwards.
NTSTATUS CallWithKnownRegisters(NTSTATUS (*Call)(VOID), ULONG64 Found[8]);
__asm__(
    ".text\n"
    ".globl CallWithKnownRegisters\n"
    ".def CallWithKnownRegisters; .scl 2; .type 32; .endef\n"
    ".seh_proc CallWithKnownRegisters\n"
    "CallWithKnownRegisters:\n"
    "  pushq %rbx\n  .seh_pushreg %rbx\n"
    "  pushq %rsi\n  .seh_pushreg %rsi\n"
    "  pushq %rdi\n  .seh_pushreg %rdi\n"
    "  pushq %r12\n  .seh_pushreg %r12\n"
    "  pushq %r15\n  .seh_pushreg %r15\n"
    "  subq $0x60, %rsp\n  .seh_stackalloc 0x60\n"
    "  movaps %xmm6, 0x30(%rsp)\n  .seh_savexmm %xmm6, 0x30\n"
    "  movaps %xmm7, 0x40(%rsp)\n  .seh_savexmm %xmm7, 0x40\n"
    "  movaps %xmm15, 0x50(%rsp)\n  .seh_savexmm %xmm15, 0x50\n"
    "  .seh_endprologue\n"
    "  movq %rdx, 0x20(%rsp)\n"
    "  movl $0xB00B, %ebx\n"
    "  movl $0x5005, %esi\n"
    "  movl $0xD00D, %edi\n"
    "  movl $0xC00C, %r12d\n"
    "  movl $0xF00F, %r15d\n"
    "  movl $0x6006, %eax\n  movq %rax, %xmm6\n"
    "  movl $0x7007, %eax\n  movq %rax, %xmm7\n"
    "  movl $0x1515, %eax\n  movq %rax, %xmm15\n"
    "  callq *%rcx\n"
    "  movq 0x20(%rsp), %rdx\n"
    "  movq %rbx, 0x00(%rdx)\n"
    "  movq %rsi, 0x08(%rdx)\n"
    "  movq %rdi, 0x10(%rdx)\n"
    "  movq %r12, 0x18(%rdx)\n"
    "  movq %r15, 0x20(%rdx)\n"
    "  movq %xmm6, 0x28(%rdx)\n"
    "  movq %xmm7, 0x30(%rdx)\n"
    "  movq %xmm15, 0x38(%rdx)\n"
    "  movaps 0x30(%rsp), %xmm6\n"
    "  movaps 0x40(%rsp), %xmm7\n"
    "  movaps 0x50(%rsp), %xmm15\n"
    "  addq $0x60, %rsp\n"
    "  popq %r15\n"
    "  popq %r12\n"
    "  popq %rdi\n"
    "  popq %rsi\n"
    "  popq %rbx\n"
    "  retq\n"
    ".seh_endproc\n");

static VOID TestRegisters(GUEST_RESULT* Result, PVOID KernelAddress) {
  static const ULONG64 expected[8] = {0xB00B, 0x5005, 0xD00D, 0xC00C, 0xF00F, 0x6006, 0x7007, 0x1515};
  ULONG64 found[8];
  bad_address = KernelAddress;
  CHECK(Result, CallWithKnownRegisters(CatchRuin, found) == STATUS_ACCESS_VIOLATION);
  for (ULONG i = 0; i < 8; ++i) CHECK(Result, found[i] == expected[i]);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  GUEST_RESULT result = {0, 0, 0};
  UNREFERENCED_PARAMETER(RegistryPath);
  TestProbes(&result, DriverObject);
  TestFilter(&result, DriverObject);
  TestRegisters(&result, DriverObject);
  DriverObject->DriverUnload = GuestUnload;
  return GuestStatus(&result);
}
