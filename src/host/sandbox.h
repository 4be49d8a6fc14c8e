#pragma once
// Bounds what driver code could do to the host, once everything a run needs has been opened.

#include "host/result.h"

namespace drydock::host {

/// From here on this process may only do what a running machine and its report need: memory, its clocks and signals,
/// and reading and writing what is open already. Everything else fails with EPERM. Cannot be undone.
Status enter_sandbox();

}  // namespace drydock::host
