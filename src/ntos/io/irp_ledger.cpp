#include "ntos/io/irp_ledger.h"

#include <algorithm>

#include <fmt/format.h>

#include "ntos/io/device.h"
#include "ntos/io/driver.h"
#include "ntos/io/state.h"

namespace drydock::ntos::io {

namespace {

const char* stage_name(IrpStage stage) {
  switch (stage) {
    case IrpStage::Free:
      return "free";
    case IrpStage::Allocated:
      return "allocated, not sent";
    case IrpStage::Sent:
      return "sent, not completed";
    case IrpStage::Completed:
      return "completed, not freed";
  }
  return "?";
}

std::string function_name(UCHAR major, UCHAR minor) {
  const char* name = irp_major_name(major);
  const char* detail = irp_minor_name(major, minor);
  return fmt::format("{}{}{}", name != nullptr ? name : "no major function", detail != nullptr ? "/" : "",
                     detail != nullptr ? detail : "");
}

}  // namespace

std::vector<std::string> describe(const nt::IRP* irp) {
  std::vector<std::string> lines;
  const IrpPrefix* prefix = prefix_of(irp);
  if (prefix != nullptr && prefix->magic == kIrpMagic) {
    lines.push_back(fmt::format("irp#{} {}: {}, IoCallDriver {} times{}{}", prefix->number,
                                function_name(prefix->major, prefix->minor), stage_name(prefix->stage),
                                prefix->sent_count, irp->Cancel ? ", cancelled" : "",
                                irp->CancelRoutine != nullptr ? ", cancelable" : ""));
  } else {
    lines.push_back(fmt::format("irp#{}, laid out by a driver in its own memory", number_of(irp)));
  }
  if (irp->Type != IO_TYPE_IRP) return lines;
  const auto* locations = reinterpret_cast<const IO_STACK_LOCATION*>(irp + 1);
  for (int i = irp->StackCount; i >= 1; --i) {
    const IO_STACK_LOCATION& location = locations[i - 1];
    if (location.DeviceObject == nullptr) continue;
    lines.push_back(fmt::format("{} location {}: {} at {}{}{}", i == irp->CurrentLocation ? ">" : " ", i,
                                function_name(location.MajorFunction, location.MinorFunction),
                                device_name(location.DeviceObject),
                                (location.Control & SL_PENDING_RETURNED) != 0 ? ", marked pending" : "",
                                location.CompletionRoutine != nullptr ? ", completion routine set" : ""));
  }
  return lines;
}

std::vector<LiveIrp> live_irps() {
  std::vector<LiveIrp> result;
  for (IrpPrefix* prefix : state().irps.blocks)
    if (prefix->stage != IrpStage::Free)
      result.push_back({prefix->irp(), prefix->number, prefix->stage, prefix->caller});
  std::sort(result.begin(), result.end(), [](const LiveIrp& a, const LiveIrp& b) { return a.number < b.number; });
  return result;
}

std::vector<LiveIrp> outstanding_irps() {
  std::vector<LiveIrp> result = live_irps();
  std::erase_if(result, [](const LiveIrp& irp) { return irp.stage != IrpStage::Sent; });
  return result;
}

IrpAccount irp_account() {
  const IrpLedger& ledger = state().irps;
  return {ledger.allocated, ledger.freed, ledger.sent, ledger.completed};
}

}  // namespace drydock::ntos::io
