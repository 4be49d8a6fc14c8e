#pragma once
// Another driver in the stack of a device, who resets it behind the back of its function driver.

#include <gtest/gtest.h>

#include "machine/guest_call.h"
#include "nt/interface.h"
#include "nt/irp.h"
#include "nt/status.h"
#include "ntos/io/user.h"

namespace drydock::test::reset {

/// He found the same interface.
struct SomebodyElse {
  explicit SomebodyElse(nt::DEVICE_OBJECT* pdo) {
    const auto ask = [this](nt::IRP* irp, nt::IO_STACK_LOCATION* location) {
      irp->IoStatus.Status = nt::STATUS_NOT_SUPPORTED;
      auto& query = location->Parameters.QueryInterface;
      query.InterfaceType = &nt::GUID_DEVICE_RESET_INTERFACE_STANDARD;
      query.Size = sizeof(interface);
      query.Version = nt::DEVICE_RESET_INTERFACE_VERSION;
      query.Interface = reinterpret_cast<nt::INTERFACE*>(&interface);
    };
    EXPECT_TRUE(ntos::io::user::send(pdo, nt::IRP_MJ_PNP, nt::IRP_MN_QUERY_INTERFACE, ask).ok());
  }
  ~SomebodyElse() { machine::call_driver(interface.InterfaceDereference, interface.Context); }
  nt::NTSTATUS reset() {
    return machine::call_driver(interface.DeviceReset, interface.Context, nt::FunctionLevelDeviceReset, nt::ULONG{0},
                                nt::PVOID{nullptr});
  }
  nt::DEVICE_RESET_INTERFACE_STANDARD interface{};
};

}  // namespace drydock::test::reset
