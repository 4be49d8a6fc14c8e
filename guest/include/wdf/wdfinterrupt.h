#pragma once
// Interrupts.

#include "wdfobject.h"

typedef enum _WDF_INTERRUPT_POLARITY {
  WdfInterruptPolarityUnknown = 0,
  WdfInterruptActiveHigh,
  WdfInterruptActiveLow,
} WDF_INTERRUPT_POLARITY,
    *PWDF_INTERRUPT_POLARITY;

typedef enum _WDF_INTERRUPT_POLICY {
  WdfIrqPolicyMachineDefault = 0,
  WdfIrqPolicyAllCloseProcessors,
  WdfIrqPolicyOneCloseProcessor,
  WdfIrqPolicyAllProcessorsInMachine,
  WdfIrqPolicySpecifiedProcessors,
  WdfIrqPolicySpreadMessagesAcrossAllProcessors,
} WDF_INTERRUPT_POLICY,
    *PWDF_INTERRUPT_POLICY;

typedef enum _WDF_INTERRUPT_PRIORITY {
  WdfIrqPriorityUndefined = 0,
  WdfIrqPriorityLow,
  WdfIrqPriorityNormal,
  WdfIrqPriorityHigh,
} WDF_INTERRUPT_PRIORITY,
    *PWDF_INTERRUPT_PRIORITY;

typedef BOOLEAN NTAPI EVT_WDF_INTERRUPT_ISR(WDFINTERRUPT Interrupt, ULONG MessageID);
typedef EVT_WDF_INTERRUPT_ISR* PFN_WDF_INTERRUPT_ISR;

typedef BOOLEAN NTAPI EVT_WDF_INTERRUPT_SYNCHRONIZE(WDFINTERRUPT Interrupt, WDFCONTEXT Context);
typedef EVT_WDF_INTERRUPT_SYNCHRONIZE* PFN_WDF_INTERRUPT_SYNCHRONIZE;

typedef VOID NTAPI EVT_WDF_INTERRUPT_DPC(WDFINTERRUPT Interrupt, WDFOBJECT AssociatedObject);
typedef EVT_WDF_INTERRUPT_DPC* PFN_WDF_INTERRUPT_DPC;

typedef VOID NTAPI EVT_WDF_INTERRUPT_WORKITEM(WDFINTERRUPT Interrupt, WDFOBJECT AssociatedObject);
typedef EVT_WDF_INTERRUPT_WORKITEM* PFN_WDF_INTERRUPT_WORKITEM;

typedef NTSTATUS NTAPI EVT_WDF_INTERRUPT_ENABLE(WDFINTERRUPT Interrupt, WDFDEVICE AssociatedDevice);
typedef EVT_WDF_INTERRUPT_ENABLE* PFN_WDF_INTERRUPT_ENABLE;

typedef NTSTATUS NTAPI EVT_WDF_INTERRUPT_DISABLE(WDFINTERRUPT Interrupt, WDFDEVICE AssociatedDevice);
typedef EVT_WDF_INTERRUPT_DISABLE* PFN_WDF_INTERRUPT_DISABLE;

typedef struct _WDF_INTERRUPT_CONFIG {
  ULONG Size;
  WDFSPINLOCK SpinLock;
  WDF_TRI_STATE ShareVector;
  BOOLEAN FloatingSave;
  BOOLEAN AutomaticSerialization;
  PFN_WDF_INTERRUPT_ISR EvtInterruptIsr;
  PFN_WDF_INTERRUPT_DPC EvtInterruptDpc;
  PFN_WDF_INTERRUPT_ENABLE EvtInterruptEnable;
  PFN_WDF_INTERRUPT_DISABLE EvtInterruptDisable;
#if KMDF_VERSION_MINOR >= 11
  PFN_WDF_INTERRUPT_WORKITEM EvtInterruptWorkItem;
  PCM_PARTIAL_RESOURCE_DESCRIPTOR InterruptRaw;
  PCM_PARTIAL_RESOURCE_DESCRIPTOR InterruptTranslated;
  WDFWAITLOCK WaitLock;
  BOOLEAN PassiveHandling;
  WDF_TRI_STATE ReportInactiveOnPowerDown;
#endif
#if KMDF_VERSION_MINOR >= 13
  BOOLEAN CanWakeDevice;
#endif
} WDF_INTERRUPT_CONFIG, *PWDF_INTERRUPT_CONFIG;

typedef struct _WDF_INTERRUPT_INFO {
  ULONG Size;
  ULONG64 Reserved1;
  KAFFINITY TargetProcessorSet;
  ULONG Reserved2;
  ULONG MessageNumber;
  ULONG Vector;
  KIRQL Irql;
  KINTERRUPT_MODE Mode;
  WDF_INTERRUPT_POLARITY Polarity;
  BOOLEAN MessageSignaled;
  UCHAR ShareDisposition;
  USHORT DECLSPEC_ALIGN(8) Group;
} WDF_INTERRUPT_INFO, *PWDF_INTERRUPT_INFO;

typedef struct _WDF_INTERRUPT_EXTENDED_POLICY {
  ULONG Size;
  WDF_INTERRUPT_POLICY Policy;
  WDF_INTERRUPT_PRIORITY Priority;
  GROUP_AFFINITY TargetProcessorSetAndGroup;
} WDF_INTERRUPT_EXTENDED_POLICY, *PWDF_INTERRUPT_EXTENDED_POLICY;

#ifndef WDF_TYPES_ONLY

WDF_INLINE VOID WDF_INTERRUPT_CONFIG_INIT(PWDF_INTERRUPT_CONFIG Config, PFN_WDF_INTERRUPT_ISR EvtInterruptIsr,
                                          PFN_WDF_INTERRUPT_DPC EvtInterruptDpc) {
  WDF_ZERO_WITH_SIZE(Config, WDF_INTERRUPT_CONFIG);
  Config->ShareVector = WdfUseDefault;
  Config->EvtInterruptIsr = EvtInterruptIsr;
  Config->EvtInterruptDpc = EvtInterruptDpc;
#if KMDF_VERSION_MINOR >= 11
  Config->ReportInactiveOnPowerDown = WdfUseDefault;
#endif
#ifdef UMDF_VERSION_MAJOR
  Config->PassiveHandling = TRUE;
#endif
}

WDF_INLINE VOID WDF_INTERRUPT_INFO_INIT(PWDF_INTERRUPT_INFO Info) {
  WDF_ZERO_WITH_SIZE(Info, WDF_INTERRUPT_INFO);
}

WDF_INLINE VOID WDF_INTERRUPT_EXTENDED_POLICY_INIT(PWDF_INTERRUPT_EXTENDED_POLICY Policy) {
  WDF_ZERO_WITH_SIZE(Policy, WDF_INTERRUPT_EXTENDED_POLICY);
  Policy->Policy = WdfIrqPolicyMachineDefault;
  Policy->Priority = WdfIrqPriorityUndefined;
}

#endif  // WDF_TYPES_ONLY
