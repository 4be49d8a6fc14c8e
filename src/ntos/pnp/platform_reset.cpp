#include "ntos/pnp/platform_reset.h"

#include <algorithm>

#include "host/check.h"
#include "machine/processor.h"
#include "nt/pnp.h"
#include "ntos/cm/registry.h"
#include "ntos/io/device.h"
#include "ntos/ke/event.h"
#include "ntos/ke/wait.h"
#include "ntos/ob/names.h"
#include "ntos/ob/object.h"
#include "ntos/pnp/notification.h"
#include "ntos/pnp/pnp_irp.h"
#include "ntos/pnp/pool.h"

namespace drydock::ntos::pnp {

using namespace nt;

/// One platform-level reset on its way.
struct PlatformResets::Running {
  std::uint32_t number = 0;
  PlatformReset request;
  ResetState state = ResetState::Accepted;
  machine::Duration interval{};
  std::uint32_t attempts_left = 0;
  Change last_veto;
  bool vetoed_by_driver = false;

  // Of the attempt under way.
  std::vector<Devnode*> members;  ///< of the domain
  std::vector<Devnode*> taken;    ///< members, their descendants and removal relations, children first
  std::vector<Devnode*> agreed, hung;
  std::vector<std::u16string> rebuilt;  ///< identities of members whose new instance is awaited

  bool is_member(const Devnode& node) const {
    return std::find(members.begin(), members.end(), &node) != members.end();
  }
  bool is_hung(const Devnode& node) const { return std::find(hung.begin(), hung.end(), &node) != hung.end(); }
};

namespace {

std::string status_text(NTSTATUS status) {
  const char* name = status_name(status);
  return name ? name : fmt::format("{:08X}", static_cast<ULONG>(status));
}

}  // namespace

std::string_view step_name(ResetStepKind kind) {
  constexpr std::string_view names[] = {"function-level reset begun",
                                        "function-level reset ended",
                                        "requested",
                                        "folded into an earlier request",
                                        "refused",
                                        "waiting",
                                        "attempt begun",
                                        "agreed to be removed",
                                        "device hung",
                                        "vetoed",
                                        "given up",
                                        "removal begun",
                                        "reset method begun",
                                        "reset method ended",
                                        "found anew",
                                        "restarted",
                                        "held by its old instance",
                                        "left out",
                                        "over"};
  static_assert(std::size(names) == static_cast<unsigned>(ResetStepKind::Over) + 1);
  return names[static_cast<unsigned>(kind)];
}

PlatformResets::PlatformResets(Manager& manager) : manager_(manager), idle_(new KEVENT) {
  KeInitializeEvent(idle_, NotificationEvent, TRUE);
}

void PlatformResets::record(ResetStepKind kind, std::uint32_t reset, const Devnode* node, NTSTATUS status,
                            std::string text) {
  machine::Machine& machine = machine::Machine::current();
  const DevnodeId id = node ? node->id : 0;
  machine.record(machine::Event::DeviceReset, reset, kResetStepsInTrace + static_cast<unsigned>(kind),
                 std::uint64_t{id} << 32 | static_cast<ULONG>(status));
  if (!text.empty()) machine.note(fmt::format("reset {}: {}", step_name(kind), text));
  steps_.push_back({machine.now(), reset, kind, id, status, std::move(text)});
}

// ---- The request ----

namespace {

constexpr std::uint32_t kIntervalOrdinaryMs = 3'000, kIntervalLeastMs = 100, kIntervalMostMs = 30'000;
constexpr std::uint32_t kAttemptsOrdinary = 5;
constexpr std::size_t kRequestsMax = 5;
constexpr machine::Duration kRequestWindow = std::chrono::seconds(60);

std::uint32_t setting(const char16_t* name, std::uint32_t ordinary, std::uint32_t least, std::uint32_t most) {
  const cm::Key* key = cm::registry().open(u"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Pnp");
  const cm::Value* value = key ? key->value(name) : nullptr;
  if (!value) return ordinary;
  const std::optional<std::uint32_t> number = key->dword(name);
  if (!number) return ordinary;  // another type than REG_DWORD is ignored
  const std::uint32_t taken = std::clamp(*number, least, most);
  if (taken != *number)
    machine::Machine::current().note(
        fmt::format("registry value {} is {}: {} is taken", ob::narrow(name), *number, taken));
  return taken;
}

}  // namespace

NTSTATUS PlatformResets::request(PlatformReset reset) {
  Devnode* node = manager_.find_pdo(reset.requester);
  if (!node) return STATUS_NO_SUCH_DEVICE;
  if (pending(reset.requester)) {
    record(ResetStepKind::Folded, 0, node, STATUS_SUCCESS, reset.what);
    return STATUS_SUCCESS;
  }
  const machine::Time now = machine::Machine::current().now();
  std::vector<machine::Time>& earlier = accepted_[node->instance_path];
  std::erase_if(earlier, [now](machine::Time at) { return now - at >= kRequestWindow; });
  if (earlier.size() >= kRequestsMax) {
    record(ResetStepKind::Refused, 0, node, STATUS_UNSUCCESSFUL, "five times within a minute is the limit");
    if (++node->resets_refused == 2)
      machine::Machine::current().report(machine::finding(
          "RST-158",
          fmt::format("{} asks for a platform-level reset again, though five within a minute have not helped and the "
                      "sixth was refused: nothing limits its attempts",
                      manager_.refusal(*node, STATUS_SUCCESS).vetoed_by),
          machine::Severity::Recorded));
    return STATUS_UNSUCCESSFUL;
  }
  earlier.push_back(now);

  auto running = std::make_unique<Running>();
  running->number = ++last_number_;
  running->interval = std::chrono::milliseconds(
      setting(u"DeviceResetRetryInterval", kIntervalOrdinaryMs, kIntervalLeastMs, kIntervalMostMs));
  running->attempts_left = setting(u"DeviceResetMaximumRetries", kAttemptsOrdinary, 1, ~0u);
  record(ResetStepKind::Requested, running->number, node, STATUS_SUCCESS, reset.what);
  running->request = std::move(reset);
  running_.push_back(std::move(running));
  KeResetEvent(idle_);
  dispatch(*running_.back(), ResetEvent::Requested);
  return STATUS_SUCCESS;
}

bool PlatformResets::pending(DEVICE_OBJECT* pdo) const {
  for (const auto& each : running_) {
    if (each->request.requester == pdo) return true;
    const std::vector<DEVICE_OBJECT*> hit = each->request.domain();
    if (std::find(hit.begin(), hit.end(), pdo) != hit.end()) return true;
  }
  return false;
}

bool PlatformResets::rebuilds(std::u16string_view instance_path) const {
  for (const auto& each : running_)
    for (const std::u16string& path : each->rebuilt)
      if (same_id(path, instance_path)) return true;
  return false;
}

void PlatformResets::wait_until_over() {
  KeWaitForSingleObject(idle_, Executive, KernelMode, FALSE, nullptr);
}

// ---- The table at work ----

void PlatformResets::dispatch(Running& reset, ResetEvent event) {
  const ResetRow* row = find_row(reset.state, event);
  if (!row) {
    const std::string text = fmt::format("platform-level reset {} has no answer to {} in {}", reset.number,
                                         event_name(event), state_name(reset.state));
    host::check_failed(text.c_str(), "ntos/pnp/platform_reset_table.h", 0);
  }
  ++visits_[row - kResetRows];
  reset.state = row->becomes;
  perform(row->then, reset);
}

void PlatformResets::perform(ResetAction action, Running& reset) {
  using enum ResetAction;
  switch (action) {
    case wait_interval:
      return this->wait_interval(reset);
    case ask_domain:
      return this->ask_domain(reset);
    case call_off_and_wait:
      call_off(reset);
      return this->wait_interval(reset);
    case give_up:
      call_off(reset);
      record(ResetStepKind::GivenUp, reset.number, nullptr, reset.last_veto.status, reset.last_veto.vetoed_by);
      machine::Machine::current().report(
          {.rule = "RST-058",
           .summary = fmt::format("the platform-level reset through {} was given up: at its last attempt {} still "
                                  "refused to be removed, with {}",
                                  reset.request.what, reset.last_veto.vetoed_by, status_text(reset.last_veto.status)),
           .severity = reset.vetoed_by_driver ? machine::Severity::Recorded : machine::Severity::Warning});
      return this->finish(reset);
    case remove_those_that_agreed:
      return this->remove_those_that_agreed(reset);
    case run_method:
      return this->run_method(reset);
    case have_domain_found_anew:
      return this->have_domain_found_anew(reset);
    case leave_domain_out:
      return this->leave_domain_out(reset);
    case finish:
      return this->finish(reset);
  }
}

/// Nobody is kept waiting meanwhile: the worker takes the attempt up when the interval is over and it has time.
void PlatformResets::wait_interval(Running& reset) {
  record(ResetStepKind::Waiting, reset.number, nullptr);
  machine::Machine& machine = machine::Machine::current();
  Running* waiting = &reset;
  machine.after(reset.interval, [this, waiting] {
    machine::queue_dpc(
        0, [this, waiting] { manager_.queue_work([this, waiting] { dispatch(*waiting, ResetEvent::IntervalOver); }); });
  });
}

// ---- Query-remove ----

void PlatformResets::ask_domain(Running& reset) {
  record(ResetStepKind::AttemptBegun, reset.number, nullptr, STATUS_SUCCESS, reset.request.what);
  --reset.attempts_left;
  reset.members.clear();
  reset.taken.clear();
  reset.agreed.clear();
  reset.hung.clear();
  for (DEVICE_OBJECT* pdo : reset.request.domain())
    if (Devnode* node = manager_.find_pdo(pdo)) reset.members.push_back(node);
  for (Devnode* member : std::vector<Devnode*>(reset.members)) {
    if (ask(reset, *member)) continue;
    return dispatch(reset, reset.attempts_left ? ResetEvent::Vetoed : ResetEvent::VetoedTooOften);
  }
  // A stack below which another one hangs cannot be removed before it, so it hangs as well.
  std::erase_if(reset.agreed, [&reset](Devnode* node) {
    for (Devnode* hung : reset.hung)
      for (const Devnode* above = hung->parent; above; above = above->parent)
        if (above == node) {
          reset.hung.push_back(node);
          return true;
        }
    return false;
  });
  dispatch(reset, ResetEvent::Agreed);
}

void PlatformResets::veto(Running& reset, const Change& change) {
  reset.last_veto = change;
  record(ResetStepKind::Vetoed, reset.number, manager_.find(change.devnode), change.status, change.vetoed_by);
}

namespace {

std::vector<Devnode*> removal_relations_of(Manager& manager, Devnode& node) {
  const PnpReply reply = send_pnp(manager, node, IRP_MN_QUERY_DEVICE_RELATIONS, [](IO_STACK_LOCATION& location) {
    location.Parameters.QueryDeviceRelations.Type = RemovalRelations;
  });
  std::vector<Devnode*> nodes;
  PoolPointer<DEVICE_RELATIONS> relations(reply.as<DEVICE_RELATIONS>());
  for (ULONG i = 0; relations && i < relations->Count; ++i) {
    if (Devnode* other = manager.find_pdo(relations->Objects[i]); other && other != &node) nodes.push_back(other);
    ob::dereference(relations->Objects[i]);
  }
  return nodes;
}

}  // namespace

/// Asks `node` and all that goes with it, children first; false if somebody refused.
bool PlatformResets::ask(Running& reset, Devnode& node) {
  if (std::find(reset.taken.begin(), reset.taken.end(), &node) != reset.taken.end()) return true;
  for (Devnode* child : std::vector<Devnode*>(node.children))
    if (!ask(reset, *child)) return false;
  reset.taken.push_back(&node);
  if (node.state != DevnodeState::Started) return true;
  for (Devnode* relation : removal_relations_of(manager_, node))
    if (!ask(reset, *relation)) return false;

  reset.vetoed_by_driver = false;
  std::string who;
  if (!manager_.notifications().query_target_removal(node, who)) {
    veto(reset, {STATUS_UNSUCCESSFUL, node.id, who});
    return false;
  }
  const PnpReply reply = send_pnp(manager_, node, IRP_MN_QUERY_REMOVE_DEVICE);
  if (reply.status == STATUS_DEVICE_HUNG) {
    reset.hung.push_back(&node);
    record(ResetStepKind::Hung, reset.number, &node, reply.status);
    return true;
  }
  if (!reply.ok()) {
    manager_.dispatch(node, DevnodeEvent::QueryRemoveRefused);
    reset.vetoed_by_driver = true;
    veto(reset, manager_.refusal(node, reply.status));
    return false;
  }
  manager_.dispatch(node, DevnodeEvent::QueryRemoveAgreed);
  reset.agreed.push_back(&node);
  record(ResetStepKind::Agreed, reset.number, &node);
  if (const unsigned handles = manager_.open_handles(node)) {
    veto(reset, {STATUS_DEVICE_BUSY, node.id,
                 fmt::format("{} open handle{} on devnode#{}", handles, handles > 1 ? "s" : "", node.id)});
    return false;
  }
  return true;
}

/// Parents first: a child is of use again only when its bus is.
void PlatformResets::call_off(Running& reset) {
  for (auto each = reset.taken.rbegin(); each != reset.taken.rend(); ++each) {
    if ((*each)->state == DevnodeState::RemovePending)
      manager_.dispatch(**each, DevnodeEvent::RemovalCalledOff);
    else if (reset.is_hung(**each))
      manager_.dispatch(**each, DevnodeEvent::QueryRemoveRefused);
  }
}

// ---- Removal, reset, rebuilding ----

namespace {

bool lies_below(const Devnode& node, const Devnode& other) {
  for (const Devnode* above = node.parent; above; above = above->parent)
    if (above == &other) return true;
  return false;
}

/// A child's PDO, kept alive so that one can look at it after its bus is gone.
struct Orphan {
  DEVICE_OBJECT* pdo;
  Devnode* bus;
};

std::vector<Orphan> children_of(const std::vector<Devnode*>& buses) {
  std::vector<Orphan> children;
  for (Devnode* bus : buses)
    for (const Devnode* child : bus->children)
      if (child->pdo) {
        ob::reference(child->pdo);
        children.push_back({child->pdo, bus});
      }
  return children;
}

void report_those_left_behind(const Manager& manager, const std::vector<Orphan>& children) {
  for (const Orphan& child : children) {
    const bool bus_is_gone = child.bus->state == DevnodeState::Initialized || child.bus->state == DevnodeState::Deleted;
    if (bus_is_gone && !(io::extension_of(child.pdo)->ExtensionFlags & io::DOE_DELETE_PENDING))
      machine::Machine::current().report(
          {.rule = "RST-142",
           .summary = fmt::format("{} was removed for a platform-level reset and left its child {} behind",
                                  manager.refusal(*child.bus, STATUS_SUCCESS).vetoed_by, io::device_name(child.pdo)),
           .severity = machine::Severity::Recorded});
    ob::dereference(child.pdo);
  }
}

}  // namespace

void PlatformResets::remove_those_that_agreed(Running& reset) {
  record(ResetStepKind::RemovalBegun, reset.number, nullptr);
  for (Devnode* member : reset.members) set_problem(*member, Problem::DeviceReset);
  const std::vector<Orphan> children = children_of(reset.taken);
  for (Devnode* node : reset.taken) {
    if (reset.is_hung(*node) || node->state == DevnodeState::SurpriseRemoved) continue;
    // What hangs below a member goes with its bus, and comes back with it.
    const bool goes_with_its_bus = std::any_of(reset.members.begin(), reset.members.end(),
                                               [node](const Devnode* member) { return lies_below(*node, *member); });
    if (goes_with_its_bus) node->reported = false;
    manager_.remove_agreed(*node);
  }
  report_those_left_behind(manager_, children);
  dispatch(reset, ResetEvent::StacksGone);
}

void PlatformResets::run_method(Running& reset) {
  record(ResetStepKind::MethodBegun, reset.number, nullptr, STATUS_SUCCESS, reset.request.what);
  const NTSTATUS status = reset.request.method();
  record(ResetStepKind::MethodEnded, reset.number, nullptr, status);
  dispatch(reset, NT_SUCCESS(status) ? ResetEvent::MethodSucceeded : ResetEvent::MethodFailed);
}

void PlatformResets::have_domain_found_anew(Running& reset) {
  for (Devnode* member : reset.members) {
    if (!member->pdo || !member->reported) continue;  // it went with its bus, or was pulled meanwhile
    reset.rebuilt.push_back(member->instance_path);
    record(ResetStepKind::FoundAnew, reset.number, member);
    reset.request.find_anew(member->pdo);
  }
  // Behind the looks at the buses that have just been asked for.
  Running* rebuilt = &reset;
  manager_.queue_work([this, rebuilt] { dispatch(*rebuilt, ResetEvent::Enumerated); });
}

/// Nothing comes back by itself: what hangs is taken down, and all keep code 54.
void PlatformResets::leave_domain_out(Running& reset) {
  for (Devnode* node : std::vector<Devnode*>(reset.hung)) manager_.dispatch(*node, DevnodeEvent::DeviceFailed);
  for (Devnode* member : reset.members) record(ResetStepKind::LeftOut, reset.number, member);
  finish(reset);
}

void PlatformResets::finish(Running& reset) {
  // Those that a member's removal took along and that no bus reports anew.
  for (Devnode* node : reset.taken)
    if (node->state == DevnodeState::Initialized && !reset.is_member(*node) && node->problem == Problem::None)
      manager_.start_devnode(*node);
  for (const std::u16string& path : reset.rebuilt)
    for (const auto& node : manager_.devnodes_) {
      if (node->state == DevnodeState::Deleted || !same_id(node->instance_path, path)) continue;
      if (node->state == DevnodeState::Started) record(ResetStepKind::Restarted, reset.number, node.get());
      if (node->state == DevnodeState::SurpriseRemoved) {
        const unsigned handles = manager_.open_handles(*node);
        record(ResetStepKind::Held, reset.number, node.get(), STATUS_SUCCESS,
               handles ? fmt::format("{} open handles", handles) : "a child keeps its own stack");
      }
    }
  record(ResetStepKind::Over, reset.number, nullptr);
  std::erase_if(running_, [&reset](const auto& each) { return each.get() == &reset; });
  if (running_.empty()) KeSetEvent(idle_, 0, FALSE);
}

}  // namespace drydock::ntos::pnp
