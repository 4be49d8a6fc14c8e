#pragma once
// What WMI providers and the WMI of the kernel pass each other.

#include "nt/base.h"
#include "nt/guid.h"

namespace drydock::nt {

struct WNODE_HEADER {
  ULONG BufferSize;  ///< of the whole block, this header included
  ULONG ProviderId;
  union {
    ULONG64 HistoricalContext;
    struct {
      ULONG Version;
      ULONG Linkage;
    };
  };
  union {
    ULONG CountLost;
    HANDLE KernelHandle;
    LARGE_INTEGER TimeStamp;
  };
  GUID Guid;
  ULONG ClientContext;
  ULONG Flags;
};
static_assert(sizeof(WNODE_HEADER) == 48 && offsetof(WNODE_HEADER, Guid) == 0x18);
using PWNODE_HEADER = WNODE_HEADER*;

}  // namespace drydock::nt
