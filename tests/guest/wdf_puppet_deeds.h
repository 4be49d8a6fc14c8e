// Part of wdf_puppet.c: what a device does in a callback because it was told to.
#pragma once

static NTSTATUS AssignIdle(WDFDEVICE Device, const PUPPET_ORDERS* Orders) {
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS idle;
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&idle, Orders->IdleWakes ? IdleCanWakeFromS0 : IdleCannotWakeFromS0);
  idle.IdleTimeout = Orders->IdleMilliseconds;
  if (Orders->SystemManaged) idle.IdleTimeoutType = SystemManagedIdleTimeout;
  if (Orders->PowerUpOnSystemWake) idle.PowerUpIdleDeviceOnSystemWake = WdfTrue;
  return WdfDeviceAssignS0IdleSettings(Device, &idle);
}

static VOID Finish(DEVICE_CONTEXT* Context, WDFREQUEST Request, NTSTATUS Status) {
  for (PU32 i = 0; i < Context->KeptCount; ++i)
    if (Context->Kept[i] == Request) {
      Context->Kept[i] = Context->Kept[--Context->KeptCount];
      break;
    }
  WdfRequestComplete(Request, Status);
}

#ifdef UMDF_VERSION_MAJOR

// The deeds are the kernel's; a user-mode puppet has its own orders (PuppetUmFault).
static VOID DoDeeds(DEVICE_CONTEXT* Context, PUPPET_ORDERS* Orders, PU32 Call) {
  (void)Context;
  (void)Orders;
  (void)Call;
}

#else

static NTSTATUS AssignSx(WDFDEVICE Device, const PUPPET_ORDERS* Orders) {
  WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS wake;
  WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS_INIT(&wake);
  wake.ArmForWakeIfChildrenAreArmedForWake = Orders->ArmForChildren != 0;
  return WdfDeviceAssignSxWakeSettings(Device, &wake);
}

static VOID NTAPI FinishLate(PKDPC Dpc, PVOID Context, PVOID First, PVOID Second) {
  DEVICE_CONTEXT* context = Context;
  (void)Dpc;
  (void)First;
  (void)Second;
  if (context->KeptCount) Finish(context, context->Kept[0], STATUS_NO_SUCH_DEVICE);
}

static VOID FinishLater(DEVICE_CONTEXT* Context, PU32 Milliseconds) {
  LARGE_INTEGER due;
  due.QuadPart = -10000LL * Milliseconds;
  KeInitializeTimer(&Context->Timer);
  KeInitializeDpc(&Context->TimerDpc, FinishLate, Context);
  KeSetTimer(&Context->Timer, due, &Context->TimerDpc);
}

static PU32 AppendResource(const DEVICE_CONTEXT* Context) {
  CM_PARTIAL_RESOURCE_DESCRIPTOR more;
  RtlZeroMemory(&more, sizeof(more));
  more.Type = CmResourceTypeDevicePrivate;
  NTSTATUS status = WdfCmResourceListAppendDescriptor(Context->Raw, &more);
  return (PU32)(NT_SUCCESS(status) ? WdfCmResourceListAppendDescriptor(Context->Translated, &more) : status);
}

static PU32 DoDeed(DEVICE_CONTEXT* Context, const PUPPET_ORDERS* Orders, const PUPPET_DEED* Deed) {
  WDFDEVICE device = Context->Device;
  PCM_PARTIAL_RESOURCE_DESCRIPTOR descriptor;
  switch (Deed->Deed) {
    case PuppetBlock: {
      LARGE_INTEGER time;
      time.QuadPart = -10000LL * Deed->Argument;
      return (PU32)KeDelayExecutionThread(KernelMode, FALSE, &time);
    }
    case PuppetStopIdle:
      return (PU32)WdfDeviceStopIdle(device, (BOOLEAN)Deed->Argument);
    case PuppetResumeIdle:
      WdfDeviceResumeIdle(device);
      return 0;
    case PuppetReadRegister:
      return Context->Registers ? Context->Registers[Deed->Argument / 4] : 0;
    case PuppetWriteRegister:
      if (Context->Registers) Context->Registers[0] = Deed->Argument;
      return 0;
    case PuppetReadConfig:
      ReadConfiguration(Context, SeenConfig);
      return Puppet.Seen[SeenConfig + 1];
    case PuppetAppendResource:
      return AppendResource(Context);
    case PuppetRemoveResource:
      WdfCmResourceListRemove(Context->Raw, Deed->Argument);
      WdfCmResourceListRemove(Context->Translated, Deed->Argument);
      return 0;
    case PuppetGetDescriptor:
      descriptor = WdfCmResourceListGetDescriptor(Context->Translated, Deed->Argument);
      return descriptor ? descriptor->Type : ~0u;
    case PuppetAlterCopies:
      for (ULONG i = 0; (descriptor = WdfCmResourceListGetDescriptor(Context->Translated, i)) != NULL; ++i)
        descriptor->u.Generic.Start.LowPart ^= 0x5A000000;
      return 0;
    case PuppetDeleteList:
      WdfObjectDelete(Context->Translated);
      return WdfCmResourceListGetCount(Context->Translated);
    case PuppetInterruptInfo: {
      WDF_INTERRUPT_INFO info;
      WDF_INTERRUPT_INFO_INIT(&info);
      WdfInterruptGetInfo(Context->Interrupt, &info);
      return info.Vector;
    }
    case PuppetInterruptObject:
      return WdfInterruptWdmGetInterrupt(Context->Interrupt) != NULL;
    case PuppetStaticStopRemove:
      WdfDeviceSetStaticStopRemove(device, (BOOLEAN)Deed->Argument);
      return 0;
    case PuppetIndicateWake:
      return (PU32)WdfDeviceIndicateWakeStatus(device, (NTSTATUS)Deed->Argument);
    case PuppetFinish:
      if (Context->KeptCount) Finish(Context, Context->Kept[0], (NTSTATUS)Deed->Argument);
      return 0;
    case PuppetFinishLater:
      FinishLater(Context, Deed->Argument);
      return 0;
    case PuppetAttached:
      return WdfDeviceWdmGetAttachedDevice(device) != NULL;
    case PuppetSetCallbacks: {
      WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
      WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
      WdfDeviceInitSetPnpPowerEventCallbacks(Context->Init, &callbacks);
      return 0;
    }
    case PuppetAssignIdle:
      return (PU32)AssignIdle(device, Orders);
    case PuppetAssignSx:
      return (PU32)AssignSx(device, Orders);
    case PuppetSetFailed:
      WdfDeviceSetFailed(device, (WDF_DEVICE_FAILED_ACTION)Deed->Argument);
      return 0;
    case PuppetQueuePurge:
      WdfIoQueuePurgeSynchronously(Context->Queue);
      return 0;
    default:
      return 0;
  }
}

static VOID DoDeeds(DEVICE_CONTEXT* Context, PUPPET_ORDERS* Orders, PU32 Call) {
  for (PU32 i = 0; i < PUPPET_DEEDS; ++i) {
    PUPPET_DEED* deed = &Orders->Deeds[i];
    if (deed->In != Call + 1 || (deed->Nth && deed->Nth != Context->CallCount[Call] + 1)) continue;
    ++deed->Times;
    deed->Result = DoDeed(Context, Orders, deed);
  }
}

#endif  // UMDF_VERSION_MAJOR
