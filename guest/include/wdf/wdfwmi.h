#pragma once
// WMI providers and instances.

#include "wdfobject.h"

typedef enum _WDF_WMI_PROVIDER_CONTROL {
  WdfWmiControlInvalid = 0,
  WdfWmiEventControl,
  WdfWmiInstanceControl,
} WDF_WMI_PROVIDER_CONTROL;

typedef enum _WDF_WMI_PROVIDER_FLAGS {
  WdfWmiProviderEventOnly = 0x0001,
  WdfWmiProviderExpensive = 0x0002,
  WdfWmiProviderTracing = 0x0004,
  WdfWmiProviderValidFlags = WdfWmiProviderEventOnly | WdfWmiProviderExpensive | WdfWmiProviderTracing,
} WDF_WMI_PROVIDER_FLAGS;

typedef NTSTATUS NTAPI EVT_WDF_WMI_INSTANCE_QUERY_INSTANCE(WDFWMIINSTANCE WmiInstance, ULONG OutBufferSize,
                                                           PVOID OutBuffer, PULONG BufferUsed);
typedef EVT_WDF_WMI_INSTANCE_QUERY_INSTANCE* PFN_WDF_WMI_INSTANCE_QUERY_INSTANCE;

typedef NTSTATUS NTAPI EVT_WDF_WMI_INSTANCE_SET_INSTANCE(WDFWMIINSTANCE WmiInstance, ULONG InBufferSize,
                                                         PVOID InBuffer);
typedef EVT_WDF_WMI_INSTANCE_SET_INSTANCE* PFN_WDF_WMI_INSTANCE_SET_INSTANCE;

typedef NTSTATUS NTAPI EVT_WDF_WMI_INSTANCE_SET_ITEM(WDFWMIINSTANCE WmiInstance, ULONG DataItemId, ULONG InBufferSize,
                                                     PVOID InBuffer);
typedef EVT_WDF_WMI_INSTANCE_SET_ITEM* PFN_WDF_WMI_INSTANCE_SET_ITEM;

typedef NTSTATUS NTAPI EVT_WDF_WMI_INSTANCE_EXECUTE_METHOD(WDFWMIINSTANCE WmiInstance, ULONG MethodId,
                                                           ULONG InBufferSize, ULONG OutBufferSize, PVOID Buffer,
                                                           PULONG BufferUsed);
typedef EVT_WDF_WMI_INSTANCE_EXECUTE_METHOD* PFN_WDF_WMI_INSTANCE_EXECUTE_METHOD;

typedef NTSTATUS NTAPI EVT_WDF_WMI_PROVIDER_FUNCTION_CONTROL(WDFWMIPROVIDER WmiProvider,
                                                             WDF_WMI_PROVIDER_CONTROL Control, BOOLEAN Enable);
typedef EVT_WDF_WMI_PROVIDER_FUNCTION_CONTROL* PFN_WDF_WMI_PROVIDER_FUNCTION_CONTROL;

typedef struct _WDF_WMI_PROVIDER_CONFIG {
  ULONG Size;
  GUID Guid;
  ULONG Flags;
  ULONG MinInstanceBufferSize;
  PFN_WDF_WMI_PROVIDER_FUNCTION_CONTROL EvtWmiProviderFunctionControl;
} WDF_WMI_PROVIDER_CONFIG, *PWDF_WMI_PROVIDER_CONFIG;

typedef struct _WDF_WMI_INSTANCE_CONFIG {
  ULONG Size;
  WDFWMIPROVIDER Provider;
  PWDF_WMI_PROVIDER_CONFIG ProviderConfig;
  BOOLEAN UseContextForQuery;
  BOOLEAN Register;
  PFN_WDF_WMI_INSTANCE_QUERY_INSTANCE EvtWmiInstanceQueryInstance;
  PFN_WDF_WMI_INSTANCE_SET_INSTANCE EvtWmiInstanceSetInstance;
  PFN_WDF_WMI_INSTANCE_SET_ITEM EvtWmiInstanceSetItem;
  PFN_WDF_WMI_INSTANCE_EXECUTE_METHOD EvtWmiInstanceExecuteMethod;
} WDF_WMI_INSTANCE_CONFIG, *PWDF_WMI_INSTANCE_CONFIG;

#ifndef WDF_TYPES_ONLY

WDF_INLINE VOID WDF_WMI_PROVIDER_CONFIG_INIT(PWDF_WMI_PROVIDER_CONFIG Config, const GUID* Guid) {
  WDF_ZERO_WITH_SIZE(Config, WDF_WMI_PROVIDER_CONFIG);
  Config->Guid = *Guid;
}

WDF_INLINE VOID WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER(PWDF_WMI_INSTANCE_CONFIG Config, WDFWMIPROVIDER Provider) {
  WDF_ZERO_WITH_SIZE(Config, WDF_WMI_INSTANCE_CONFIG);
  Config->Provider = Provider;
}

WDF_INLINE VOID WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER_CONFIG(PWDF_WMI_INSTANCE_CONFIG Config,
                                                             PWDF_WMI_PROVIDER_CONFIG ProviderConfig) {
  WDF_ZERO_WITH_SIZE(Config, WDF_WMI_INSTANCE_CONFIG);
  Config->ProviderConfig = ProviderConfig;
}

#endif  // WDF_TYPES_ONLY
