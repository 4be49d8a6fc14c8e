#pragma once
// Structured exceptions: records, contexts, unwind data.

#include "nt/base.h"

namespace drydock::nt {

inline constexpr ULONG EXCEPTION_MAXIMUM_PARAMETERS = 15;

inline constexpr ULONG EXCEPTION_NONCONTINUABLE = 0x01;
inline constexpr ULONG EXCEPTION_UNWINDING = 0x02;
inline constexpr ULONG EXCEPTION_EXIT_UNWIND = 0x04;
inline constexpr ULONG EXCEPTION_STACK_INVALID = 0x08;
inline constexpr ULONG EXCEPTION_NESTED_CALL = 0x10;
inline constexpr ULONG EXCEPTION_TARGET_UNWIND = 0x20;
inline constexpr ULONG EXCEPTION_COLLIDED_UNWIND = 0x40;
inline constexpr ULONG EXCEPTION_UNWIND = 0x66;

inline constexpr LONG EXCEPTION_EXECUTE_HANDLER = 1;
inline constexpr LONG EXCEPTION_CONTINUE_SEARCH = 0;
inline constexpr LONG EXCEPTION_CONTINUE_EXECUTION = -1;

enum EXCEPTION_DISPOSITION : LONG {
  ExceptionContinueExecution,
  ExceptionContinueSearch,
  ExceptionNestedException,
  ExceptionCollidedUnwind
};

struct EXCEPTION_RECORD {
  NTSTATUS ExceptionCode;
  ULONG ExceptionFlags;
  EXCEPTION_RECORD* ExceptionRecord;
  PVOID ExceptionAddress;
  ULONG NumberParameters;
  ULONG_PTR ExceptionInformation[EXCEPTION_MAXIMUM_PARAMETERS];
};
static_assert(sizeof(EXCEPTION_RECORD) == 0x98 && offsetof(EXCEPTION_RECORD, ExceptionAddress) == 0x10 &&
              offsetof(EXCEPTION_RECORD, ExceptionInformation) == 0x20);
using PEXCEPTION_RECORD = EXCEPTION_RECORD*;

struct alignas(16) M128A {
  ULONGLONG Low;
  LONGLONG High;
};
static_assert(sizeof(M128A) == 16);
using PM128A = M128A*;

struct alignas(16) XSAVE_FORMAT {
  USHORT ControlWord;
  USHORT StatusWord;
  UCHAR TagWord;
  UCHAR Reserved1;
  USHORT ErrorOpcode;
  ULONG ErrorOffset;
  USHORT ErrorSelector;
  USHORT Reserved2;
  ULONG DataOffset;
  USHORT DataSelector;
  USHORT Reserved3;
  ULONG MxCsr;
  ULONG MxCsr_Mask;
  M128A FloatRegisters[8];
  M128A XmmRegisters[16];
  UCHAR Reserved4[96];
};
static_assert(sizeof(XSAVE_FORMAT) == 512 && offsetof(XSAVE_FORMAT, XmmRegisters) == 160);
using XMM_SAVE_AREA32 = XSAVE_FORMAT;

inline constexpr ULONG CONTEXT_AMD64 = 0x00100000;
inline constexpr ULONG CONTEXT_CONTROL = CONTEXT_AMD64 | 0x1;
inline constexpr ULONG CONTEXT_INTEGER = CONTEXT_AMD64 | 0x2;
inline constexpr ULONG CONTEXT_SEGMENTS = CONTEXT_AMD64 | 0x4;
inline constexpr ULONG CONTEXT_FLOATING_POINT = CONTEXT_AMD64 | 0x8;
inline constexpr ULONG CONTEXT_DEBUG_REGISTERS = CONTEXT_AMD64 | 0x10;
inline constexpr ULONG CONTEXT_FULL = CONTEXT_CONTROL | CONTEXT_INTEGER | CONTEXT_FLOATING_POINT;

struct alignas(16) CONTEXT {
  ULONG64 P1Home;
  ULONG64 P2Home;
  ULONG64 P3Home;
  ULONG64 P4Home;
  ULONG64 P5Home;
  ULONG64 P6Home;
  ULONG ContextFlags;
  ULONG MxCsr;
  USHORT SegCs;
  USHORT SegDs;
  USHORT SegEs;
  USHORT SegFs;
  USHORT SegGs;
  USHORT SegSs;
  ULONG EFlags;
  ULONG64 Dr0;
  ULONG64 Dr1;
  ULONG64 Dr2;
  ULONG64 Dr3;
  ULONG64 Dr6;
  ULONG64 Dr7;
  ULONG64 Rax;
  ULONG64 Rcx;
  ULONG64 Rdx;
  ULONG64 Rbx;
  ULONG64 Rsp;
  ULONG64 Rbp;
  ULONG64 Rsi;
  ULONG64 Rdi;
  ULONG64 R8;
  ULONG64 R9;
  ULONG64 R10;
  ULONG64 R11;
  ULONG64 R12;
  ULONG64 R13;
  ULONG64 R14;
  ULONG64 R15;
  ULONG64 Rip;
  union {
    XMM_SAVE_AREA32 FltSave;
    struct {
      M128A Header[2];
      M128A Legacy[8];
      M128A Xmm0;
      M128A Xmm1;
      M128A Xmm2;
      M128A Xmm3;
      M128A Xmm4;
      M128A Xmm5;
      M128A Xmm6;
      M128A Xmm7;
      M128A Xmm8;
      M128A Xmm9;
      M128A Xmm10;
      M128A Xmm11;
      M128A Xmm12;
      M128A Xmm13;
      M128A Xmm14;
      M128A Xmm15;
    };
  };
  M128A VectorRegister[26];
  ULONG64 VectorControl;
  ULONG64 DebugControl;
  ULONG64 LastBranchToRip;
  ULONG64 LastBranchFromRip;
  ULONG64 LastExceptionToRip;
  ULONG64 LastExceptionFromRip;
};
static_assert(sizeof(CONTEXT) == 0x4D0 && offsetof(CONTEXT, ContextFlags) == 0x30 &&
              offsetof(CONTEXT, EFlags) == 0x44 && offsetof(CONTEXT, Rax) == 0x78 && offsetof(CONTEXT, Rsp) == 0x98 &&
              offsetof(CONTEXT, R15) == 0xF0 && offsetof(CONTEXT, Rip) == 0xF8 && offsetof(CONTEXT, FltSave) == 0x100 &&
              offsetof(CONTEXT, Xmm0) == 0x1A0 && offsetof(CONTEXT, Xmm6) == 0x200 &&
              offsetof(CONTEXT, VectorRegister) == 0x300 && offsetof(CONTEXT, VectorControl) == 0x4A0);
using PCONTEXT = CONTEXT*;

struct EXCEPTION_POINTERS {
  EXCEPTION_RECORD* ExceptionRecord;
  CONTEXT* ContextRecord;
};
static_assert(sizeof(EXCEPTION_POINTERS) == 16);
using PEXCEPTION_POINTERS = EXCEPTION_POINTERS*;

// One function of .pdata. All three are relative to the image base.
struct RUNTIME_FUNCTION {
  ULONG BeginAddress;
  ULONG EndAddress;
  ULONG UnwindData;
};
static_assert(sizeof(RUNTIME_FUNCTION) == 12);
using PRUNTIME_FUNCTION = RUNTIME_FUNCTION*;
inline constexpr ULONG RUNTIME_FUNCTION_INDIRECT = 0x1;

inline constexpr UCHAR UNW_FLAG_NHANDLER = 0x0;
inline constexpr UCHAR UNW_FLAG_EHANDLER = 0x1;
inline constexpr UCHAR UNW_FLAG_UHANDLER = 0x2;
inline constexpr UCHAR UNW_FLAG_CHAININFO = 0x4;

enum UNWIND_OP_CODES : LONG {
  UWOP_PUSH_NONVOL = 0,
  UWOP_ALLOC_LARGE = 1,
  UWOP_ALLOC_SMALL = 2,
  UWOP_SET_FPREG = 3,
  UWOP_SAVE_NONVOL = 4,
  UWOP_SAVE_NONVOL_FAR = 5,
  UWOP_EPILOG = 6,
  UWOP_SPARE_CODE = 7,
  UWOP_SAVE_XMM128 = 8,
  UWOP_SAVE_XMM128_FAR = 9,
  UWOP_PUSH_MACHFRAME = 10
};

union UNWIND_CODE {
  struct {
    UCHAR CodeOffset;
    UCHAR UnwindOp : 4;
    UCHAR OpInfo : 4;
  };
  USHORT FrameOffset;
};
static_assert(sizeof(UNWIND_CODE) == 2);

// Followed, after an even number of codes, by a handler RVA and its data, or by a chained RUNTIME_FUNCTION.
struct UNWIND_INFO {
  UCHAR Version : 3;
  UCHAR Flags : 5;
  UCHAR SizeOfProlog;
  UCHAR CountOfCodes;
  UCHAR FrameRegister : 4;
  UCHAR FrameOffset : 4;  // in units of 16 bytes
  UNWIND_CODE UnwindCode[];
};
static_assert(sizeof(UNWIND_INFO) == 4 && offsetof(UNWIND_INFO, UnwindCode) == 4);

struct SCOPE_TABLE_AMD64 {
  ULONG Count;
  struct {
    ULONG BeginAddress;
    ULONG EndAddress;
    ULONG HandlerAddress;  // filter or finally block; 1 means EXCEPTION_EXECUTE_HANDLER
    ULONG JumpTarget;      // 0 for a finally
  } ScopeRecord[1];
};
static_assert(sizeof(SCOPE_TABLE_AMD64) == 20 && offsetof(SCOPE_TABLE_AMD64, ScopeRecord) == 4);

struct DISPATCHER_CONTEXT;
using PEXCEPTION_ROUTINE = EXCEPTION_DISPOSITION(NTAPI*)(EXCEPTION_RECORD* ExceptionRecord, PVOID EstablisherFrame,
                                                         CONTEXT* ContextRecord, DISPATCHER_CONTEXT* DispatcherContext);
using PEXCEPTION_FILTER = LONG(NTAPI*)(EXCEPTION_POINTERS* ExceptionPointers, PVOID EstablisherFrame);
using PTERMINATION_HANDLER = VOID(NTAPI*)(BOOLEAN AbnormalTermination, PVOID EstablisherFrame);

struct DISPATCHER_CONTEXT {
  ULONG64 ControlPc;
  ULONG64 ImageBase;
  RUNTIME_FUNCTION* FunctionEntry;
  ULONG64 EstablisherFrame;
  ULONG64 TargetIp;
  CONTEXT* ContextRecord;
  PEXCEPTION_ROUTINE LanguageHandler;
  PVOID HandlerData;
  PVOID HistoryTable;
  ULONG ScopeIndex;
  ULONG Fill0;
};
static_assert(sizeof(DISPATCHER_CONTEXT) == 0x50 && offsetof(DISPATCHER_CONTEXT, HandlerData) == 0x38 &&
              offsetof(DISPATCHER_CONTEXT, ScopeIndex) == 0x48);
using PDISPATCHER_CONTEXT = DISPATCHER_CONTEXT*;

}  // namespace drydock::nt
