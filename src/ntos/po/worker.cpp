#include "ntos/ke/event.h"
#include "ntos/ke/wait.h"
#include "ntos/po/state.h"
#include "ntos/ps/thread.h"

namespace drydock::ntos::po {

using namespace nt;

void Worker::queue(std::function<void()> work) {
  if (!arrived_) {
    arrived_ = new KEVENT;
    KeInitializeEvent(arrived_, SynchronizationEvent, FALSE);
    ps::create_system_thread("power worker", [this] { loop(); });
  }
  work_.push_back(std::move(work));
  KeSetEvent(arrived_, 0, FALSE);
}

void Worker::loop() {
  while (true) {
    while (!work_.empty()) {
      std::function<void()> work = std::move(work_.front());
      work_.pop_front();
      work();
    }
    KeWaitForSingleObject(arrived_, Executive, KernelMode, FALSE, nullptr);
  }
}

}  // namespace drydock::ntos::po
