#include <cstring>

#include <fmt/format.h>

#include "machine/machine.h"
#include "port/scsiport/claims.h"
#include "port/scsiport/config.h"
#include "port/scsiport/fdo.h"
#include "port/scsiport/kernel.h"
#include "port/scsiport/miniport.h"
#include "port/scsiport/reset.h"
#include "port/scsiport/resources.h"
#include "port/scsiport/slots.h"

namespace drydock::port::scsiport {

using machine::Machine;

namespace {

/// SP-034.
NTSTATUS status_of_find_adapter(ULONG result) {
  switch (result) {
    case SP_RETURN_FOUND:
      return STATUS_SUCCESS;
    case SP_RETURN_NOT_FOUND:
      return STATUS_NOT_FOUND;
    case SP_RETURN_ERROR:
      return STATUS_ADAPTER_HARDWARE_ERROR;
    case SP_RETURN_BAD_CONFIG:
      return STATUS_DEVICE_CONFIGURATION_ERROR;
    default:
      return STATUS_INTERNAL_ERROR;
  }
}

/// SP-015, SP-016: zeroed before every HwScsiFindAdapter, at the same address while the adapter lives.
bool renew_extension(Adapter& adapter) {
  const SIZE_T bytes = adapter.hw.DeviceExtensionSize ? adapter.hw.DeviceExtensionSize : 1;
  if (!adapter.extension) adapter.extension = ExAllocatePoolWithTag(NonPagedPool, bytes, kPoolTag);
  if (adapter.extension) std::memset(adapter.extension, 0, bytes);
  return adapter.extension != nullptr;
}

/// SP-274: unit extensions start anew with the adapter, which may have changed their size.
bool renew_unit_extensions(Adapter& adapter) {
  for (LogicalUnit* unit : adapter.units) {
    if (unit->extension) ExFreePoolWithTag(unit->extension, kPoolTag);
    unit->extension = nullptr;
    if (!adapter.config.SpecificLuExtensionSize) continue;
    unit->extension = ExAllocatePoolWithTag(NonPagedPool, adapter.config.SpecificLuExtensionSize, kPoolTag);
    if (!unit->extension) return false;
    std::memset(unit->extension, 0, adapter.config.SpecificLuExtensionSize);
  }
  return true;
}

/// Argument strings are read by the miniport, so they lie in its memory.
class ArgumentString {
 public:
  explicit ArgumentString(const std::optional<std::string>& text) {
    if (!text) return;
    text_ = static_cast<char*>(ExAllocatePoolWithTag(NonPagedPool, text->size() + 1, kPoolTag));
    if (text_) std::memcpy(text_, text->c_str(), text->size() + 1);
  }
  ~ArgumentString() {
    if (text_) ExFreePoolWithTag(text_, kPoolTag);
  }
  ArgumentString(const ArgumentString&) = delete;
  ArgumentString& operator=(const ArgumentString&) = delete;
  char* get() const { return text_; }

 private:
  char* text_ = nullptr;
};

NTSTATUS find_adapter(Adapter& adapter, const Parameters& parameters, bool* search_again) {
  if (!renew_extension(adapter) || !build_config(adapter, parameters)) return STATUS_INSUFFICIENT_RESOURCES;
  const ArgumentString argument(parameters.argument_string);
  // `Again` is driver-visible memory too.
  auto* again = static_cast<BOOLEAN*>(ExAllocatePoolWithTag(NonPagedPool, sizeof(BOOLEAN), kPoolTag));
  if (!again) return STATUS_INSUFFICIENT_RESOURCES;
  *again = FALSE;
  const PVOID context = adapter.pdo ? nullptr : adapter.hw_context;  // SP-017
  const ULONG result = call_find_adapter(adapter, context, argument.get(), again);
  if (search_again) *search_again = *again != FALSE;
  ExFreePoolWithTag(again, kPoolTag);
  if (result == SP_RETURN_FOUND) return STATUS_SUCCESS;
  if (!adapter.mappings.empty())
    violation(&adapter, Check::MappingLeft,
              fmt::format("HwScsiFindAdapter did not find its adapter and left {} mapping{} behind",
                          adapter.mappings.size(), adapter.mappings.size() == 1 ? "" : "s"));
  return status_of_find_adapter(result);
}

NTSTATUS connect_interrupt(Adapter& adapter) {
  // SP-041: without a routine, or without an interrupt, the adapter is polled.
  const bool wanted = adapter.hw.HwInterrupt && adapter.has_interrupt_resource &&
                      (adapter.config.BusInterruptLevel || adapter.config.BusInterruptVector);
  if (!wanted) return STATUS_SUCCESS;
  return IoConnectInterrupt(&adapter.interrupt, ScsiPortInterrupt, &adapter, nullptr, adapter.translated_vector,
                            adapter.interrupt_irql, adapter.interrupt_irql, adapter.interrupt_mode,
                            adapter.interrupt_shared, adapter.interrupt_affinity, FALSE);
}

/// SP-040: it may come before HwScsiInitialize has run; whether it does is a decision.
void maybe_interrupt_early(Adapter& adapter) {
  if (!adapter.interrupt || !Machine::current().choose("scsiport.early_interrupt", 2)) return;
  under_interrupt_lock(adapter, [&] { call_interrupt(adapter); });
}

/// SP-046, SP-262.
void query_control_types(Adapter& adapter) {
  adapter.controls = {};
  if (!adapter.hw.HwAdapterControl) return;
  constexpr UCHAR kGuard = 0xA5;
  constexpr ULONG kGuardBytes = 16;
  const ULONG bytes = sizeof(SCSI_SUPPORTED_CONTROL_TYPE_LIST) + ScsiAdapterControlMax + kGuardBytes;
  auto* list = static_cast<SCSI_SUPPORTED_CONTROL_TYPE_LIST*>(ExAllocatePoolWithTag(NonPagedPool, bytes, kPoolTag));
  if (!list) return;
  UCHAR* types = list->SupportedTypeList;
  list->MaxControlType = ScsiAdapterControlMax;
  std::memset(types, FALSE, ScsiAdapterControlMax);
  std::memset(types + ScsiAdapterControlMax, kGuard, kGuardBytes);
  if (call_adapter_control(adapter, ScsiQuerySupportedControlTypes, list) == ScsiAdapterControlSuccess)
    for (ULONG i = 0; i < ScsiAdapterControlMax; ++i) adapter.controls[i] = types[i] != FALSE;
  for (ULONG i = 0; i < kGuardBytes; ++i)
    if (types[ScsiAdapterControlMax + i] != kGuard) {
      violation(&adapter, Check::ControlListOverrun,
                fmt::format("HwScsiAdapterControl set entry {} of a list of {}", ScsiAdapterControlMax + i,
                            static_cast<int>(ScsiAdapterControlMax)));
      break;
    }
  ExFreePoolWithTag(list, kPoolTag);
}

/// The clean slate that a start begins with.
void make_ready(Adapter& adapter) {
  PortLock lock(adapter);
  witness_stopped(adapter, false);
  reset_step(adapter, ResetEvent::AdapterStarted);
  adapter.ready = true;  // SP-052
  adapter.ready_to_run = true;
  adapter.next_clock = -1;
  adapter.paths_in_hold_off = 0;
  adapter.reset_unnamed = adapter.next_request_owed = adapter.reset_routine_called = false;
  adapter.interrupts_held = false;
  for (BusHealth& bus : adapter.buses) bus = BusHealth{};
}

void open_for_requests(Adapter& adapter) {
  PortLock lock(adapter);
  adapter.blocked = false;
  for (LogicalUnit* unit : adapter.units) consider(*unit);
  start_requests(adapter);
}

/// SP-051: at the adapter's own address, which no scan asks.
void create_initiator_unit(Adapter& adapter) {
  const UnitAddress address{0, static_cast<UCHAR>(adapter.config.InitiatorBusId[0]), 0};
  if (find_unit(adapter, address)) return;
  if (LogicalUnit* unit = create_unit(adapter, address)) unit->initiator = true;
}

NTSTATUS connect_and_initialize(Adapter& adapter) {
  const NTSTATUS connected = connect_interrupt(adapter);
  if (!NT_SUCCESS(connected)) return connected;
  make_ready(adapter);
  maybe_interrupt_early(adapter);
  if (!call_initialize(adapter)) {
    disconnect_adapter(adapter);
    return STATUS_ADAPTER_HARDWARE_ERROR;  // SP-042
  }
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS start_adapter(Adapter& adapter, bool* again) {
  const Parameters parameters = read_parameters(adapter.driver->registry_path);
  NTSTATUS status = find_adapter(adapter, parameters, again);
  if (NT_SUCCESS(status)) {
    adopt_config(adapter, parameters);
    status = claim_hardware(adapter);
  }
  if (NT_SUCCESS(status)) {
    check_dma_config_unchanged(adapter);
    if (!adapter.dma) adapter.dma = get_dma_adapter(adapter, adapter.config);
    if (!allocate_slots(adapter) || !renew_unit_extensions(adapter)) status = STATUS_INSUFFICIENT_RESOURCES;
  }
  if (NT_SUCCESS(status)) status = connect_and_initialize(adapter);
  if (!NT_SUCCESS(status)) {
    release_adapter(adapter);
    return status;
  }
  query_control_types(adapter);
  if (parameters.create_initiator_unit && adapter.config.NumberOfBuses) create_initiator_unit(adapter);
  open_for_requests(adapter);
  return STATUS_SUCCESS;
}

NTSTATUS restart_adapter(Adapter& adapter) {
  if (!adapter.controls[ScsiRestartAdapter]) {  // SP-273
    release_adapter(adapter);
    return start_adapter(adapter);
  }
  if (adapter.controls[ScsiSetRunningConfig]) call_adapter_control(adapter, ScsiSetRunningConfig, nullptr);  // SP-271
  const NTSTATUS connected = connect_interrupt(adapter);
  if (!NT_SUCCESS(connected)) return connected;
  make_ready(adapter);
  if (call_adapter_control(adapter, ScsiRestartAdapter, nullptr) != ScsiAdapterControlSuccess) {
    disconnect_adapter(adapter);
    return STATUS_ADAPTER_HARDWARE_ERROR;  // SP-275
  }
  open_for_requests(adapter);
  return STATUS_SUCCESS;
}

}  // namespace drydock::port::scsiport
