#pragma once
// Work that must wait for PASSIVE_LEVEL: done by a system worker, first come first served.

#include <functional>

namespace drydock::wdf {

/// Any IRQL up to DISPATCH_LEVEL.
void at_passive_level(std::function<void()> work);

}  // namespace drydock::wdf
