// The PnP worker: one system thread that does everything, one request after the other.

#include "ntos/io/state.h"
#include "ntos/ke/event.h"
#include "ntos/ke/wait.h"
#include "ntos/pnp/arbiter.h"
#include "ntos/pnp/device_interface.h"
#include "ntos/pnp/manager.h"
#include "ntos/pnp/notification.h"
#include "ntos/pnp/platform_reset.h"
#include "ntos/pnp/power_watch.h"
#include "ntos/ps/thread.h"

namespace drydock::ntos::pnp {

using namespace nt;

void install(Kernel& kernel) {
  kernel.pnp = new Manager;
  kernel.io->leaves_stack = [](DEVICE_OBJECT* device, bool deleted) { manager().check_leaving(device, deleted); };
  kernel.io->handles_changed = [](DEVICE_OBJECT* device) { manager().handle_closed(device); };
}

Manager::Manager()
    : arbiter_(new Arbiter),
      interfaces_(new InterfaceTable),
      notifications_(new NotificationTable),
      resets_(new PlatformResets(*this)),
      power_watch_(new PowerWatch) {
  work_arrived_ = new KEVENT;
  KeInitializeEvent(work_arrived_, SynchronizationEvent, FALSE);
}

void Manager::ensure_worker() {
  if (worker_thread_ != 0) return;
  worker_thread_ = ps::create_system_thread("PnP worker", [this] { worker_loop(); })->id;
}

void Manager::worker_loop() {
  while (true) {
    while (!requests_.empty()) {
      worker_busy_ = true;
      std::function<void()> work = std::move(requests_.front());
      requests_.pop_front();
      work();
      worker_busy_ = false;
    }
    KeWaitForSingleObject(work_arrived_, Executive, KernelMode, FALSE, nullptr);
  }
}

void Manager::queue(std::function<void()> work) {
  ensure_worker();
  requests_.push_back(std::move(work));
  KeSetEvent(work_arrived_, 0, FALSE);
}

Change Manager::ask(std::function<Change()> work) {
  if (worker_thread_ != 0 && machine::current_thread().id == worker_thread_) return work();
  Change change;
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  queue([&] {
    change = work();
    KeSetEvent(&done, 0, FALSE);
  });
  KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
  return change;
}

void Manager::wait_until_settled() {
  // Looked at between two requests: one that is being worked on is not in the queue any more.
  bool nothing_left = false;
  while (!nothing_left)
    ask([&] {
      nothing_left = requests_.empty();
      return Change{};
    });
}

void Manager::run_on_worker(std::function<void()> work) {
  ask([&work] {
    work();
    return Change{};
  });
}

}  // namespace drydock::ntos::pnp
