// Fibers: every kernel thread's two stacks, and the jump from one to another.

#include <immintrin.h>

#include <boost/context/detail/fcontext.hpp>
#include <cstring>

#include "host/check.h"
#include "host/sanitizer.h"
#include "machine/impl.h"
#include "nt/status.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace drydock::machine {

namespace context = boost::context::detail;

namespace {

#if defined(__SANITIZE_ADDRESS__)
// The stack of whoever drives machines on this OS thread, learnt by the first fiber entered from it.
thread_local const void* host_stack_bottom = nullptr;
thread_local std::size_t host_stack_size = 0;
#endif

void begin_jump([[maybe_unused]] Thread& from, [[maybe_unused]] const Thread& to) {
#if defined(__SANITIZE_ADDRESS__)
  bool to_host = to.host_stack == nullptr;
  __sanitizer_start_switch_fiber(&from.asan_fake_stack, to_host ? host_stack_bottom : to.host_stack,
                                 to_host ? host_stack_size : host::kHostStackSize);
#endif
}

void end_jump([[maybe_unused]] Thread& self, [[maybe_unused]] const Thread& came_from) {
#if defined(__SANITIZE_ADDRESS__)
  const void* bottom;
  std::size_t size;
  __sanitizer_finish_switch_fiber(self.asan_fake_stack, &bottom, &size);
  if (came_from.host_stack == nullptr) host_stack_bottom = bottom, host_stack_size = size;
#endif
}

/// A thread that ended left its stacks to whoever runs next.
void reap(Machine::Impl& i) {
  if (!i.to_reap || i.to_reap == i.running) return;
  Thread* ended = std::exchange(i.to_reap, nullptr);
  i.release_stacks(*ended);
  delete ended;
}

void fiber_entry(context::transfer_t transfer) {
  auto* from = static_cast<Thread*>(transfer.data);
  from->fiber = transfer.fctx;
  Thread& self = *impl().running;
  end_jump(self, *from);
  reap(impl());
  self.body();
  terminate_thread(nt::STATUS_SUCCESS);
}

}  // namespace

Thread* Machine::Impl::new_thread(std::string name, std::function<void()> body, nt::KTHREAD* object, int priority) {
  auto* thread = new Thread;
  thread->id = next_thread_id++;
  thread->name = std::move(name);
  owner.trace().name(Thing::Thread, thread->id, thread->name);
  thread->object = object;
  thread->priority = priority;
  thread->body = std::move(body);
  std::size_t index;
  if (!free_host_stacks.empty()) {
    index = free_host_stacks.back();
    free_host_stacks.pop_back();
  } else {
    index = host_stacks_used++;
  }
  thread->host_stack = slot->host_stack(index);
  host::unpoison_stack(thread->host_stack, host::kHostStackSize);
  if (!free_driver_stacks.empty()) {
    thread->driver_stack = free_driver_stacks.back();
    free_driver_stacks.pop_back();
  } else {
    auto* pages = static_cast<std::byte*>(owner.memory().allocate_pages(kDriverStackSize / kPageSize + 1));
    HOST_CHECK(pages != nullptr);
    owner.memory().protect(pages, 1, Access::None);
    thread->driver_stack = pages + kPageSize;
  }
  std::memset(thread->driver_stack, 0xA5, kDriverStackSize);
  thread->fiber = context::make_fcontext(thread->host_stack + host::kHostStackSize, host::kHostStackSize, fiber_entry);
  // Home space and a return address' worth above what the first driver frame sees.
  thread->saved_guest_sp = reinterpret_cast<std::uint64_t>(thread->driver_stack) + kDriverStackSize - 0x100;
  thread->saved_host_sp = 0;
  thread->saved_border = nullptr;
  if (!thread->object && owner.hooks()) thread->object = owner.hooks()->thread_object(*thread);
  threads.push_back(thread);
  return thread;
}

void Machine::Impl::release_stacks(Thread& thread) {
  auto offset = static_cast<std::size_t>(thread.host_stack - (slot->base() + host::kHostStacks));
  free_host_stacks.push_back(offset / host::kHostStackStride);
  free_driver_stacks.push_back(thread.driver_stack);
}

void Machine::Impl::resume(Thread* next) {
  Thread* self = running;
  if (next == self) return;
  if (executing) {
    self->saved_host_sp = executing->gs->host_sp;
    self->saved_guest_sp = executing->gs->guest_sp;
    self->saved_border = executing->gs->border;
  }
  running = next;
  executing = next == &main_thread ? nullptr : next->processor;
  if (executing) {
    if (gs_loaded != executing) _writegsbase_u64(reinterpret_cast<std::uint64_t>(executing->kpcr));
    gs_loaded = executing;
    executing->gs->host_sp = next->saved_host_sp;
    executing->gs->guest_sp = next->saved_guest_sp;
    executing->gs->border = next->saved_border;
  }
  begin_jump(*self, *next);
  context::transfer_t transfer = context::jump_fcontext(next->fiber, self);
  auto* from = static_cast<Thread*>(transfer.data);
  from->fiber = transfer.fctx;
  end_jump(*self, *from);
  reap(*this);
}

void Machine::Impl::abandon_to_main() {
  resume(&main_thread);
  HOST_CHECK(!"an abandoned fiber was resumed");
  __builtin_unreachable();
}

Thread& current_thread() { return *impl().running; }

}  // namespace drydock::machine
