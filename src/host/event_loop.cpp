#include "host/event_loop.h"

#include <sched.h>
#include <sys/epoll.h>

#include <cerrno>
#include <cstring>

#include "host/check.h"

namespace drydock::host {

namespace {

constexpr int kReadyMax = 64;  // taken at once; the rest shows the next time

/// How many are ready; negative `timeout`: for ever.
int collect(int epoll, epoll_event (&events)[kReadyMax], std::chrono::nanoseconds timeout) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  const timespec limit{seconds.count(), (timeout - seconds).count()};
  const int ready = epoll_pwait2(epoll, events, kReadyMax, timeout.count() < 0 ? nullptr : &limit, nullptr);
  HOST_CHECK(ready >= 0 || errno == EINTR);
  return ready < 0 ? 0 : ready;
}

}  // namespace

Result<EventLoop> EventLoop::create() {
  EventLoop loop;
  loop.epoll_ = Descriptor(epoll_create1(EPOLL_CLOEXEC));
  if (!loop.epoll_) return error("no event loop: ", std::strerror(errno));
  return loop;
}

Status EventLoop::watch(int descriptor, std::function<void()> ready) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = ready_.size();
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0)
    return error("a descriptor cannot be watched: ", std::strerror(errno));
  ready_.push_back(std::move(ready));
  return {};
}

void EventLoop::silence(int descriptor) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
}

bool EventLoop::wait(std::chrono::nanoseconds timeout) {
  epoll_event events[kReadyMax];
  const int ready = collect(epoll_.get(), events, timeout);
  for (int i = 0; i < ready; ++i) ready_[events[i].data.u64]();
  return ready > 0;
}

void EventLoop::sleep(std::chrono::nanoseconds timeout) {
  epoll_event events[kReadyMax];
  collect(epoll_.get(), events, timeout);
}

void let_others_run() {
  sched_yield();
}

}  // namespace drydock::host
