// What wdf_puppet does otherwise when it is built as a user-mode driver: included by wdf_puppet.c only.
#pragma once

// The vendor and device numbers, which a user-mode driver reads in the hardware ids.
static VOID ReadConfiguration(DEVICE_CONTEXT* Context, PU32 Where) {
  WCHAR ids[200];
  ULONG bytes = 0;
  NTSTATUS status = WdfDeviceQueryProperty(Context->Device, DevicePropertyHardwareID, sizeof(ids), ids, &bytes);
  Puppet.Seen[Where] = (PU32)status;
  if (!NT_SUCCESS(status)) return;
  PU32 numbers[2] = {0, 0};
  const PU32 places[2] = {8, 17};  // PCI\VEN_1234&DEV_5678
  for (PU32 n = 0; n < 2; ++n)
    for (PU32 i = 0; i < 4; ++i) {
      WCHAR c = ids[places[n] + i];
      numbers[n] = numbers[n] << 4 | (PU32)(c <= '9' ? c - '0' : c - 'A' + 10);
    }
  Puppet.Seen[Where + 1] = numbers[1] << 16 | numbers[0];
  Puppet.Seen[Where + 2] = sizeof(ULONG);
}

static VOID MapRegisters(DEVICE_CONTEXT* Context, PHYSICAL_ADDRESS Start) {
  PVOID registers = NULL;
  Puppet.Seen[SeenMapStatus] =
      (PU32)WdfDeviceMapIoSpace(Context->Device, Start, Context->RegisterBytes, MmNonCached, &registers);
  Context->Registers = registers;
}

static VOID UnmapRegisters(DEVICE_CONTEXT* Context) {
  WdfDeviceUnmapIoSpace(Context->Device, (PVOID)Context->Registers, Context->RegisterBytes);
}

static ULONG ReadRegister(DEVICE_CONTEXT* Context) {
  return WDF_READ_REGISTER_ULONG(Context->Device, (ULONG*)Context->Registers);
}

static VOID ReadRegistersEveryWay(DEVICE_CONTEXT* Context) {
  ULONG* registers = (ULONG*)Context->Registers;
  ULONG many[2] = {0x11, 0x22}, back[2] = {0, 0};
  WDF_WRITE_REGISTER_USHORT(Context->Device, (USHORT*)(registers + 2), 0x1234);
  WDF_WRITE_REGISTER_UCHAR(Context->Device, (UCHAR*)(registers + 2) + 2, 0x56);
  WDF_WRITE_REGISTER_BUFFER_ULONG(Context->Device, registers + 4, many, 2);
  WDF_READ_REGISTER_BUFFER_ULONG(Context->Device, registers + 4, back, 2);
  Puppet.Seen[SeenWays] = WDF_READ_REGISTER_ULONG(Context->Device, registers + 2);
  Puppet.Seen[SeenWays + 1] = back[0] << 8 | back[1];
  Puppet.Seen[SeenWays + 2] = (PU32)(WDF_READ_REGISTER_ULONG64(Context->Device, (ULONG64*)(registers + 4)) >> 32);
}

// A lock that is held already, waited for as long.
static VOID Pause(PU32 Milliseconds) {
  WDFWAITLOCK lock;
  LONGLONG timeout = WDF_REL_TIMEOUT_IN_MS(Milliseconds);
  if (!NT_SUCCESS(WdfWaitLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &lock))) return;
  WdfWaitLockAcquire(lock, NULL);
  WdfWaitLockAcquire(lock, &timeout);
  WdfWaitLockRelease(lock);
  WdfObjectDelete(lock);
}

static PU32 IsConnected(WDFINTERRUPT Interrupt) {
  (void)Interrupt;
  return 0;
}

// ---- Mistakes ----

static VOID NTAPI WaitForHeld(WDFWORKITEM WorkItem) {
  (void)WorkItem;
  WdfWaitLockAcquire((WDFWAITLOCK)Puppet.Held, NULL);
}

static volatile PU32 NeverSet;

static NTSTATUS Misbehave(DEVICE_CONTEXT* Context, PU32 Fault) {
  switch (Fault) {
    case UmNullWrite:
      *(volatile PU32*)(ULONG_PTR)(NeverSet * 4) = 1;
      break;
    case UmWildWrite:
      *(volatile PU32*)(ULONG_PTR)Puppet.Address = 0xBAD;
      break;
    case UmBadInstruction:
      __asm__ volatile("ud2");
      break;
    case UmSystemCall:
      __asm__ volatile("syscall" : : "a"(60), "D"(3) : "rcx", "r11", "memory");
      break;
    case UmSpins:
      while (NeverSet == 0) continue;
      break;
    case UmWaits: {
      WDFWAITLOCK lock;
      if (!NT_SUCCESS(WdfWaitLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &lock))) return STATUS_UNSUCCESSFUL;
      WdfWaitLockAcquire(lock, NULL);
      Puppet.Held = lock;
      WDFWORKITEM item;
      WDF_WORKITEM_CONFIG config;
      WDF_OBJECT_ATTRIBUTES attributes;
      WDF_WORKITEM_CONFIG_INIT(&config, WaitForHeld);
      WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
      attributes.ParentObject = Context->Device;
      if (NT_SUCCESS(WdfWorkItemCreate(&config, &attributes, &item))) {
        WdfWorkItemEnqueue(item);
        WdfWorkItemFlush(item);
      }
      break;
    }
    case UmBadHandle:
      WdfDeviceGetDriver((WDFDEVICE)(ULONG_PTR)0x1234);
      break;
    case UmKernelPointer: {
      ULONG length = 0;
      WdfDeviceQueryProperty(Context->Device, DevicePropertyHardwareID, 64, (PVOID)(ULONG_PTR)Puppet.Address, &length);
      break;
    }
    case UmKernelCallback: {
      WDF_WORKITEM_CONFIG config;
      WDF_OBJECT_ATTRIBUTES attributes;
      WDFWORKITEM item;
      WDF_WORKITEM_CONFIG_INIT(&config, (PFN_WDF_WORKITEM)(ULONG_PTR)Puppet.Address);
      WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
      attributes.ParentObject = Context->Device;
      if (NT_SUCCESS(WdfWorkItemCreate(&config, &attributes, &item))) WdfWorkItemEnqueue(item);
      break;
    }
    case UmDeepRecursion: {
      volatile UCHAR room[4096];
      room[0] = (UCHAR)NeverSet;
      Misbehave(Context, Fault);
      return room[0];
    }
    case UmTouchesRegister:
      return (NTSTATUS)*Context->Registers;
    case UmEveryWay:
      ReadRegistersEveryWay(Context);
      break;
    case UmTimeStamp: {
      PU32 low, high;
      __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
      Puppet.Seen[SeenWays] = low;
      Puppet.Seen[SeenWays + 1] = high;
      break;
    }
    case UmInterruptNotPassive: {
      WDF_INTERRUPT_CONFIG config;
      WDFINTERRUPT interrupt;
      WDF_INTERRUPT_CONFIG_INIT(&config, OnIsr, OnDpc);
      config.PassiveHandling = FALSE;
      WdfInterruptCreate(Context->Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &interrupt);
      break;
    }
  }
  return STATUS_SUCCESS;
}
