#pragma once
// Special pool, as Driver Verifier has it: every block that a driver asks for ends at the end of a page, with a page
// after it that nobody may touch; freed blocks may not be touched either, until so many others have been freed that
// their pages are needed again.

#include <cstddef>

namespace drydock::verifier {

/// From now on; inside Machine::enter, after the kernel. What is touched beyond a block's end or after its end stops
/// the machine: 0xD5 and 0xD6 if a driver's instruction did it, 0xCC and 0xCD if one of our functions did; what was
/// written between a block's end and its page's is seen when it is freed: 0xC1. A device that writes into a block that
/// was freed is a finding: dma-into-freed-pool.
void use_special_pool();

/// What the blocks of a machine came to.
struct SpecialPoolUse {
  std::size_t guarded = 0;    ///< blocks that special pool served
  std::size_t unguarded = 0;  ///< that the ordinary pool had to, for want of pages
};
SpecialPoolUse special_pool_use();

}  // namespace drydock::verifier
