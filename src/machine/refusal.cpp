#include "machine/refusal.h"

#include "host/check.h"
#include "machine/impl.h"

namespace drydock::machine {

Refusal::Refusal(std::uint32_t n, const char* site) : left_(n), only_(site) {
  Machine::Impl& impl = Machine::current().impl();
  HOST_CHECK(impl.refusal == nullptr);
  impl.refusal = this;
}

Refusal::~Refusal() {
  Machine::current().impl().refusal = nullptr;
}

bool Refusal::refuses(const char* site) {
  if (left_ == 0 || (only_ != nullptr && std::string_view(only_) != site) || --left_ != 0) return false;
  made_at_ = site;
  Machine::current().note(fmt::format("refused: {}", site));
  return true;
}

bool refused(const char* site) {
  Machine& machine = Machine::current();
  if (machine.impl().refusal != nullptr && machine.impl().refusal->refuses(site)) [[unlikely]]
    return true;
  return machine.impl().config.refusals && machine.choose(site, 2) != 0;
}

}  // namespace drydock::machine
