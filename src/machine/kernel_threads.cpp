// What the kernel asks of threads that exist already.

#include "machine/impl.h"

namespace drydock::machine {

void request_apc(Thread& thread) {
  thread.apc_pending = true;
  // A thread that does not run is looked at when it is switched to.
  if (thread.state == ThreadState::Running && thread.processor) impl().attention(*thread.processor);
}

void adopt_threads() {
  Machine::Impl& i = impl();
  auto adopt = [&i](Thread* thread) {
    if (thread && !thread->object) thread->object = i.owner.hooks()->thread_object(*thread);
  };
  for (Thread* thread : i.threads) adopt(thread);
  for (Processor& processor : i.processors) {
    adopt(processor.idle);
    adopt(processor.current);
    if (processor.current) processor.kpcr->Prcb.CurrentThread = processor.current->object;
    if (processor.idle) processor.kpcr->Prcb.IdleThread = processor.idle->object;
  }
}

}  // namespace drydock::machine
