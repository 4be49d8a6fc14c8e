#pragma once
// Handles and words of the framework that every other header needs.
//
// These headers serve two readers. A driver includes <wdf.h> after <ntddk.h> and gets types, INIT functions and calls.
// The framework of this project includes them with WDF_TYPES_ONLY inside its namespace, where the names of <ntddk.h>
// are its own: one declaration, so that the two cannot disagree. Hence no header here includes one from outside.

// A user-mode driver says UMDF_VERSION_MINOR (2.0 to 2.33): its structures are those of the KMDF of the same time.
#ifdef UMDF_VERSION_MAJOR
#if UMDF_VERSION_MINOR == 0
#define KMDF_VERSION_MINOR 13
#else
#define KMDF_VERSION_MINOR UMDF_VERSION_MINOR
#endif
#endif

// Which KMDF the driver is built for: 1.9 to 1.33. Members and functions that came later are not there.
#ifndef KMDF_VERSION_MAJOR
#define KMDF_VERSION_MAJOR 1
#endif
#ifndef KMDF_VERSION_MINOR
#define KMDF_VERSION_MINOR 33
#endif

typedef PVOID WDFOBJECT, *PWDFOBJECT;
typedef PVOID WDFCONTEXT;

#define WDF_DECLARE_HANDLE(name) typedef struct name##__* name
WDF_DECLARE_HANDLE(WDFDRIVER);
WDF_DECLARE_HANDLE(WDFDEVICE);
WDF_DECLARE_HANDLE(WDFWMIPROVIDER);
WDF_DECLARE_HANDLE(WDFWMIINSTANCE);
WDF_DECLARE_HANDLE(WDFQUEUE);
WDF_DECLARE_HANDLE(WDFREQUEST);
WDF_DECLARE_HANDLE(WDFFILEOBJECT);
WDF_DECLARE_HANDLE(WDFDPC);
WDF_DECLARE_HANDLE(WDFTIMER);
WDF_DECLARE_HANDLE(WDFWORKITEM);
WDF_DECLARE_HANDLE(WDFINTERRUPT);
WDF_DECLARE_HANDLE(WDFWAITLOCK);
WDF_DECLARE_HANDLE(WDFSPINLOCK);
WDF_DECLARE_HANDLE(WDFMEMORY);
WDF_DECLARE_HANDLE(WDFLOOKASIDE);
WDF_DECLARE_HANDLE(WDFIOTARGET);
WDF_DECLARE_HANDLE(WDFDMAENABLER);
WDF_DECLARE_HANDLE(WDFDMATRANSACTION);
WDF_DECLARE_HANDLE(WDFCOMMONBUFFER);
WDF_DECLARE_HANDLE(WDFKEY);
WDF_DECLARE_HANDLE(WDFSTRING);
WDF_DECLARE_HANDLE(WDFCOLLECTION);
WDF_DECLARE_HANDLE(WDFCHILDLIST);
WDF_DECLARE_HANDLE(WDFIORESREQLIST);
WDF_DECLARE_HANDLE(WDFIORESLIST);
WDF_DECLARE_HANDLE(WDFCMRESLIST);
#undef WDF_DECLARE_HANDLE

typedef struct WDFDEVICE_INIT* PWDFDEVICE_INIT;

typedef enum _WDF_TRI_STATE {
  WdfFalse = 0,
  WdfTrue = 1,
  WdfUseDefault = 2,
} WDF_TRI_STATE,
    *PWDF_TRI_STATE;

#ifndef WDF_TYPES_ONLY

#define WDF_NO_OBJECT_ATTRIBUTES NULL
#define WDF_NO_EVENT_CALLBACK NULL
#define WDF_NO_HANDLE NULL
#define WDF_NO_CONTEXT NULL
#define WDF_NO_SEND_OPTIONS NULL

#define WDF_INLINE static inline __attribute__((unused))
#define WDF_STRUCTURE_SIZE(type) ((ULONG)sizeof(type))
#define WDF_ZERO_WITH_SIZE(pointer, type) \
  (RtlZeroMemory((pointer), sizeof(type)), (pointer)->Size = WDF_STRUCTURE_SIZE(type))

#endif  // WDF_TYPES_ONLY
