// Device interfaces, notifications, properties and registry keys as drivers use them.

#include "contract/pnp/pnp_rig.h"
#include "ntos/cm/registry.h"
#include "ntos/ex/pool.h"
#include "ntos/io/driver.h"
#include "ntos/io/user.h"
#include "ntos/ob/names.h"
#include "ntos/ob/object.h"
#include "ntos/pnp/device_api.h"
#include "ntos/pnp/interface_api.h"

namespace drydock::test::pnp {
namespace {

namespace user = ntos::io::user;

std::vector<std::u16string> links_of(const GUID& guid, ULONG flags = 0) {
  PWSTR list = nullptr;
  EXPECT_EQ(ntos::pnp::IoGetDeviceInterfaces(&guid, nullptr, flags, &list), STATUS_SUCCESS);
  std::vector<std::u16string> links;
  for (PWSTR at = list; at && *at; at += links.back().size() + 1) links.emplace_back(at);
  ntos::ExFreePool(list);
  return links;
}

/// What callbacks saw, in order.
std::vector<std::string>* news = nullptr;
NTSTATUS target_answer = STATUS_SUCCESS;

NTSTATUS NTAPI interface_changed(PVOID structure, PVOID) {
  auto* change = static_cast<DEVICE_INTERFACE_CHANGE_NOTIFICATION*>(structure);
  news->push_back(change->Event == GUID_DEVICE_INTERFACE_ARRIVAL ? "arrival" : "removal");
  EXPECT_EQ(change->InterfaceClassGuid, kTestInterface);
  EXPECT_TRUE(ntos::ob::view(change->SymbolicLinkName).starts_with(u"\\??\\PCI#VEN_15AD"));
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI target_changed(PVOID structure, PVOID) {
  auto* change = static_cast<TARGET_DEVICE_REMOVAL_NOTIFICATION*>(structure);
  if (change->Event == GUID_TARGET_DEVICE_QUERY_REMOVE) {
    news->push_back("query");
    return target_answer;
  }
  news->push_back(change->Event == GUID_TARGET_DEVICE_REMOVE_CANCELLED ? "cancelled" : "complete");
  return STATUS_SUCCESS;
}

struct Interface : testing::Test {
  void SetUp() override {
    target_answer = STATUS_SUCCESS;
    probe = &rig.driver("probe", {kPvscsiId});
    rig.machine().enter([this] {
      news = new std::vector<std::string>;
      probe->interfaces.push_back(kTestInterface);
    });
  }
  PnpRig rig;
  Script* probe = nullptr;
};

TEST_F(Interface, ExistsFromStartToRemoval) {
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    auto links = links_of(kTestInterface);
    ASSERT_EQ(links.size(), 1u);
    EXPECT_TRUE(user::open(links[0]));
    bus::board::unplug(rig.machine(), {0, 3, 0});
    manager.wait_until_settled();
    EXPECT_TRUE(links_of(kTestInterface).empty());
    NTSTATUS status = 0;
    EXPECT_FALSE(user::open(links[0], &status));
    EXPECT_EQ(status, STATUS_OBJECT_NAME_NOT_FOUND);
    bus::board::plug(rig.machine(), {0, 3, 0}).value();
    manager.wait_until_settled();
    EXPECT_EQ(links_of(kTestInterface), links);
  });
}

TEST_F(Interface, ArrivalAndRemovalAreAnnounced) {
  rig.run([&](Manager& manager) {
    DRIVER_OBJECT* driver = ntos::io::create_host_driver("listener", [](DRIVER_OBJECT*) {});
    GUID guid = kTestInterface;
    PVOID entry = nullptr;
    ASSERT_EQ(ntos::pnp::IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange,
                                                        PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES, &guid,
                                                        driver, interface_changed, nullptr, &entry),
              STATUS_SUCCESS);
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(*news, (std::vector<std::string>{"arrival"}));
    PVOID late = nullptr;
    ntos::pnp::IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange,
                                              PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES, &guid, driver,
                                              interface_changed, nullptr, &late);
    EXPECT_EQ(news->size(), 2u);  // told of what exists before the call returned
    ntos::pnp::IoUnregisterPlugPlayNotification(late);
    manager.remove(manager.served_by(u"probe").at(0)->id);
    manager.wait_until_settled();
    EXPECT_EQ(*news, (std::vector<std::string>{"arrival", "arrival", "removal"}));
  });
}

TEST_F(Interface, ATargetCallbackMayRefuseTheRemoval) {
  rig.run([&](Manager& manager) {
    DRIVER_OBJECT* driver = ntos::io::create_host_driver("listener", [](DRIVER_OBJECT*) {});
    manager.enumerate_root();
    Devnode& node = *manager.served_by(u"probe").at(0);
    user::File file = user::open(links_of(kTestInterface).at(0));
    PVOID entry = nullptr;
    ASSERT_EQ(ntos::pnp::IoRegisterPlugPlayNotification(EventCategoryTargetDeviceChange, 0, file.object(), driver,
                                                        target_changed, nullptr, &entry),
              STATUS_SUCCESS);
    target_answer = STATUS_UNSUCCESSFUL;
    rig.diary().clear();
    const Change change = manager.remove(node.id);
    EXPECT_NE(change.vetoed_by.find("listener"), std::string::npos) << change.vetoed_by;
    EXPECT_EQ(rig.diary_text(), "");  // no driver was asked
    EXPECT_EQ(*news, (std::vector<std::string>{"query", "cancelled"}));

    target_answer = STATUS_SUCCESS;
    file.close();  // as a well-behaved listener does
    EXPECT_TRUE(manager.remove(node.id).ok()) << manager.remove(node.id).vetoed_by;
    EXPECT_EQ(*news, (std::vector<std::string>{"query", "cancelled", "query", "complete"}));
    ntos::pnp::IoUnregisterPlugPlayNotification(entry);
  });
}

TEST_F(Interface, StateChangesOnlyOnce) {
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    std::u16string link = links_of(kTestInterface).at(0);
    UNICODE_STRING name = ntos::ob::counted(link);
    EXPECT_EQ(ntos::pnp::IoSetDeviceInterfaceState(&name, TRUE), STATUS_OBJECT_NAME_EXISTS);
    EXPECT_EQ(ntos::pnp::IoSetDeviceInterfaceState(&name, FALSE), STATUS_SUCCESS);
    EXPECT_EQ(ntos::pnp::IoSetDeviceInterfaceState(&name, FALSE), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_TRUE(links_of(kTestInterface).empty());
    EXPECT_EQ(links_of(kTestInterface, ntos::pnp::DEVICE_INTERFACE_INCLUDE_NONACTIVE).size(), 1u);
  });
}

TEST_F(Interface, PropertiesSayTheLengthTheyNeed) {
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    ULONG needed = 0;
    EXPECT_EQ(ntos::pnp::IoGetDeviceProperty(probe->pdo, DevicePropertyHardwareID, 0, nullptr, &needed),
              STATUS_BUFFER_TOO_SMALL);
    std::u16string ids(needed / sizeof(WCHAR), u' ');
    EXPECT_EQ(ntos::pnp::IoGetDeviceProperty(probe->pdo, DevicePropertyHardwareID, needed, ids.data(), &needed),
              STATUS_SUCCESS);
    EXPECT_EQ(std::u16string(ids.c_str()), u"PCI\\VEN_15AD&DEV_07C0&SUBSYS_07C015AD&REV_02");
    ULONG number = ~0u;
    EXPECT_EQ(ntos::pnp::IoGetDeviceProperty(probe->pdo, DevicePropertyBusNumber, 4, &number, &needed), STATUS_SUCCESS);
    EXPECT_EQ(number, 0u);
    EXPECT_EQ(ntos::pnp::IoGetDeviceProperty(probe->pdo, DevicePropertyAddress, 4, &number, &needed), STATUS_SUCCESS);
    EXPECT_EQ(number, 0x30000u);
    EXPECT_EQ(ntos::pnp::IoGetDeviceProperty(probe->pdo, DevicePropertyFriendlyName, 4, &number, &needed),
              STATUS_OBJECT_NAME_NOT_FOUND);
  });
}

TEST_F(Interface, RegistryKeysOfADevice) {
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    HANDLE handle = nullptr;
    ASSERT_EQ(ntos::pnp::IoOpenDeviceRegistryKey(probe->pdo, PLUGPLAY_REGKEY_DEVICE, KEY_ALL_ACCESS, &handle),
              STATUS_SUCCESS);
    EXPECT_TRUE(ntos::cm::key_of(handle)->path().ends_with(u"\\Device Parameters"));
    EXPECT_EQ(ntos::ob::close_handle(handle), STATUS_SUCCESS);
    ASSERT_EQ(ntos::pnp::IoOpenDeviceRegistryKey(probe->pdo, PLUGPLAY_REGKEY_DRIVER, KEY_ALL_ACCESS, &handle),
              STATUS_SUCCESS);
    EXPECT_TRUE(ntos::cm::key_of(handle)->path().ends_with(u"\\0000"));
    EXPECT_EQ(ntos::ob::close_handle(handle), STATUS_SUCCESS);
  });
}

}  // namespace
}  // namespace drydock::test::pnp
