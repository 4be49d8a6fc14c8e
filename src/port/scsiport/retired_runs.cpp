#include "port/scsiport/retired_runs.h"

namespace drydock::port::scsiport {

using machine::PhysicalAddress;

namespace {

bool overlap(const RetiredRun& run, PhysicalAddress start, std::uint64_t bytes) {
  return run.bytes != 0 && run.start < start + bytes && start < run.start + run.bytes;
}

}  // namespace

void RetiredRuns::count(const RetiredRun& run, int change) {
  if (run.bytes == 0) return;
  for (PhysicalAddress page = run.start >> kPageShift; page <= (run.start + run.bytes - 1) >> kPageShift; ++page)
    counts_[page % kCounts] = static_cast<std::uint16_t>(counts_[page % kCounts] + change);
}

bool RetiredRuns::may_overlap(PhysicalAddress start, std::uint64_t bytes) const {
  if (bytes == 0) return false;
  for (PhysicalAddress page = start >> kPageShift; page <= (start + bytes - 1) >> kPageShift; ++page)
    if (counts_[page % kCounts] != 0) return true;
  return false;
}

void RetiredRuns::add(const RetiredRun& run) {
  if (runs_.size() < kRunsMax) runs_.emplace_back();
  RetiredRun& place = runs_[next_++ % kRunsMax];
  count(place, -1);
  place = run;
  count(place, +1);
}

const RetiredRun* RetiredRuns::find(PhysicalAddress start, std::uint64_t bytes) const {
  if (!may_overlap(start, bytes)) return nullptr;
  for (const RetiredRun& run : runs_)
    if (overlap(run, start, bytes)) return &run;
  return nullptr;
}

void RetiredRuns::take_back(PhysicalAddress start, std::uint64_t bytes) {
  if (!may_overlap(start, bytes)) return;
  for (RetiredRun& run : runs_) {
    if (!overlap(run, start, bytes)) continue;
    count(run, -1);
    run.bytes = 0;
  }
}

}  // namespace drydock::port::scsiport
