// What a driver built for 1.9 hands over: the sizes by which the framework knows the older structures.
#define KMDF_VERSION_MINOR 9
#include <ntddk.h>
#include <wdf.h>

_Static_assert(sizeof(WDF_PNPPOWER_EVENT_CALLBACKS) == 0x88, "without UsageNotificationEx");
_Static_assert(sizeof(WDF_PDO_EVENT_CALLBACKS) == 0x38, "without ReportedMissing");
_Static_assert(sizeof(WDF_INTERRUPT_CONFIG) == 0x38, "without work item, resources and passive handling");
_Static_assert(sizeof(WDF_IO_QUEUE_CONFIG) == 0x58, "without Driver");
_Static_assert(sizeof(WDF_DMA_ENABLER_CONFIG) == 0x40, "without overrides and flags");
_Static_assert(sizeof(WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS) == 0x1C, "without timeout type and D3cold");
_Static_assert(sizeof(WDF_TIMER_CONFIG) == 0x20, "without high resolution");
_Static_assert(sizeof(WDF_IO_TARGET_OPEN_PARAMS) == 0x78, "without a file name");
_Static_assert(sizeof(WDF_DEVICE_STATE) == 0x1C, "without AssignedToGuest");
_Static_assert(WdfFunctionTableNumEntries == 396, "WDF-393");
