#pragma once
// What a driver may do with its hardware when (contract, sections 2, 10 and 22).

#include "nt/base.h"

namespace drydock::wdf {

using namespace nt;

class Device;

/// WDF-182, WDF-221, WDF-224: STATUS_NOT_SUPPORTED is no answer to these callbacks.
void check_status(const Device& device, NTSTATUS status, const char* callback);
/// WDF-444: mappings of the device's ranges that are left when ReleaseHardware returned.
void check_mappings_after_release(const Device& device);

/// While it lives, register access is a finding that names the callback (WDF-041, WDF-446).
class HardwareGuard {
 public:
  HardwareGuard(Device& device, const char* callback);
  ~HardwareGuard();
  HardwareGuard(const HardwareGuard&) = delete;

 private:
  std::uint64_t before_;
  Device& device_;
  const char* callback_;
};

}  // namespace drydock::wdf
