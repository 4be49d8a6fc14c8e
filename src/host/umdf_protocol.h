// What Drydock and a UMDF host process (wudfhost/) say to each other. Read by both, so it is C.
//
// They share one window of memory at one address. Its first page is the mailbox: the registers of driver code travel
// in it, and a word over a socket says whose turn it is. The host process keeps nothing between two turns.
#ifndef DRYDOCK_HOST_UMDF_PROTOCOL_H
#define DRYDOCK_HOST_UMDF_PROTOCOL_H

#include <stdint.h>

// All registers of driver code: laid out as machine::TrapFrame.
struct UmdfRegisters {
  uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15, rip, rflags;
  uint64_t padding[2];
  uint8_t fx[512];  // FXSAVE image, at an address that 16 divides
};

enum UmdfEvent {
  kUmdfHello = 1,  // the process is up; the mailbox holds a UmdfHello
  kUmdfReturned,   // the driver's function returned, its result in rax
  kUmdfCalled,     // driver code called function `index`; rip is its return address, rsp points at it
  kUmdfFaulted,    // a processor exception
  kUmdfSpinning,   // driver code used so much processor time without a call that it will not end
};

struct UmdfMailbox {
  uint32_t index;   // of a call
  uint32_t trap;    // of a fault: the processor's number, 14 a page fault
  uint32_t signal;
  uint32_t reserved;
  uint64_t error_code;
  uint64_t address;
  struct UmdfRegisters registers;
};

// What drivers may import from ntdll.dll there (wudfhost/ntdll.c).
#define UMDF_NTDLL_FUNCTIONS(X)                                                                                    \
  X(memcpy) X(memmove) X(memset) X(memcmp) X(strlen) X(strcmp) X(wcslen) X(RtlCompareMemory) X(RtlInitUnicodeString) \
  X(RtlCopyUnicodeString) X(RtlEqualUnicodeString)

// Addresses in the host process, told once.
struct UmdfExport {
  char name[24];
  uint64_t address;
};
enum { kUmdfExportsMax = 120 };
struct UmdfHello {
  uint64_t call_entry;    // where thunks jump, with eax = the function's index
  uint64_t exports_count;
  struct UmdfExport exports[kUmdfExportsMax];  // what stands for ntdll.dll there
};

enum UmdfOrderKind { kUmdfRun = 1, kUmdfProtect, kUmdfEnd };
struct UmdfOrder {
  uint32_t kind;
  uint32_t access;  // of kUmdfProtect: PROT_READ and so on
  uint64_t address;
  uint64_t bytes;
};

// To the keeper, the process that makes host processes. kKeeperStart comes with two descriptors: the memory, and the
// socket of the new process.
enum UmdfKeeperKind { kKeeperStart = 1, kKeeperEnd };
struct UmdfKeeperOrder {
  uint32_t kind;
  int32_t process;  // of kKeeperEnd; it is killed unless it has ended
  uint64_t window, bytes, offset;
  uint64_t teb;             // what gs: shows the driver
  uint64_t return_address;  // where the driver's functions return to, in a page of its own outside of the window
};
struct UmdfKeeperAnswer {
  int32_t process;  // or -errno
  int32_t status;   // of kKeeperEnd: as waitpid gives it
  int32_t killed;   // it had not ended by itself
};

#endif
