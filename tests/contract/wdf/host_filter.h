#pragma once
// A WDM driver of the test's own above or below the puppet: passes everything on but what it is told to look at.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "contract/wdf/wdf_rig.h"

namespace drydock::test::wdf {

struct HostFilter {
  /// Makes the service `name` (see WdfRig::add_filters).
  HostFilter(WdfRig& rig, std::string name);
  HostFilter(const HostFilter&) = delete;
  ~HostFilter();

  std::map<UCHAR, NTSTATUS> refuse;  ///< by PnP minor code: completed here, START once the drivers below have started
  /// Sees QUERY_CAPABILITIES' answer.
  std::function<void(DEVICE_CAPABILITIES&)> capabilities;
  /// Sees START's lists before anybody below.
  std::function<void(CM_RESOURCE_LIST* raw, CM_RESOURCE_LIST* translated)> start;
  /// Sees the requirements on their way down.
  std::function<void(IO_RESOURCE_REQUIREMENTS_LIST*)> requirements;
  /// Keeps wait-wake requests, as a bus does that can wake the device.
  bool keeps_wake = false;
  /// Completes them at once with this status, if it does not keep them.
  std::optional<NTSTATUS> ends_wake;
  /// "START", "REMOVE" and so on, and "D0", "D3", as they came by; wait-wake as "WAIT_WAKE".
  std::vector<std::string> diary;
  std::string seen() const;

  IRP* wake = nullptr;  ///< kept
  void end_wake(NTSTATUS status);

  std::string name;
  DRIVER_OBJECT* driver = nullptr;
  DEVICE_OBJECT* device = nullptr;
  DEVICE_OBJECT* lower = nullptr;
};

}  // namespace drydock::test::wdf
