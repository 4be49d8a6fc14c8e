#include "machine/snapshot.h"

#include <algorithm>
#include <cstring>

#include "host/check.h"
#include "host/sanitizer.h"
#include "machine/impl.h"

namespace drydock::machine {

void Machine::Snapshot::add(std::byte* at, std::size_t size) {
  extents_.push_back({at, size});
  bytes_.insert(bytes_.end(), at, at + size);
}

std::unique_ptr<Machine::Snapshot> Machine::snapshot() {
  Impl& i = *impl_;
  HOST_CHECK(current_ != this && i.running == &i.main_thread && !i.dead);
  auto snapshot = std::make_unique<Snapshot>();
  snapshot->touched_ = memory_->touched();
  snapshot->add(i.arena->begin(), static_cast<std::size_t>(i.arena->end() - i.arena->begin()));
  // Of a parked fiber's host stack only what lies above its saved context matters.
  auto add_stack = [&](const Thread* thread) {
    auto* context = static_cast<std::byte*>(thread->fiber);
    host::unpoison_stack(thread->host_stack, host::kHostStackSize);
    snapshot->add(context, static_cast<std::size_t>(thread->host_stack + host::kHostStackSize - context));
  };
  for (const Thread* thread : i.threads) add_stack(thread);
  for (const Processor& processor : i.processors) add_stack(processor.idle);
  for (Memory::Run run : snapshot->touched_)
    snapshot->add(memory_->device_view() + run.first * kPageSize, run.pages * kPageSize);
  snapshot->add(i.slot->base() + host::kThunks, 64 + i.thunk_count * 16);
  snapshot->fabric_ = fabric_;
  snapshot->hooks_ = hooks_;
  std::copy(std::begin(parts_), std::end(parts_), snapshot->parts_);
  return snapshot;
}

void Machine::restore(const Snapshot& snapshot) {
  Impl& i = *impl_;
  HOST_CHECK(current_ != this && i.running == &i.main_thread);
  // Copies on the host's heap: the tables themselves are about to be overwritten.
  const std::vector<Access> mapped = memory_->mapped();
  const std::map<std::size_t, std::uint64_t> aliases = memory_->aliases();
  auto known = snapshot.touched_.begin();
  for (Memory::Run run : memory_->touched()) {
    for (std::size_t page = run.first; page < run.first + run.pages; ++page) {
      while (known != snapshot.touched_.end() && known->first + known->pages <= page) ++known;
      bool kept = known != snapshot.touched_.end() && known->first <= page;
      if (!kept) std::memset(memory_->device_view() + page * kPageSize, 0, kPageSize);
    }
  }
  for (std::size_t index = 0; index < i.host_stacks_used; ++index)
    host::unpoison_stack(i.slot->host_stack(index), host::kHostStackSize);
  const std::byte* from = snapshot.bytes_.data();
  for (const Snapshot::Extent& extent : snapshot.extents_) {
    std::memcpy(extent.at, from, extent.size);
    from += extent.size;
  }
  fabric_ = snapshot.fabric_;
  hooks_ = snapshot.hooks_;
  std::copy(std::begin(snapshot.parts_), std::end(snapshot.parts_), parts_);
  memory_->remap_after_restore(mapped, aliases);
}

}  // namespace drydock::machine
