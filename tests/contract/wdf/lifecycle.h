#pragma once
// Words for tests of the framework's lifecycle: the callbacks of a function device with two interrupts, as WdfRig::log()
// gives them, and PnP requests sent by hand.

#include <initializer_list>
#include <string>

#include "contract/wdf/wdf_rig.h"
#include "ntos/io/user.h"
#include "ntos/po/system_power.h"

namespace drydock::test::wdf {

namespace user = ntos::io::user;

inline constexpr PU32 kFailed = 0xC0000001;
inline constexpr const char* kAdded = "DriverEntry; DeviceAdd";
inline constexpr const char* kUpFinal = "D0Entry(D3Final); IntEnable(1); IntEnable(2); PostInt(D3Final)";
inline constexpr const char* kUpD3 = "D0Entry(D3); IntEnable(1); IntEnable(2); PostInt(D3)";
inline constexpr const char* kDownFinal =
    "SmSuspend; PreInt(D3Final); IntDisable(2); IntDisable(1); D0Exit(D3Final)";
inline constexpr const char* kDownD3 = "SmSuspend; PreInt(D3); IntDisable(2); IntDisable(1); D0Exit(D3)";
inline constexpr const char* kObjects =
    "ChildObjCleanup(1); ChildObjCleanup(2); ObjCleanup; ChildObjDestroy(1); ChildObjDestroy(2); ObjDestroy";
inline constexpr const char* kUnloaded = "Unload; DriverCleanup; DriverDestroy";

inline std::string joined(std::initializer_list<std::string> parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

inline std::string started() {
  return joined({"RemoveAdded; PrepareHardware", kUpFinal, "SmInit"});
}

/// A function device with two message interrupts and its registers mapped.
struct Life : WdfRig {
  Life() {
    orders(1).Interrupts = 2;
    orders(1).MapsBar = 1;
  }
  /// Up to Started; what was seen until then is left out.
  void start(Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    log();
    requests();
  }
  /// Device 1 does `deed` in `call`; in which place of its orders.
  PUPPET_DEED& does(unsigned place, PuppetCall call, PuppetDeed deed, PU32 argument = 0, PU32 nth = 0,
                    unsigned device = 1) {
    PUPPET_DEED& at = orders(device).Deeds[place];
    at = {1u + call, static_cast<PU32>(deed), argument, nth, 0, 0};
    return at;
  }
  PU32 result(unsigned place, unsigned device = 1) { return puppet().Orders[device].Deeds[place].Result; }
  std::string sleep_and_wake(Manager& manager, SYSTEM_POWER_STATE state = PowerSystemSleeping3) {
    ntos::po::sleep(state);
    manager.wait_until_settled();
    ntos::po::wake();
    manager.wait_until_settled();
    sleep(1ms);
    manager.wait_until_settled();
    return log();
  }
};

/// A PnP request that nobody but the test sends.
inline NTSTATUS send_pnp(DEVICE_OBJECT* device, UCHAR minor,
                         const std::function<void(IO_STACK_LOCATION&)>& fill = {}) {
  return user::send(device, IRP_MJ_PNP, minor,
                    [&](IRP* irp, IO_STACK_LOCATION* location) {
                      irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
                      if (fill) fill(*location);
                    })
      .status;
}

inline NTSTATUS send_usage(DEVICE_OBJECT* device, DEVICE_USAGE_NOTIFICATION_TYPE type, bool in_path) {
  return send_pnp(device, IRP_MN_DEVICE_USAGE_NOTIFICATION, [&](IO_STACK_LOCATION& location) {
    location.Parameters.UsageNotification.Type = type;
    location.Parameters.UsageNotification.InPath = in_path;
  });
}

}  // namespace drydock::test::wdf
