#include "ntos/pnp/pnp_irp.h"

#include <optional>

#include "nt/bugcheck.h"
#include "ntos/io/device.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/io/irp_watch.h"
#include "ntos/io/user.h"
#include "ntos/ob/object.h"
#include "ntos/pnp/pool.h"

namespace drydock::ntos::pnp {

using namespace nt;

namespace {

/// What no driver may fail. A stack without a function driver leaves STATUS_NOT_SUPPORTED; a bus may say of a child
/// that is gone that there is no such device.
bool must_succeed(UCHAR minor, NTSTATUS status) {
  switch (minor) {
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
      return status != STATUS_NOT_SUPPORTED;
    case IRP_MN_REMOVE_DEVICE:
      return status != STATUS_NOT_SUPPORTED && status != STATUS_NO_SUCH_DEVICE;
    default:
      return false;
  }
}

/// I/O verification of Driver Verifier: a request that must not fail was failed; a remove completed with an error.
constexpr ULONG64 kMustNotFail = 0x247, kRemoveFailed = 0x306;

void report_failure(const Manager& manager, Devnode& node, UCHAR minor, NTSTATUS status) {
  const char* name = status_name(status);
  machine::Finding finding = machine::finding(
      "PNP-054",
      fmt::format("{} failed {} with {}, which no driver may fail", manager.refusal(node, status).vetoed_by,
                  pnp_minor_name(minor), name ? name : fmt::format("{:08X}", static_cast<ULONG>(status))),
      machine::Severity::Recorded);
  finding.bug_check = machine::BugCheck{
      DRIVER_VERIFIER_IOMANAGER_VIOLATION,
      {minor == IRP_MN_REMOVE_DEVICE ? kRemoveFailed : kMustNotFail, 0, 0,
       minor == IRP_MN_REMOVE_DEVICE ? static_cast<ULONG>(status) : reinterpret_cast<ULONG64>(node.pdo)}};
  machine::Machine::current().report(std::move(finding));
}

/// How long a stack may keep a PnP IRP.
constexpr machine::Duration kPnpLimit = std::chrono::minutes(10);

/// Its service's name as the bug check shows it: the first eight letters.
ULONG64 first_letters(const std::u16string& service) {
  ULONG64 letters = 0;
  for (std::size_t i = 0; i < service.size() && i < sizeof letters; ++i)
    letters |= static_cast<ULONG64>(service[i] & 0xFF) << 8 * i;
  return letters;
}

[[noreturn]] void stop_for_stuck_irp(const Devnode& node, UCHAR minor, const IRP* irp) {
  machine::Finding finding = machine::finding(
      "DRIVER_PNP_WATCHDOG",
      fmt::format("{} has been with the drivers of devnode#{} ({}) for {} minutes", pnp_minor_name(minor), node.id,
                  node.name(), std::chrono::duration_cast<std::chrono::minutes>(kPnpLimit).count()));
  finding.bug_check = machine::BugCheck{
      DRIVER_PNP_WATCHDOG,
      {first_letters(node.service), 0, reinterpret_cast<ULONG64>(irp->Tail.Overlay.Thread),
       static_cast<ULONG64>(std::chrono::duration_cast<std::chrono::milliseconds>(kPnpLimit).count())}};
  finding.details = io::describe(irp);
  machine::Machine::current().report(std::move(finding));
  __builtin_unreachable();
}

}  // namespace

PnpReply send_pnp(Manager& manager, Devnode& node, UCHAR minor, const FillLocation& fill, ULONG_PTR information) {
  machine::Machine& machine = machine::Machine::current();
  SentIrp record{.sent_at = machine.now(), .devnode = node.id, .major = IRP_MJ_PNP, .minor = minor};

  // A report of who waits for what names the thread.
  const std::string thread_name =
      std::exchange(machine::current_thread().name,
                    fmt::format("PnP worker, {} to devnode#{} ({})", pnp_minor_name(minor), node.id, node.name()));

  // The manager's own requests are never given up for want of an IRP.
  io::user::IoResult result;
  std::optional<io::IrpWatch> watch;
  node.irp_minor = minor;
  for (bool sent = false; !sent;) {
    result = io::user::send(node.pdo, IRP_MJ_PNP, minor, [&](IRP* irp, IO_STACK_LOCATION* location) {
      sent = true;
      watch.emplace(kPnpLimit, [&node, minor, irp] { stop_for_stuck_irp(node, minor, irp); });
      irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
      irp->IoStatus.Information = information;
      if (fill) fill(*location);
    });
  }

  watch.reset();
  node.irp_minor = 0xFF;
  machine::current_thread().name = thread_name;
  record.completed_at = machine.now();
  record.status = result.status;
  manager.record_irp(record);
  if (!NT_SUCCESS(result.status) && must_succeed(minor, result.status))
    report_failure(manager, node, minor, result.status);
  return {result.status, static_cast<ULONG_PTR>(result.information)};
}

namespace {

/// How far we read a driver's text for its end.
constexpr std::size_t kTextMax = 4096;

std::u16string take_text(char16_t* block) {
  std::u16string text;
  if (!block) return text;
  while (text.size() < kTextMax && block[text.size()] != 0) text.push_back(block[text.size()]);
  free_pool(block);
  return text;
}

}  // namespace

std::u16string query_id(Manager& manager, Devnode& node, BUS_QUERY_ID_TYPE type) {
  PnpReply reply = send_pnp(manager, node, IRP_MN_QUERY_ID,
                            [type](IO_STACK_LOCATION& location) { location.Parameters.QueryId.IdType = type; });
  return take_text(reply.as<char16_t>());
}

std::vector<std::u16string> query_ids(Manager& manager, Devnode& node, BUS_QUERY_ID_TYPE type) {
  PnpReply reply = send_pnp(manager, node, IRP_MN_QUERY_ID,
                            [type](IO_STACK_LOCATION& location) { location.Parameters.QueryId.IdType = type; });
  std::vector<std::u16string> list;
  auto* block = reply.as<char16_t>();
  if (!block) return list;
  for (const char16_t* at = block; *at && at < block + kTextMax;) {
    std::u16string_view text(at);
    list.emplace_back(text);
    at += text.size() + 1;
  }
  free_pool(block);
  return list;
}

std::u16string query_text(Manager& manager, Devnode& node, DEVICE_TEXT_TYPE type) {
  PnpReply reply = send_pnp(manager, node, IRP_MN_QUERY_DEVICE_TEXT, [type](IO_STACK_LOCATION& location) {
    location.Parameters.QueryDeviceText.DeviceTextType = type;
    location.Parameters.QueryDeviceText.LocaleId = 0x0409;
  });
  return take_text(reply.as<char16_t>());
}

bool query_capabilities(Manager& manager, Devnode& node) {
  PoolPointer<DEVICE_CAPABILITIES> said(static_cast<DEVICE_CAPABILITIES*>(allocate_pool(sizeof(DEVICE_CAPABILITIES))));
  if (!said) return false;
  said->Size = sizeof(DEVICE_CAPABILITIES);
  said->Version = 1;
  said->Address = ~0u;
  said->UINumber = ~0u;
  DEVICE_CAPABILITIES* block = said.get();
  PnpReply reply = send_pnp(manager, node, IRP_MN_QUERY_CAPABILITIES, [block](IO_STACK_LOCATION& location) {
    location.Parameters.DeviceCapabilities.Capabilities = block;
  });
  if (!reply.ok()) return false;

  DevnodeCapabilities& to = node.capabilities;
  to.removable = said->Removable;
  to.eject_supported = said->EjectSupported;
  to.surprise_removal_ok = said->SurpriseRemovalOK;
  to.raw_device_ok = said->RawDeviceOK;
  to.unique_id = said->UniqueID;
  to.no_display_in_ui = said->NoDisplayInUI;
  to.address = said->Address;
  to.ui_number = said->UINumber;
  for (ULONG i = 0; i < POWER_SYSTEM_MAXIMUM; ++i) to.device_state[i] = said->DeviceState[i];
  to.d3_latency_100us = said->D3Latency;
  return true;
}

}  // namespace drydock::ntos::pnp
