#pragma once
// The processor control region behind gs:, as far as its offsets are published or compiled into drivers.

#include "nt/base.h"
#include "nt/dispatcher.h"

namespace drydock::nt {

struct alignas(16) KPRCB {
  ULONG MxCsr;
  UCHAR LegacyNumber;  // gs:[0x184]
  UCHAR ReservedMustBeZero;
  BOOLEAN InterruptRequest;
  BOOLEAN IdleHalt;
  KTHREAD* CurrentThread;  // gs:[0x188], KeGetCurrentThread compiled inline
  KTHREAD* NextThread;
  KTHREAD* IdleThread;
  UCHAR NestingLevel;
  BOOLEAN ClockOwner;
  UCHAR PendingTickFlags;
  UCHAR IdleState;
  ULONG Number;  // gs:[0x1A4], KeGetCurrentProcessorNumber compiled inline
  ULONG64 RspBase;
  ULONG64 PrcbLock;
  PVOID PriorityState;
  CHAR CpuType;
  CHAR CpuID;
  USHORT CpuStep;
  ULONG MHz;
  ULONG64 HalReserved[8];
  USHORT MinorVersion;
  USHORT MajorVersion;
  UCHAR BuildType;
  UCHAR CpuVendor;
  UCHAR CoresPerPhysicalProcessor;
  UCHAR LogicalProcessorsPerCore;
};
static_assert(sizeof(KPRCB) == 0x90 && offsetof(KPRCB, CurrentThread) == 0x08 && offsetof(KPRCB, Number) == 0x24 &&
              offsetof(KPRCB, MHz) == 0x44 && offsetof(KPRCB, MinorVersion) == 0x88);
using PKPRCB = KPRCB*;

struct alignas(16) KPCR {
  PVOID GdtBase;
  PVOID TssBase;
  ULONG64 UserRsp;
  KPCR* Self;
  KPRCB* CurrentPrcb;
  KSPIN_LOCK_QUEUE* LockArray;
  PVOID Used_Self;
  PVOID IdtBase;
  ULONG64 Unused[2];
  KIRQL Irql;
  UCHAR SecondLevelCacheAssociativity;
  UCHAR ObsoleteNumber;
  UCHAR Fill0;
  ULONG Unused0[3];
  USHORT MajorVersion;
  USHORT MinorVersion;
  ULONG StallScaleFactor;
  PVOID Unused1[3];
  ULONG KernelReserved[15];
  ULONG SecondLevelCacheSize;
  ULONG HalReserved[16];
  ULONG Unused2;
  PVOID KdVersionBlock;
  PVOID Unused3;
  ULONG PcrAlign1[24];
  KPRCB Prcb;
};
static_assert(offsetof(KPCR, Self) == 0x18 && offsetof(KPCR, CurrentPrcb) == 0x20 && offsetof(KPCR, Irql) == 0x50 &&
              offsetof(KPCR, MajorVersion) == 0x60 && offsetof(KPCR, StallScaleFactor) == 0x64 &&
              offsetof(KPCR, KernelReserved) == 0x80 && offsetof(KPCR, HalReserved) == 0xC0 &&
              offsetof(KPCR, KdVersionBlock) == 0x108 && offsetof(KPCR, Prcb) == 0x180);
static_assert(offsetof(KPCR, Prcb) + offsetof(KPRCB, CurrentThread) == 0x188);
static_assert(offsetof(KPCR, Prcb) + offsetof(KPRCB, Number) == 0x1A4);
using PKPCR = KPCR*;

inline constexpr USHORT PCR_MINOR_VERSION = 1;
inline constexpr USHORT PCR_MAJOR_VERSION = 1;

}  // namespace drydock::nt
