#pragma once
// What every framework object has: attributes, context types, references.

#include "wdftypes.h"

typedef enum _WDF_EXECUTION_LEVEL {
  WdfExecutionLevelInvalid = 0x00,
  WdfExecutionLevelInheritFromParent,
  WdfExecutionLevelPassive,
  WdfExecutionLevelDispatch,
} WDF_EXECUTION_LEVEL;

typedef enum _WDF_SYNCHRONIZATION_SCOPE {
  WdfSynchronizationScopeInvalid = 0x00,
  WdfSynchronizationScopeInheritFromParent,
  WdfSynchronizationScopeDevice,
  WdfSynchronizationScopeQueue,
  WdfSynchronizationScopeNone,
} WDF_SYNCHRONIZATION_SCOPE;

typedef VOID NTAPI EVT_WDF_OBJECT_CONTEXT_CLEANUP(WDFOBJECT Object);
typedef EVT_WDF_OBJECT_CONTEXT_CLEANUP* PFN_WDF_OBJECT_CONTEXT_CLEANUP;

typedef VOID NTAPI EVT_WDF_OBJECT_CONTEXT_DESTROY(WDFOBJECT Object);
typedef EVT_WDF_OBJECT_CONTEXT_DESTROY* PFN_WDF_OBJECT_CONTEXT_DESTROY;

typedef const struct _WDF_OBJECT_CONTEXT_TYPE_INFO* PCWDF_OBJECT_CONTEXT_TYPE_INFO;
typedef struct _WDF_OBJECT_ATTRIBUTES {
  ULONG Size;
  PFN_WDF_OBJECT_CONTEXT_CLEANUP EvtCleanupCallback;
  PFN_WDF_OBJECT_CONTEXT_DESTROY EvtDestroyCallback;
  WDF_EXECUTION_LEVEL ExecutionLevel;
  WDF_SYNCHRONIZATION_SCOPE SynchronizationScope;
  WDFOBJECT ParentObject;
  size_t ContextSizeOverride;
  PCWDF_OBJECT_CONTEXT_TYPE_INFO ContextTypeInfo;
} WDF_OBJECT_ATTRIBUTES, *PWDF_OBJECT_ATTRIBUTES;

typedef PCWDF_OBJECT_CONTEXT_TYPE_INFO(NTAPI* PFN_GET_UNIQUE_CONTEXT_TYPE)(VOID);
typedef struct _WDF_OBJECT_CONTEXT_TYPE_INFO {
  ULONG Size;
  PCSTR ContextName;
  size_t ContextSize;
  PCWDF_OBJECT_CONTEXT_TYPE_INFO UniqueType;
  PFN_GET_UNIQUE_CONTEXT_TYPE EvtDriverGetUniqueContextType;
} WDF_OBJECT_CONTEXT_TYPE_INFO, *PWDF_OBJECT_CONTEXT_TYPE_INFO;

typedef struct _WDF_CUSTOM_TYPE_CONTEXT {
  ULONG Size;
  ULONG_PTR Data;
} WDF_CUSTOM_TYPE_CONTEXT, *PWDF_CUSTOM_TYPE_CONTEXT;

#ifndef WDF_TYPES_ONLY

WDF_INLINE VOID WDF_OBJECT_ATTRIBUTES_INIT(PWDF_OBJECT_ATTRIBUTES Attributes) {
  WDF_ZERO_WITH_SIZE(Attributes, WDF_OBJECT_ATTRIBUTES);
  Attributes->ExecutionLevel = WdfExecutionLevelInheritFromParent;
  Attributes->SynchronizationScope = WdfSynchronizationScopeInheritFromParent;
}

#define WDF_GET_CONTEXT_TYPE_INFO(type) (&_WDF_##type##_TYPE_INFO)

#define WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(attributes, type) \
  ((attributes)->ContextTypeInfo = WDF_GET_CONTEXT_TYPE_INFO(type)->UniqueType)

#define WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(attributes, type) \
  do {                                                            \
    WDF_OBJECT_ATTRIBUTES_INIT(attributes);                       \
    WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(attributes, type);     \
  } while (0)

// A context type is the address of its description, which the linker keeps once for the whole image.
#define WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(type, accessor)                                               \
  __attribute__((selectany)) extern const WDF_OBJECT_CONTEXT_TYPE_INFO _WDF_##type##_TYPE_INFO;          \
  const WDF_OBJECT_CONTEXT_TYPE_INFO _WDF_##type##_TYPE_INFO __attribute__((selectany)) = {              \
      sizeof(WDF_OBJECT_CONTEXT_TYPE_INFO), #type, sizeof(type), WDF_GET_CONTEXT_TYPE_INFO(type), NULL}; \
  WDF_INLINE type* accessor(WDFOBJECT Handle) {                                                          \
    return (type*)WdfObjectGetTypedContextWorker(Handle, WDF_GET_CONTEXT_TYPE_INFO(type)->UniqueType);   \
  }

#define WDF_DECLARE_CONTEXT_TYPE(type) WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(type, WdfObjectGet_##type)

#define WdfObjectGetTypedContext(handle, type) \
  ((type*)WdfObjectGetTypedContextWorker((WDFOBJECT)(handle), WDF_GET_CONTEXT_TYPE_INFO(type)->UniqueType))

#define WdfObjectReference(handle) WdfObjectReferenceWithTag(handle, NULL)
#define WdfObjectReferenceWithTag(handle, tag) WdfObjectReferenceActual((WDFOBJECT)(handle), tag, __LINE__, __FILE__)
#define WdfObjectDereference(handle) WdfObjectDereferenceWithTag(handle, NULL)
#define WdfObjectDereferenceWithTag(handle, tag) \
  WdfObjectDereferenceActual((WDFOBJECT)(handle), tag, __LINE__, __FILE__)

#endif  // WDF_TYPES_ONLY
