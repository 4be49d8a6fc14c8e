#pragma once
// WDFDMAENABLER: a device's way to memory, and the callbacks that follow its power (contract, section 15).

#include <vector>

#include "wdf/io_package.h"
#include "wdf/kernel.h"
#include "wdf/object.h"
#include "wdf/structures.h"

namespace drydock::wdf {

class DmaEnabler final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::DmaEnabler;
  DmaEnabler(Client& client, Device& device, const WDF_DMA_ENABLER_CONFIG& config);
  ~DmaEnabler() override;

  /// STATUS_INSUFFICIENT_RESOURCES if the device gets no adapter.
  NTSTATUS get_adapter();
  bool scatter_gather() const;
  DMA_ADAPTER* adapter() const { return adapter_; }
  size_t length_max() const { return config_.MaximumLength; }
  /// The longest piece one map-register set covers.
  size_t fragment_length() const { return size_t{map_registers_ - 1} << PAGE_SHIFT; }
  ULONG map_registers() const { return map_registers_; }
  bool single_transfer() const { return (config_.Flags & WDF_DMA_ENABLER_CONFIG_REQUIRE_SINGLE_TRANSFER) != 0; }
  Device* device() override { return &device_; }
  void run_down() override;

  ULONG fragments_max = ~0u;  ///< scatter/gather elements a transfer; all ones: no limit

  /// WDF-317, WDF-200, WDF-201, WDF-321.
  NTSTATUS up();
  NTSTATUS down();

 private:
  Device& device_;
  const WDF_DMA_ENABLER_CONFIG config_;
  DMA_ADAPTER* adapter_ = nullptr;
  ULONG map_registers_ = 0;
  bool fill_failed_ = false;  ///< never cleared
  bool enable_failed_ = false;
};

/// The enablers of a device, in order of creation.
class DmaEnablers final : public DmaPackage {
 public:
  static DmaEnablers& of(Device& device);
  NTSTATUS up() override;
  NTSTATUS down() override;
  void add(DmaEnabler& enabler) { enablers_.push_back(&enabler); }
  void forget(DmaEnabler& enabler) { std::erase(enablers_, &enabler); }

 private:
  std::vector<DmaEnabler*> enablers_;
};

}  // namespace drydock::wdf
