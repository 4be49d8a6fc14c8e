#include "ntos/po/system_power.h"

#include "ntos/io/irp_watch.h"
#include "ntos/io/user.h"
#include "ntos/pnp/device_api.h"
#include "ntos/pnp/manager.h"
#include "ntos/pnp/platform_reset.h"
#include "ntos/po/power.h"
#include "ntos/po/state.h"

namespace drydock::ntos::po {

using namespace nt;
using pnp::Change;
using pnp::Devnode;
using pnp::DevnodeState;

namespace {

NTSTATUS send_system_power(Devnode& node, UCHAR minor, SYSTEM_POWER_STATE target, POWER_ACTION action) {
  machine::Machine& machine = machine::Machine::current();
  pnp::SentIrp record{.sent_at = machine.now(), .devnode = node.id, .major = IRP_MJ_POWER, .minor = minor};
  const SYSTEM_POWER_STATE current = kernel().po->system;
  io::user::IoResult result;
  std::unique_ptr<io::IrpWatch> watch;
  for (bool sent = false; !sent;) {
    result = io::user::send(node.pdo, IRP_MJ_POWER, minor, [&](IRP* irp, IO_STACK_LOCATION* location) {
      sent = true;
      watch = watch_power_irp(node.pdo, irp, minor);
      irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
      auto& power = location->Parameters.Power;
      power.SystemPowerStateContext.TargetSystemState = static_cast<ULONG>(target);
      power.SystemPowerStateContext.EffectiveSystemState = static_cast<ULONG>(target);
      power.SystemPowerStateContext.CurrentSystemState = static_cast<ULONG>(current);
      power.Type = SystemPowerState;
      power.State.SystemState = target;
      power.ShutdownType = action;
    });
  }
  watch.reset();
  record.completed_at = machine.now();
  record.status = result.status;
  pnp::manager().record_irp(record);
  if (minor == IRP_MN_SET_POWER) node.system_power = target;
  return result.status;
}

/// Started devices, every child before its parent. The root of the tree is nobody's device.
void children_first(Devnode& node, std::vector<Devnode*>& order) {
  for (Devnode* child : node.children) children_first(*child, order);
  if (node.parent && node.state == DevnodeState::Started) order.push_back(&node);
}

std::vector<Devnode*> started_devices() {
  std::vector<Devnode*> order;
  if (Devnode* root = pnp::manager().find(pnp::kRootDevnode)) children_first(*root, order);
  return order;
}

/// STATUS_NOT_SUPPORTED means that nobody in the stack cares.
bool refuses(NTSTATUS status) {
  return !NT_SUCCESS(status) && status != STATUS_NOT_SUPPORTED;
}

Change sleep_on_worker(SYSTEM_POWER_STATE target) {
  State& state = *kernel().po;
  if (state.system != PowerSystemWorking || target <= PowerSystemWorking || target >= PowerSystemMaximum)
    return {STATUS_INVALID_PARAMETER, 0, {}};
  const POWER_ACTION action = target == PowerSystemShutdown    ? PowerActionShutdownOff
                              : target == PowerSystemHibernate ? PowerActionHibernate
                                                               : PowerActionSleep;
  state.action = action;
  const std::vector<Devnode*> devices = started_devices();
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const NTSTATUS status = send_system_power(*devices[i], IRP_MN_QUERY_POWER, target, action);
    if (!refuses(status)) continue;
    for (std::size_t asked = i + 1; asked-- > 0;)
      send_system_power(*devices[asked], IRP_MN_SET_POWER, PowerSystemWorking, PowerActionNone);
    state.action = PowerActionNone;
    return pnp::manager().refusal(*devices[i], status);
  }
  for (Devnode* device : devices)
    if (device->state == DevnodeState::Started) send_system_power(*device, IRP_MN_SET_POWER, target, action);
  state.system = target;
  return {STATUS_SUCCESS, 0, {}};
}

/// What its bus has reported meanwhile has not been started.
void enumerate_again(Devnode& device) {
  if (device.state != DevnodeState::Started) return;
  for (const Devnode* child : device.children)
    if (child->state == DevnodeState::Initialized && child->may_start())
      return pnp::IoInvalidateDeviceRelations(device.pdo, BusRelations);
}

Change wake_on_worker() {
  State& state = *kernel().po;
  if (state.system == PowerSystemWorking) return {STATUS_INVALID_DEVICE_STATE, 0, {}};
  state.system = PowerSystemWorking;
  state.action = PowerActionNone;
  const std::vector<Devnode*> devices = started_devices();
  Change change;
  for (auto device = devices.rbegin(); device != devices.rend(); ++device) {
    if ((*device)->state != DevnodeState::Started) continue;
    const NTSTATUS status = send_system_power(**device, IRP_MN_SET_POWER, PowerSystemWorking, PowerActionNone);
    if (refuses(status) && change.ok()) change = pnp::manager().refusal(**device, status);
  }
  for (Devnode* device : devices) enumerate_again(*device);
  return change;
}

}  // namespace

Change sleep(SYSTEM_POWER_STATE target) {
  pnp::PlatformResets& resets = pnp::manager().resets();
  Change change;
  // A reset may be asked for just before the worker comes to this.
  for (bool tried = false; !tried;) {
    resets.wait_until_over();
    pnp::manager().run_on_worker([&] {
      if (resets.any()) return;
      tried = true;
      change = sleep_on_worker(target);
    });
  }
  return change;
}

Change wake() {
  Change change;
  pnp::manager().run_on_worker([&] { change = wake_on_worker(); });
  return change;
}

}  // namespace drydock::ntos::po
