#include "machine/gs.h"

#include <immintrin.h>

#include "machine/impl.h"
#include "nt/processor.h"

namespace drydock::machine {

static_assert(offsetof(nt::KPCR, Irql) == 0x50);
static_assert(offsetof(nt::KPCR, Prcb) + offsetof(nt::KPRCB, CurrentThread) == 0x188);
static_assert(offsetof(nt::KPCR, Prcb) + offsetof(nt::KPRCB, Number) == 0x1A4);
static_assert(sizeof(GsBlock) - offsetof(GsBlock, border) == 0xF0 &&
              sizeof(GsBlock) - offsetof(GsBlock, attention) == 0xE8);

namespace {

struct NoProcessor {
  GsBlock block;
  nt::KPCR kpcr;
};
static_assert(offsetof(NoProcessor, kpcr) == sizeof(GsBlock));

constinit thread_local NoProcessor no_processor{};

}  // namespace

void leave_processor() {
  _writegsbase_u64(reinterpret_cast<std::uint64_t>(&no_processor.kpcr));
}

}  // namespace drydock::machine
