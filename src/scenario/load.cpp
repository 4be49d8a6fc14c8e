#include "scenario/load.h"

#include <algorithm>

#include <fmt/format.h>

#include "nt/status.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/ke/delay.h"
#include "ntos/ke/event.h"
#include "ntos/ke/wait.h"
#include "ntos/ps/thread.h"

namespace drydock::scenario {

namespace user = ntos::io::user;
using machine::Machine;
using namespace std::chrono_literals;

namespace {

bool is_live(const Stage& stage) {
  return stage.config().board->is_live() || stage.config().outside != nullptr;
}

}  // namespace

user::IoResult wait_for_end(Stage& stage, user::Request& request, const std::string& what) {
  const machine::Duration patience = is_live(stage) ? kLostAfterLive : kLostAfter;
  const machine::Time due = Machine::current().now() + patience;
  const user::IoResult result = request.wait(&due);
  if (request.done()) return result;
  ++stage.counts().lost;
  std::vector<std::string> details;
  for (const ntos::io::LiveIrp& live : ntos::io::live_irps())
    if (live.number == request.irp_number()) details = ntos::io::describe(live.irp);
  stage.fail(
      "lost-request",
      fmt::format("irp#{} never ended: {}, {} after it was sent", request.irp_number(), what, time_text(patience)),
      std::move(details));
}

Load::Load(Stage& stage, std::vector<std::unique_ptr<RequestSource>> sources, LoadPlan plan)
    : stage_(stage),
      sources_(std::move(sources)),
      plan_(plan),
      seed_(stage.seed_of_step()),
      to_send_(sources_.empty() ? 0 : plan.requests) {
  plan_.threads = std::max(1u, std::min(plan_.threads, plan_.requests));
  all_ended_ = new nt::KEVENT;
  ntos::KeInitializeEvent(all_ended_, nt::NotificationEvent, nt::FALSE);
}

void Load::start() {
  threads_running_ = plan_.threads;
  for (unsigned n = 0; n < plan_.threads; ++n)
    ntos::ps::create_system_thread(fmt::format("load {}", n + 1), [this, n] { thread(n); });
}

void Load::join() {
  ntos::KeWaitForSingleObject(all_ended_, nt::Executive, nt::KernelMode, nt::FALSE, nullptr);
}

void Load::thread(unsigned number) {
  RandomStream random(seed_ * 31 + number);
  std::deque<Out> out;
  while (to_send_ != 0 || !out.empty()) {
    if (sent_ != 0 && plan_.pause.count() != 0)
      ntos::ke::delay(plan_.pause);
    const auto depth = 1 + random.below(plan_.depth);
    while (to_send_ != 0 && out.size() < depth && send_one(random, out)) {
    }
    if (out.empty())
      ntos::ke::delay(1ms);  // nothing could be sent
    else
      await_one(out);
  }
  if (--threads_running_ == 0) ntos::KeSetEvent(all_ended_, 0, nt::FALSE);
}

bool Load::send_one(RandomStream& random, std::deque<Out>& out) {
  RequestSource& source = *sources_[random.below(static_cast<std::uint32_t>(sources_.size()))];
  // Counted first: sending may take this thread off its processor.
  --to_send_, ++sent_, ++outstanding_, ++stage_.counts().sent;
  std::unique_ptr<SentRequest> sent = source.send(random);
  if (!sent) {
    ++to_send_, --sent_, --outstanding_, --stage_.counts().sent;
    return false;
  }
  out.push_back({&source, std::move(sent)});
  return true;
}

/// An application that gives up. Only what has waited while nothing was done to the device may wait later: a request
/// that is stuck after a disturbance was forgotten.
void Load::cancel_if_it_waits(Out& oldest) {
  const std::string kind = oldest.source->kind_that_may_wait(*oldest.sent);
  const bool known = stage_.waits.contains(kind);
  if (kind.empty() || !(known || plan_.undisturbed)) return;
  const machine::Duration patience = known ? kPatienceKnown : is_live(stage_) ? kPatienceLive : kPatience;
  const machine::Time due = Machine::current().now() + patience;
  user::Request& request = *oldest.sent->request;
  request.wait(&due);
  if (request.done()) return;
  stage_.waits.insert(kind);
  ++cancelled_;
  oldest.given_up = true;
  request.cancel();
}

void Load::await_one(std::deque<Out>& out) {
  Out& oldest = out.front();
  cancel_if_it_waits(oldest);
  wait_for_end(stage_, *oldest.sent->request, oldest.source->describe(*oldest.sent));
  for (auto each = out.begin(); each != out.end();) {
    if (!each->sent->request->done()) {
      ++each;
      continue;
    }
    end(*each);
    each = out.erase(each);
  }
}

void Load::end(Out& out) {
  const user::IoResult result = out.sent->request->wait();
  --outstanding_;
  out.source->ended(*out.sent, result);
  const bool cancelled = out.given_up && result.status == nt::STATUS_CANCELLED;
  if (result.ok() || cancelled || out.source->is_an_answer(result.status)) {
    ++stage_.counts().completed;
    return;
  }
  ++stage_.counts().failed;
  note_failure(result.status);
  if (!plan_.failures_allowed)
    stage_.fail("request-failed", fmt::format("irp#{}, {}, failed with {} although nothing is wrong with the device",
                                              out.sent->request->irp_number(), out.source->describe(*out.sent),
                                              status_text(result.status)));
}

void Load::note_failure(nt::NTSTATUS status) {
  for (auto& [known, times] : failures_)
    if (known == status) {
      ++times;
      return;
    }
  failures_.emplace_back(status, 1);
}

unsigned Load::failed() const {
  unsigned all = 0;
  for (const auto& [status, times] : failures_) all += times;
  return all;
}

std::string Load::failures_text() const {
  std::string text = failed() == 0 ? "none failed" : fmt::format("{} failed", failed());
  if (cancelled_ != 0) text += fmt::format(", {} waited and were cancelled", cancelled_);
  return text;
}

std::vector<std::string> Load::failure_lines() const {
  std::vector<std::string> lines;
  for (const auto& [status, times] : failures_)
    lines.push_back(fmt::format("{} ended with {}", times, status_text(status)));
  return lines;
}

}  // namespace drydock::scenario
