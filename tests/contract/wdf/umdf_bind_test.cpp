// How a user-mode driver is entered and bound (contract, section 21.1). The loader interface is our own (WDF-501).

#include <cstring>

#include "contract/ntos/kernel_rig.h"
#include "contract/wdf/umdf_rig.h"
#include "image/loader.h"
#include "wdf/structures.h"

namespace drydock::test::wdf {
namespace {

namespace um = drydock::wdf::um;
using drydock::wdf::DRIVER_OBJECT_UM;
using drydock::wdf::UMDF_BIND_INFO;

struct Rig : UmdfRig {
  explicit Rig(UmdfOptions options = {}) : UmdfRig(options) { orders().MapsBar = 1; }
};

UMDF_BIND_INFO& bind_info(um::HostProcess& process) {
  return *static_cast<UMDF_BIND_INFO*>(process.image()->find_symbol("WdfBindInfo"));
}

TEST(UmdfBind, WDF_491_TheImageIsAnOrdinaryDll) {
  const image::PeImage& dll = tests::guest("test/wdf_puppet_um");
  EXPECT_TRUE(dll.user_mode());
  for (const image::Import& import : dll.imports()) EXPECT_EQ(import.module, "ntdll.dll") << import.name;
  EXPECT_FALSE(tests::guest("test/wdf_puppet").user_mode());
  EXPECT_TRUE(um::check_driver(dll));
}

TEST(UmdfBind, WDF_492_WDF_490_DriverEntryComesAfterBindingInsideTheEntry) {
  Rig rig;
  bool bound_before = true;
  rig.on_loaded = [&](um::HostProcess& process) { bound_before = process.client != nullptr; };
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_FALSE(bound_before);
    EXPECT_EQ(rig.log().find("DriverEntry; DeviceAdd"), 0u);
    EXPECT_NE(rig.last_process().client, nullptr);
  });
  Rig unbound;
  unbound.on_loaded = [](um::HostProcess& process) { bind_info(process).V1.Size -= 8; };
  unbound.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(unbound.log(), "");  // no binding, no DriverEntry
  });
}

TEST(UmdfBind, WDF_429_EveryVersionHasItsTableSize) {
  struct Version {
    ULONG minor, count;
  };
  for (const Version each : {Version{15, 257}, Version{17, 260}, Version{19, 261}, Version{21, 261}, Version{23, 265},
                             Version{25, 268}, Version{27, 269}, Version{29, 269}, Version{31, 273}, Version{33, 274}})
    for (const ULONG count : {each.count, each.count + 1, ULONG{248}}) {
      Rig rig;
      rig.on_loaded = [&](um::HostProcess& process) {
        bind_info(process).V1.Version.Minor = each.minor;
        bind_info(process).V1.FuncCount = count;
      };
      rig.run([&](Manager& manager) {
        manager.enumerate_root();
        EXPECT_EQ(rig.count(PuppetDriverEntry), count == each.count ? 1u : 0u) << each.minor << ": " << count;
      });
    }
}

TEST(UmdfBind, WDF_429_UpTo248TheTableIsCopiedAboveAPointerIsStored) {
  Rig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    um::HostProcess& process = rig.last_process();
    auto* functions = static_cast<void***>(process.image()->find_symbol("WdfFunctions"));
    EXPECT_EQ(static_cast<void*>(functions), static_cast<void*>(bind_info(process).V1.FuncTable));
    EXPECT_FALSE(process.image()->contains(*functions));  // the library's table
    EXPECT_TRUE(process.contains(*functions));
  });
  Rig old({.image = "wdf_puppet_um20"});
  old.run([&](Manager& manager) {
    manager.enumerate_root();
    um::HostProcess& process = old.last_process();
    auto* table = static_cast<void**>(process.image()->find_symbol("WdfFunctionTable"));
    EXPECT_EQ(static_cast<void*>(table), static_cast<void*>(bind_info(process).V1.FuncTable));
    for (ULONG i = 0; i < bind_info(process).NameCount; ++i) EXPECT_TRUE(process.contains(table[i])) << i;
    EXPECT_EQ(old.count(PuppetD0Entry), 1u);
  });
}

TEST(UmdfBind, WDF_497_WDF_403_TheVersionIsLookedAtBeforeTheCount) {
  Rig rig;
  rig.on_loaded = [&](um::HostProcess& process) {
    bind_info(process).V1.Version.Minor = 99;
    bind_info(process).V1.FuncCount = 1;
  };
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.log(), "");
    EXPECT_EQ(rig.rules(), std::vector<std::string>{"WDF-403"});
    EXPECT_NE(rig.last_summary().find("asks for UMDF 2.99, and the library is 2.33"), std::string::npos)
        << rig.last_summary();
  });
}

TEST(UmdfBind, WDF_497_S42_AFailedDriverEntryIsUnboundWithItsDriverObject) {
  Rig rig;
  rig.orders().Status[PuppetDriverEntry] = 0xC0000001;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.log(), "DriverEntry; DriverCleanup; DriverDestroy");
    EXPECT_TRUE(rig.last_process().released);
    EXPECT_EQ(drydock::wdf::framework().clients.size(), 0u);
  });
}

TEST(UmdfBind, WDF_498_WDF_499_WDF_502_TheDriverObjectHasThePublishedLayout) {
  static_assert(sizeof(DRIVER_OBJECT_UM) == 0x170);
  static_assert(offsetof(DRIVER_OBJECT_UM, Flags) == 0x04 && offsetof(DRIVER_OBJECT_UM, DriverName) == 0x08);
  static_assert(offsetof(DRIVER_OBJECT_UM, FxDriver) == 0x18 && offsetof(DRIVER_OBJECT_UM, DriverLoadContext) == 0x20);
  static_assert(offsetof(DRIVER_OBJECT_UM, CallbackEnvironment) == 0x28 &&
                offsetof(DRIVER_OBJECT_UM, CleanupGroup) == 0x70);
  static_assert(offsetof(DRIVER_OBJECT_UM, SequenceNumber) == 0x78 && offsetof(DRIVER_OBJECT_UM, AddDevice) == 0x80);
  static_assert(offsetof(DRIVER_OBJECT_UM, DriverUnload) == 0x88 && offsetof(DRIVER_OBJECT_UM, MajorFunction) == 0x90);
  Rig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    um::HostProcess& process = rig.last_process();
    const DRIVER_OBJECT_UM& object = *process.driver_object;
    EXPECT_TRUE(process.contains(&object));
    EXPECT_EQ(object.Size, 0x170u);
    EXPECT_EQ(std::u16string(object.DriverName.Buffer, object.DriverName.Length / 2), u"\\Driver\\wdf_puppet");
    EXPECT_EQ(rig.puppet().Seen[SeenLoadContext], 1u);  // in DriverEntry
    EXPECT_EQ(object.DriverLoadContext, nullptr);       // and not after it
    EXPECT_NE(object.FxDriver, nullptr);
    EXPECT_NE(object.AddDevice, nullptr);
    EXPECT_NE(object.DriverUnload, nullptr);
    for (const PVOID each : object.MajorFunction) EXPECT_NE(each, nullptr);
    // The host plays library and host process in one: nothing loads WUDFx02000.dll.
    EXPECT_EQ(image::Images::current().find("WUDFx02000.dll"), nullptr);
  });
}

TEST(UmdfBind, WDF_501_ADriverWithAnotherStubIsRefusedInASentence) {
  const host::Status none = um::check_driver(tests::guest("test/umdf_no_entry"));
  ASSERT_FALSE(none);
  host::Status copy = um::check_driver(tests::guest("test/umdf_no_entry"));
  EXPECT_EQ(std::move(copy).failure().message,
            "umdf_no_entry.dll is a DLL without FxDriverEntryUm, so it is no UMDF 2 driver");
  host::Status kit = um::check_driver(tests::guest("test/umdf_other_stub"));
  ASSERT_FALSE(kit);
  EXPECT_NE(std::move(kit).failure().message.find("is linked with the kit's UMDF stub"), std::string::npos);
}


}  // namespace
}  // namespace drydock::test::wdf
