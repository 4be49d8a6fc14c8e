#pragma once
// Common buffers.

#include "wdfdmaenabler.h"

typedef struct _WDF_COMMON_BUFFER_CONFIG {
  ULONG Size;
  ULONG AlignmentRequirement;
} WDF_COMMON_BUFFER_CONFIG, *PWDF_COMMON_BUFFER_CONFIG;

#ifndef WDF_TYPES_ONLY

WDF_INLINE VOID WDF_COMMON_BUFFER_CONFIG_INIT(PWDF_COMMON_BUFFER_CONFIG Config, ULONG AlignmentRequirement) {
  WDF_ZERO_WITH_SIZE(Config, WDF_COMMON_BUFFER_CONFIG);
  Config->AlignmentRequirement = AlignmentRequirement;
}

#endif  // WDF_TYPES_ONLY
