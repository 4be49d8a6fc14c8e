// WDFDMAENABLER and WDFCOMMONBUFFER.

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "wdf/callback_log.h"
#include "wdf/create.h"
#include "wdf/device.h"
#include "wdf/dma_enabler.h"
#include "wdf/functions.h"
#include "wdf/misuse.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::at_most;
using image::exactly;

std::unique_ptr<DmaPackage> make_dma_package(Device&) {
  return std::make_unique<DmaEnablers>();
}

DmaEnablers& DmaEnablers::of(Device& device) {
  return static_cast<DmaEnablers&>(*device.dma);
}

NTSTATUS DmaEnablers::up() {
  for (DmaEnabler* enabler : std::vector<DmaEnabler*>(enablers_))
    if (const NTSTATUS status = enabler->up(); !NT_SUCCESS(status)) return status;
  return STATUS_SUCCESS;
}

NTSTATUS DmaEnablers::down() {
  NTSTATUS first = STATUS_SUCCESS;
  for (DmaEnabler* enabler : std::vector<DmaEnabler*>(enablers_)) {
    const NTSTATUS status = enabler->down();
    if (NT_SUCCESS(first)) first = status;
  }
  return first;
}

DmaEnabler::DmaEnabler(Client& its_client, Device& device, const WDF_DMA_ENABLER_CONFIG& config)
    : Object(kType, its_client), device_(device), config_(config) {}

/// One that could not be made has not been run down.
DmaEnabler::~DmaEnabler() {
  if (adapter_) PutDmaAdapter(adapter_);
}

bool DmaEnabler::scatter_gather() const {
  return config_.Profile != WdfDmaProfilePacket && config_.Profile != WdfDmaProfilePacket64;
}

NTSTATUS DmaEnabler::get_adapter() {
  DEVICE_DESCRIPTION description{};
  const bool wide = config_.Profile == WdfDmaProfilePacket64 || config_.Profile == WdfDmaProfileScatterGather64 ||
                    config_.Profile == WdfDmaProfileScatterGather64Duplex;
  description.Version = DEVICE_DESCRIPTION_VERSION;
  description.Master = TRUE;
  description.ScatterGather = scatter_gather();
  description.Dma32BitAddresses = !wide;
  description.Dma64BitAddresses = wide;
  description.InterfaceType = PCIBus;
  description.DmaWidth = Width32Bits;
  description.DmaSpeed = Compatible;
  description.MaximumLength = static_cast<ULONG>(config_.MaximumLength);
  adapter_ = IoGetDmaAdapter(device_.pdo, &description, &map_registers_);
  return adapter_ ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

void DmaEnabler::run_down() {
  DmaEnablers::of(device_).forget(*this);
  if (adapter_) PutDmaAdapter(std::exchange(adapter_, nullptr));
}

NTSTATUS DmaEnabler::up() {
  const auto handle = handle_as<WDFDMAENABLER>();
  const auto step = [this, handle](std::string_view name, auto callback) {
    return callback ? call_noted(device_, name, callback, handle) : STATUS_SUCCESS;
  };
  NTSTATUS status = step("DmaFill", config_.EvtDmaEnablerFill);
  if (!NT_SUCCESS(status)) return fill_failed_ = true, status;
  status = step("DmaEnable", config_.EvtDmaEnablerEnable);
  if (!NT_SUCCESS(status)) return enable_failed_ = true, status;
  return step("DmaStart", config_.EvtDmaEnablerSelfManagedIoStart);
}

NTSTATUS DmaEnabler::down() {
  NTSTATUS first = STATUS_SUCCESS;
  const auto step = [this, &first](std::string_view name, auto callback) {
    const NTSTATUS status =
        callback ? call_noted(device_, name, callback, handle_as<WDFDMAENABLER>()) : STATUS_SUCCESS;
    if (NT_SUCCESS(first)) first = status;
  };
  step("DmaStop", config_.EvtDmaEnablerSelfManagedIoStop);
  if (!fill_failed_) step("DmaDisable", config_.EvtDmaEnablerDisable);
  if (!fill_failed_ && !enable_failed_) step("DmaFlush", config_.EvtDmaEnablerFlush);
  return first;
}

namespace {

constexpr ULONG kEnablerConfig9 = 0x40;  ///< up to 1.9: without overrides and flags

class CommonBuffer final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::CommonBuffer;
  CommonBuffer(Client& client, DmaEnabler& enabler, size_t length, ULONG alignment_mask)
      : Object(kType, client), length_(length), enabler_(enabler), mask_(alignment_mask) {
    needs_passive = true;
  }
  ~CommonBuffer() override { free(); }

  NTSTATUS allocate() {
    const ULONG bytes = static_cast<ULONG>(length_ + mask_);
    base_ = AllocateCommonBuffer(enabler_.adapter(), bytes, &logical_, TRUE);
    return base_ ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
  }
  /// WDF-325: the memory goes when the deletion starts, whatever references are held.
  void run_down() override { free(); }

  size_t length() const { return length_; }
  PVOID va() const { return static_cast<UCHAR*>(base_) + shift(); }
  PHYSICAL_ADDRESS logical() const {
    PHYSICAL_ADDRESS aligned = logical_;
    aligned.QuadPart += shift();
    return aligned;
  }

 private:
  LONGLONG shift() const { return -logical_.QuadPart & LONGLONG{mask_}; }
  void free() {
    if (base_)
      FreeCommonBuffer(enabler_.adapter(), static_cast<ULONG>(length_ + mask_), logical_, std::exchange(base_, nullptr),
                       TRUE);
  }

  size_t length_;
  DmaEnabler& enabler_;
  ULONG mask_;
  PVOID base_ = nullptr;
  PHYSICAL_ADDRESS logical_{};
};

NTSTATUS create_common_buffer(WDFDMAENABLER enabler_handle, size_t length, ULONG alignment_mask,
                              WDF_OBJECT_ATTRIBUTES* attributes, WDFCOMMONBUFFER* handle) {
  DmaEnabler& enabler = object_as<DmaEnabler>(enabler_handle);
  require_pointer(handle, "a common buffer's handle");
  *handle = nullptr;
  if (length == 0) return STATUS_INVALID_PARAMETER;
  if (const NTSTATUS status = check_attributes(attributes, {.parent_allowed = false}); !NT_SUCCESS(status))
    return status;
  auto buffer = std::make_unique<CommonBuffer>(enabler.client(), enabler, length, alignment_mask);
  if (const NTSTATUS status = buffer->allocate(); !NT_SUCCESS(status)) return status;
  return commit_new(std::move(buffer), attributes, &enabler, handle);
}

}  // namespace

static void note_dma_callbacks(const Device& device, const WDF_DMA_ENABLER_CONFIG& config) {
  if (config.EvtDmaEnablerFill) note_has(device, "DmaFill");
  if (config.EvtDmaEnablerEnable) note_has(device, "DmaEnable");
  if (config.EvtDmaEnablerSelfManagedIoStart) note_has(device, "DmaStart");
  if (config.EvtDmaEnablerSelfManagedIoStop) note_has(device, "DmaStop");
  if (config.EvtDmaEnablerDisable) note_has(device, "DmaDisable");
  if (config.EvtDmaEnablerFlush) note_has(device, "DmaFlush");
}

NTSTATUS NTAPI WdfDmaEnablerCreate(WDF_DRIVER_GLOBALS*, WDFDEVICE DeviceHandle, WDF_DMA_ENABLER_CONFIG* Config,
                                   WDF_OBJECT_ATTRIBUTES* Attributes, WDFDMAENABLER* Handle) {
  Device& device = object_as<Device>(DeviceHandle);
  require_pointer(Config, "WdfDmaEnablerCreate's Config");
  require_pointer(Handle, "WdfDmaEnablerCreate's DmaEnablerHandle");
  *Handle = nullptr;
  if (const NTSTATUS status = check_attributes(Attributes); !NT_SUCCESS(status)) return status;
  if (Config->Size != sizeof(WDF_DMA_ENABLER_CONFIG) && Config->Size != kEnablerConfig9)
    return STATUS_INFO_LENGTH_MISMATCH;
  WDF_DMA_ENABLER_CONFIG config{};
  std::memcpy(&config, Config, Config->Size);
  if (config.Profile <= WdfDmaProfileInvalid || config.Profile > WdfDmaProfileSystemDuplex || config.MaximumLength == 0)
    return STATUS_INVALID_PARAMETER;
  if (config.Profile >= WdfDmaProfileSystem)
    machine::Machine::current().not_implemented("WdfDmaEnablerCreate with a system-mode profile",
                                                "no board has a DMA controller");
  auto enabler = std::make_unique<DmaEnabler>(device.client(), device, config);
  DmaEnabler& made = *enabler;
  if (const NTSTATUS status = enabler->get_adapter(); !NT_SUCCESS(status)) return status;
  const NTSTATUS status = commit_new(std::move(enabler), Attributes, parent_from(Attributes, &device), Handle);
  if (!NT_SUCCESS(status)) return status;
  DmaEnablers::of(device).add(made);
  note_dma_callbacks(device, config);
  return status;
}

size_t NTAPI WdfDmaEnablerGetMaximumLength(WDF_DRIVER_GLOBALS*, WDFDMAENABLER Handle) {
  return object_as<DmaEnabler>(Handle).length_max();
}

size_t NTAPI WdfDmaEnablerGetMaximumScatterGatherElements(WDF_DRIVER_GLOBALS*, WDFDMAENABLER Handle) {
  return object_as<DmaEnabler>(Handle).fragments_max;
}

VOID NTAPI WdfDmaEnablerSetMaximumScatterGatherElements(WDF_DRIVER_GLOBALS*, WDFDMAENABLER Handle,
                                                        size_t MaximumFragments) {
  DmaEnabler& enabler = object_as<DmaEnabler>(Handle);
  if (MaximumFragments == 0)
    return record("kmdf-verifier", "invalid-parameter",
                  fmt::format("WdfDmaEnablerSetMaximumScatterGatherElements of {} with none", enabler.name()));
  enabler.fragments_max = static_cast<ULONG>(MaximumFragments);
}

size_t NTAPI WdfDmaEnablerGetFragmentLength(WDF_DRIVER_GLOBALS*, WDFDMAENABLER Handle, WDF_DMA_DIRECTION) {
  return object_as<DmaEnabler>(Handle).fragment_length();
}

DMA_ADAPTER* NTAPI WdfDmaEnablerWdmGetDmaAdapter(WDF_DRIVER_GLOBALS*, WDFDMAENABLER Handle, WDF_DMA_DIRECTION) {
  return object_as<DmaEnabler>(Handle).adapter();
}

/// Aligned as the device's AlignmentRequirement says.
NTSTATUS NTAPI WdfCommonBufferCreate(WDF_DRIVER_GLOBALS*, WDFDMAENABLER DmaEnablerHandle, size_t Length,
                                     WDF_OBJECT_ATTRIBUTES* Attributes, WDFCOMMONBUFFER* Handle) {
  const ULONG mask = object_as<DmaEnabler>(DmaEnablerHandle).device()->device_object->AlignmentRequirement;
  return create_common_buffer(DmaEnablerHandle, Length, mask, Attributes, Handle);
}

NTSTATUS NTAPI WdfCommonBufferCreateWithConfig(WDF_DRIVER_GLOBALS*, WDFDMAENABLER DmaEnablerHandle, size_t Length,
                                               WDF_COMMON_BUFFER_CONFIG* Config, WDF_OBJECT_ATTRIBUTES* Attributes,
                                               WDFCOMMONBUFFER* Handle) {
  require_pointer(Config, "WdfCommonBufferCreateWithConfig's Config");
  if (Config->Size != sizeof(WDF_COMMON_BUFFER_CONFIG)) return STATUS_INFO_LENGTH_MISMATCH;
  if (Config->AlignmentRequirement & (Config->AlignmentRequirement + 1)) return STATUS_INVALID_PARAMETER;
  return create_common_buffer(DmaEnablerHandle, Length, Config->AlignmentRequirement, Attributes, Handle);
}

PVOID NTAPI WdfCommonBufferGetAlignedVirtualAddress(WDF_DRIVER_GLOBALS*, WDFCOMMONBUFFER Handle) {
  return object_as<CommonBuffer>(Handle).va();
}

PHYSICAL_ADDRESS NTAPI WdfCommonBufferGetAlignedLogicalAddress(WDF_DRIVER_GLOBALS*, WDFCOMMONBUFFER Handle) {
  return object_as<CommonBuffer>(Handle).logical();
}

size_t NTAPI WdfCommonBufferGetLength(WDF_DRIVER_GLOBALS*, WDFCOMMONBUFFER Handle) {
  return object_as<CommonBuffer>(Handle).length();
}

// clang-format off
const image::ExportFamily kDmaEnablerApi{kFrameworkModule, {
    // name                                          entry                                         caller's IRQL
    {"WdfDmaEnablerCreate",                          WdfDmaEnablerCreate,                          exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfDmaEnablerGetMaximumLength",                WdfDmaEnablerGetMaximumLength,                at_most(DISPATCH_LEVEL)},
    {"WdfDmaEnablerGetMaximumScatterGatherElements", WdfDmaEnablerGetMaximumScatterGatherElements, at_most(DISPATCH_LEVEL)},
    {"WdfDmaEnablerSetMaximumScatterGatherElements", WdfDmaEnablerSetMaximumScatterGatherElements, at_most(DISPATCH_LEVEL)},
    {"WdfDmaEnablerGetFragmentLength",               WdfDmaEnablerGetFragmentLength,               at_most(DISPATCH_LEVEL)},
    {"WdfDmaEnablerWdmGetDmaAdapter",                WdfDmaEnablerWdmGetDmaAdapter,                at_most(DISPATCH_LEVEL)},
    {"WdfCommonBufferCreate",                        WdfCommonBufferCreate,                        exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfCommonBufferCreateWithConfig",              WdfCommonBufferCreateWithConfig,              exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfCommonBufferGetAlignedVirtualAddress",      WdfCommonBufferGetAlignedVirtualAddress,      at_most(DISPATCH_LEVEL)},
    {"WdfCommonBufferGetAlignedLogicalAddress",      WdfCommonBufferGetAlignedLogicalAddress,      at_most(DISPATCH_LEVEL)},
    {"WdfCommonBufferGetLength",                     WdfCommonBufferGetLength,                     at_most(DISPATCH_LEVEL)},
}, "wdf/dma_enabler"};
// clang-format on

}  // namespace drydock::wdf
