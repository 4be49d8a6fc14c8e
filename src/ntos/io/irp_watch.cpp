#include "ntos/io/irp_watch.h"

#include "machine/processor.h"

namespace drydock::ntos::io {

IrpWatch::IrpWatch(machine::Duration limit, std::function<void()> overdue)
    : overdue_(std::make_shared<std::function<void()>>(std::move(overdue))) {
  event_ = machine::Machine::current().after(limit, [due = overdue_] {
    machine::queue_dpc(0, [due] {
      if (*due) (*due)();
    });
  });
}

IrpWatch::~IrpWatch() {
  *overdue_ = nullptr;
  machine::Machine::current().cancel(event_);
}

}  // namespace drydock::ntos::io
