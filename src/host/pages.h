#pragma once
// What the host's memory manager does for a machine's pages.

#include <cstddef>

namespace drydock::host {

enum class Protection { None, Read, ReadWrite, ReadExecute, ReadWriteExecute };

/// `address` and `bytes` are whole pages inside a slot.
void protect_pages(void* address, std::size_t bytes, Protection protection);
/// Makes the page at `alias` another view of the shared page at `original`.
void alias_page(void* original, void* alias);
/// Makes a range of a slot inaccessible, forgetting what was mapped there.
void unmap_pages(void* address, std::size_t bytes);

}  // namespace drydock::host
