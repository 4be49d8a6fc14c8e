#pragma once
// Memory that a driver sees: pool for a kernel-mode driver, its host process's window for a user-mode one.

#include "wdf/framework.h"
#include "wdf/kernel.h"

namespace drydock::wdf {

/// Null if memory is short.
PVOID allocate_for_driver(const Client& client, POOL_TYPE pool, SIZE_T bytes, ULONG tag);
void free_for_driver(const Client& client, PVOID block);

}  // namespace drydock::wdf
