// toolbox.sys: a framework bus driver whose children come and go, on the real binary.

#include <algorithm>
#include <chrono>
#include <cstring>

#include "../drivers/include/toolbox_ioctl.h"
#include "contract/reset/medic_rig.h"
#include "image/loader.h"
#include "machine/guest_call.h"
#include "nt/device_object.h"
#include "nt/interface.h"
#include "nt/irp.h"
#include "nt/irp_codes.h"
#include "nt/status.h"
#include "ntos/io/driver.h"
#include "ntos/pnp/device_interface.h"
#include "scenario/reset_client.h"

namespace drydock::test::reset {
namespace {

using namespace nt;
using ntos::pnp::DevnodeState;
using ntos::pnp::manager;

constexpr GUID kToolboxInterface = TOOLBOX_INTERFACE_CLASS;
constexpr GUID kToolInterface = TOOL_INTERFACE_CLASS;

struct ToolboxRig : MedicRig {
  ToolboxRig() : MedicRig(kBoard, {}, "toolbox") {}

  /// The tools that are there, in the order in which they came.
  static std::vector<const ntos::pnp::DeviceInterface*> tools() {
    return manager().interfaces().of_class(kToolInterface, nullptr, false);
  }
  static user::File open(const GUID& of) {
    const auto found = manager().interfaces().of_class(of, nullptr, false);
    NTSTATUS status;
    return found.empty() ? user::File{} : user::open(found.back()->link, &status);
  }
  static NTSTATUS ask(user::File& toolbox, ULONG code, ULONG slot) {
    const NTSTATUS status = toolbox.ioctl(code, std::as_bytes(std::span(&slot, 1)), {}).status;
    manager().wait_until_settled();
    return status;
  }
  static ULONG filled(user::File& toolbox) {
    ULONG slots = 0;
    EXPECT_TRUE(toolbox.ioctl(IOCTL_TOOLBOX_QUERY, {}, std::as_writable_bytes(std::span(&slots, 1))).ok());
    return slots;
  }
  static user::IoResult use(user::File& tool, TOOL_STATE& state) {
    return tool.ioctl(IOCTL_TOOL_USE, {}, std::as_writable_bytes(std::span(&state, 1)));
  }
};

TEST(Toolbox, WDF_346_HasRawToolsThatCanBeUsed) {
  ToolboxRig rig;
  rig.run([&] {
    user::File toolbox = rig.open(kToolboxInterface);
    ASSERT_TRUE(toolbox);
    EXPECT_EQ(rig.filled(toolbox), TOOLBOX_SLOTS_FILLED);
    ASSERT_EQ(rig.tools().size(), 2u);
    user::File tool = rig.open(kToolInterface);
    TOOL_STATE state{};
    EXPECT_TRUE(rig.use(tool, state).ok());
    EXPECT_EQ(state.Slot, 1u);
    EXPECT_EQ(state.Uses, 1u);
  });
}

TEST(Toolbox, PutsInAndTakesOut) {
  ToolboxRig rig;
  rig.run([&] {
    user::File toolbox = rig.open(kToolboxInterface);
    EXPECT_EQ(rig.ask(toolbox, IOCTL_TOOLBOX_PUT_IN, 5), STATUS_SUCCESS);
    EXPECT_EQ(rig.ask(toolbox, IOCTL_TOOLBOX_PUT_IN, 5), STATUS_OBJECT_NAME_COLLISION);
    EXPECT_EQ(rig.ask(toolbox, IOCTL_TOOLBOX_PUT_IN, TOOLBOX_SLOTS), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(rig.tools().size(), 3u);
    EXPECT_EQ(rig.filled(toolbox), TOOLBOX_SLOTS_FILLED | 1u << 5);
    EXPECT_EQ(rig.ask(toolbox, IOCTL_TOOLBOX_TAKE_OUT, 5), STATUS_SUCCESS);
    EXPECT_EQ(rig.ask(toolbox, IOCTL_TOOLBOX_TAKE_OUT, 5), STATUS_NOT_FOUND);
    EXPECT_EQ(rig.tools().size(), 2u);
  });
}

// Taken out with a handle open: gone at once, and the handle finds nothing any more. Its slot may be filled meanwhile.
TEST(Toolbox, WDF_153_WDF_332_ATakenToolOutlivesItsPlaceWhileItIsOpen) {
  ToolboxRig rig;
  rig.run([&] {
    user::File toolbox = rig.open(kToolboxInterface);
    user::File tool = rig.open(kToolInterface);
    TOOL_STATE state{};
    EXPECT_EQ(rig.ask(toolbox, IOCTL_TOOLBOX_TAKE_OUT, 1), STATUS_SUCCESS);
    EXPECT_FALSE(rig.use(tool, state).ok());
    EXPECT_EQ(rig.ask(toolbox, IOCTL_TOOLBOX_PUT_IN, 1), STATUS_SUCCESS);
    EXPECT_EQ(rig.tools().size(), 2u);
    user::File other = rig.open(kToolInterface);
    EXPECT_TRUE(rig.use(other, state).ok());
    EXPECT_EQ(state.Uses, 1u);
  });
}

TEST(Toolbox, WDF_340_WDF_341_EjectsWhatNobodyUses) {
  ToolboxRig rig;
  rig.run([&] {
    user::File toolbox = rig.open(kToolboxInterface);
    {
      user::File tool = rig.open(kToolInterface);
      EXPECT_EQ(rig.ask(toolbox, IOCTL_TOOLBOX_EJECT, 1), STATUS_SUCCESS);
      EXPECT_EQ(rig.tools().size(), 2u) << "its handle has not kept it";
      EXPECT_EQ(rig.filled(toolbox), 0x3u);
    }
    EXPECT_EQ(rig.ask(toolbox, IOCTL_TOOLBOX_EJECT, 1), STATUS_SUCCESS);
    EXPECT_EQ(rig.tools().size(), 1u);
    EXPECT_EQ(rig.filled(toolbox), 0x1u);
    EXPECT_EQ(rig.ask(toolbox, IOCTL_TOOLBOX_EJECT, 1), STATUS_NOT_FOUND);
  });
}

/// As drivers/toolbox/tool_interface.h has it.
struct TOOL_INTERFACE_STANDARD {
  INTERFACE Header;
  ULONG(NTAPI* GetSlot)(PVOID Context);
};
constexpr GUID kToolInterfaceStandard{0x91D40B6E, 0x35F2, 0x4C7A, {0xB0, 0xD9, 0x7E, 0x2C, 0x5A, 0x18, 0xF3, 0x6B}};

TEST(Toolbox, RST_012_AToolAnswersForItsDriverDefinedInterface) {
  ToolboxRig rig;
  rig.run([&] {
    TOOL_INTERFACE_STANDARD interface {};
    DEVICE_OBJECT* pdo = rig.node().children.back()->pdo;
    const auto ask = [&](USHORT size, USHORT version) {
      return user::send(pdo, IRP_MJ_PNP, IRP_MN_QUERY_INTERFACE,
                        [&](IRP* irp, IO_STACK_LOCATION* location) {
                          irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
                          auto& query = location->Parameters.QueryInterface;
                          query.InterfaceType = &kToolInterfaceStandard;
                          query.Size = size;
                          query.Version = version;
                          query.Interface = &interface.Header;
                        })
          .status;
    };
    EXPECT_EQ(ask(sizeof(INTERFACE), 1), STATUS_INVALID_BUFFER_SIZE);
    EXPECT_EQ(ask(sizeof interface, 0), STATUS_INVALID_BUFFER_SIZE);
    EXPECT_EQ(interface.Header.Size, 0);
    EXPECT_EQ(ask(sizeof interface + 8, 2), STATUS_SUCCESS);
    EXPECT_EQ(interface.Header.Size, sizeof interface);
    EXPECT_EQ(machine::call_driver(interface.GetSlot, interface.Header.Context), 1u);
  });
}

TEST(Toolbox, RST_024_AToolsResetIsThatOfTheToolbox) {
  ToolboxRig rig;
  rig.run([&] {
    scenario::ResetClient client(rig.node().children.back()->pdo);
    EXPECT_TRUE(client.offers(FunctionLevelDeviceReset));
    EXPECT_EQ(client.reset(FunctionLevelDeviceReset), STATUS_SUCCESS);
    EXPECT_EQ(rig.model().statistics().function_resets, 1u);
  });
  MedicRig without(R"(
name = "without"
[[device]]
slot = "0:4.0"
model = "edu"
function_level_reset = false
)",
                   {}, "toolbox");
  without.run([&] {
    scenario::ResetClient client(without.node().children.back()->pdo);  // the parent: STATUS_NOT_SUPPORTED
    EXPECT_FALSE(client.offers(FunctionLevelDeviceReset));
  });
}

// A description withdrawn while its device is being made: the device goes again, and nobody has heard of it.
TEST(ChildList, WDF_332_AChildWithdrawnWhileItIsMadeLeavesNothingBehind) {
  MedicRig rig(MedicRig::kBoard, {}, "test/wdf_withdraws_child");
  rig.run([&] {
    const auto& node = rig.node();
    EXPECT_EQ(node.state, DevnodeState::Started);
    EXPECT_TRUE(node.children.empty());
    DRIVER_OBJECT* driver = ntos::io::find_driver("test/wdf_withdraws_child");
    ASSERT_NE(driver, nullptr);
    EXPECT_EQ(*static_cast<ULONG*>(ntos::io::record_of(driver).image->find_symbol("WithdrawnChildren")), 3u);
    EXPECT_EQ(driver->DeviceObject->NextDevice, nullptr) << "a child's device object is left";
    EXPECT_TRUE(manager().remove(node.id).ok());
  });
}

}  // namespace
}  // namespace drydock::test::reset
