#include "ntos/io/pending_check.h"

#include <fmt/format.h>

#include "image/loader.h"
#include "machine/machine.h"
#include "nt/bugcheck.h"
#include "nt/status.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/io/state.h"

namespace drydock::ntos::io {

namespace {

constexpr std::uint64_t kReturnedNotMarked = 0x23D, kMarkedNotReturned = 0x23E;

}  // namespace

void PendingCheck::called(const IRP* irp) {
  const IO_STACK_LOCATION* location = irp->Tail.Overlay.CurrentStackLocation;
  const auto* routine =
      reinterpret_cast<const void*>(location->DeviceObject->DriverObject->MajorFunction[location->MajorFunction]);
  if (number_of(irp) == 0 || !image::Images::current().at(routine)) return;
  calls_[number_of(irp)].push_back({irp->CurrentLocation, routine});
}

void PendingCheck::returned(std::uint32_t number, CHAR location, NTSTATUS status) {
  auto found = calls_.find(number);
  if (found == calls_.end()) return;
  // Of calls with the same location the innermost returns first.
  for (auto call = found->second.rbegin(); call != found->second.rend(); ++call) {
    if (call->location != location || call->has_returned) continue;
    call->has_returned = true;
    call->pending = status == STATUS_PENDING;
    if (call->was_left) judge(number, *call);
    break;
  }
  drop_done(number);
}

void PendingCheck::left(const IRP* irp, CHAR location, bool marked) {
  auto found = calls_.find(number_of(irp));
  if (found == calls_.end()) return;
  for (Call& call : found->second) {
    if (call.location != location || call.was_left) continue;
    call.was_left = true;
    call.marked = marked;
    if (call.has_returned) judge(number_of(irp), call);
  }
  drop_done(number_of(irp));
}

void PendingCheck::drop_done(std::uint32_t number) {
  auto found = calls_.find(number);
  std::erase_if(found->second, [](const Call& call) { return call.has_returned && call.was_left; });
  if (found->second.empty()) calls_.erase(found);
}

void PendingCheck::judge(std::uint32_t number, const Call& call) {
  if (call.pending == call.marked) return;
  const auto address = reinterpret_cast<std::uint64_t>(call.routine);
  const std::string name = image::Images::current().symbol_at(address);
  machine::Finding finding = machine::finding(
      "DRIVER_VERIFIER_IOMANAGER_VIOLATION",
      call.pending
          ? fmt::format("{} returned STATUS_PENDING for irp#{} and had not marked it (IoMarkIrpPending)", name, number)
          : fmt::format("{} marked irp#{} pending (IoMarkIrpPending) and did not return STATUS_PENDING", name, number),
      machine::Severity::Recorded);
  finding.bug_check = machine::BugCheck{DRIVER_VERIFIER_IOMANAGER_VIOLATION,
                                        {call.pending ? kReturnedNotMarked : kMarkedNotReturned, address, 0, 0}};
  machine::Machine::current().report(std::move(finding));
}

void check_pending_irps() {
  state().irps.pending = new PendingCheck;
}

}  // namespace drydock::ntos::io
