#include "port/scsiport/queue.h"

namespace drydock::port::scsiport {

void RequestList::insert_before(Request* position, Request* request) {
  request->next = position;
  request->previous = position ? position->previous : last_;
  (request->previous ? request->previous->next : first_) = request;
  (position ? position->previous : last_) = request;
  ++size_;
}

void RequestList::remove(Request* request) {
  (request->previous ? request->previous->next : first_) = request->next;
  (request->next ? request->next->previous : last_) = request->previous;
  request->previous = request->next = nullptr;
  --size_;
}

Request* RequestList::pop_front() {
  Request* request = first_;
  if (request) remove(request);
  return request;
}

void RequestList::prepend(RequestList& front) {
  if (front.empty()) return;
  front.last_->next = first_;
  (first_ ? first_->previous : last_) = front.last_;
  first_ = front.first_;
  size_ += front.size_;
  front = RequestList{};
}

namespace {
/// Ascending, behind its equals. Requests mostly come in ascending order, so the place is looked for from the end.
void insert_sorted(RequestList& list, Request* request) {
  Request* before = list.last();
  while (before && before->sort_key > request->sort_key) before = before->previous;
  list.insert_before(before ? before->next : list.first(), request);
}
}  // namespace

void RequestQueue::insert(Request* request) {
  insert_sorted(in_this_sweep(request) ? this_sweep_ : next_sweep_, request);
}

Request* RequestQueue::head() const {
  return this_sweep_.empty() ? next_sweep_.first() : this_sweep_.first();
}

void RequestQueue::take(Request* request) {
  const bool wraps = !in_this_sweep(request);
  withdraw(request);
  if (wraps) this_sweep_.prepend(next_sweep_);
  sweep_key_ = request->sort_key;
}

void RequestQueue::withdraw(Request* request) {
  (in_this_sweep(request) ? this_sweep_ : next_sweep_).remove(request);
}

RequestList RequestQueue::take_all() {
  RequestList all;
  while (Request* request = head()) {
    withdraw(request);
    all.push_back(request);
  }
  sweep_key_ = 0;
  return all;
}

}  // namespace drydock::port::scsiport
