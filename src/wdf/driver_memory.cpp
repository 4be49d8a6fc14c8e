#include "wdf/driver_memory.h"

#include "wdf/um/host_process.h"

namespace drydock::wdf {

PVOID allocate_for_driver(const Client& client, POOL_TYPE pool, SIZE_T bytes, ULONG tag) {
  if (!client.host) return ExAllocatePoolWithTag(pool, bytes, tag);
  return client.host->released ? nullptr : client.host->allocate(bytes);
}

void free_for_driver(const Client& client, PVOID block) {
  if (!client.host)
    ExFreePoolWithTag(block, 0);
  else if (!client.host->released)
    client.host->release(block);
}

}  // namespace drydock::wdf
