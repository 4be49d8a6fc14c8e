#include "host/pages.h"

#include <sys/mman.h>

#include "host/check.h"

namespace drydock::host {
namespace {

constexpr std::size_t kPage = 4096;
constexpr int kProtections[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC,
                                PROT_READ | PROT_WRITE | PROT_EXEC};

}  // namespace

void protect_pages(void* address, std::size_t bytes, Protection protection) {
  HOST_CHECK(mprotect(address, bytes, kProtections[static_cast<int>(protection)]) == 0);
}

void alias_page(void* original, void* alias) {
  HOST_CHECK(mremap(original, 0, kPage, MREMAP_MAYMOVE | MREMAP_FIXED, alias) == alias);
}

void unmap_pages(void* address, std::size_t bytes) {
  HOST_CHECK(mmap(address, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == address);
}

}  // namespace drydock::host
