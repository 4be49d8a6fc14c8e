#include "ntos/cm/registry.h"

#include <gtest/gtest.h>

namespace drydock::ntos::cm {
namespace {

TEST(Registry, HasTheTopKeysOfWindows) {
  Registry registry;
  for (std::u16string_view path :
       {u"\\Registry\\Machine\\System\\CurrentControlSet\\Services",
        u"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Enum", u"\\Registry\\Machine\\Hardware\\DeviceMap",
        u"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion", u"\\Registry\\User\\.Default",
        u"\\Registry"})
    EXPECT_NE(registry.open(path), nullptr) << ob::narrow(path);
  EXPECT_EQ(registry.open(u"\\Registry\\Machine\\Nowhere"), nullptr);
  EXPECT_EQ(registry.open(u"\\Device\\Null"), nullptr);
}

TEST(Registry, CurrentControlSetIsAWayToControlSet001) {
  Registry registry;
  Key& key = registry.create(u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\pvscsi\\Parameters");
  EXPECT_EQ(key.path(), u"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\pvscsi\\Parameters");
  EXPECT_EQ(registry.open(u"\\registry\\machine\\SYSTEM\\controlset001\\services\\PVSCSI\\parameters"), &key);
  EXPECT_EQ(&registry.service_parameters(u"PvScsi"), &key);
}

TEST(Registry, EnumeratesKeysByNameAndValuesInOrderOfSetting) {
  Registry registry;
  Key& key = registry.service(u"order");
  for (std::u16string_view name : {u"beta", u"Alpha", u"gamma", u"ALPHA2", u"_"}) key.child_or_create(name);
  std::vector<std::u16string> names;
  for (std::size_t i = 0; i < key.child_count(); ++i) names.push_back(key.child_at(i)->name());
  EXPECT_EQ(names, (std::vector<std::u16string>{u"Alpha", u"ALPHA2", u"beta", u"gamma", u"_"}));
  EXPECT_EQ(key.child_at(5), nullptr);

  key.set_dword(u"Zulu", 1);
  key.set_dword(u"alpha", 2);
  key.set_dword(u"ZULU", 3);
  ASSERT_EQ(key.values().size(), 2u);
  EXPECT_EQ(key.values()[0].name, u"Zulu");
  EXPECT_EQ(key.dword(u"zulu"), 3u);
}

TEST(Registry, KeepsEveryType) {
  Registry registry;
  Key& key = registry.service(u"types");
  key.set_string(u"text", u"hello");
  key.set_multi_string(u"many", {u"one", u"two"});
  key.set_multi_string(u"none", {});
  key.set_qword(u"wide", 0x1122334455667788);
  EXPECT_EQ(key.string(u"text"), u"hello");
  EXPECT_EQ(key.value(u"text")->data.size(), 12u);  // the terminator counts
  EXPECT_EQ(key.multi_string(u"many"), (std::vector<std::u16string>{u"one", u"two"}));
  EXPECT_EQ(key.value(u"many")->data.size(), 18u);
  EXPECT_TRUE(key.multi_string(u"none").empty());
  EXPECT_EQ(key.value(u"none")->data.size(), 2u);
  EXPECT_EQ(key.value(u"wide")->type, nt::REG_QWORD);
  EXPECT_FALSE(key.dword(u"wide").has_value());
  EXPECT_FALSE(key.string(u"absent").has_value());
  EXPECT_TRUE(key.delete_value(u"TEXT"));
  EXPECT_FALSE(key.delete_value(u"text"));
}

TEST(Registry, DeletesOnlyKeysWithoutSubkeys) {
  Registry registry;
  Key& key = registry.create(u"\\Registry\\Machine\\Software\\A\\B\\C");
  Key* a = registry.open(u"\\Registry\\Machine\\Software\\A");
  EXPECT_FALSE(registry.remove(*a));
  EXPECT_TRUE(registry.remove(key));
  EXPECT_TRUE(key.deleted());  // a handle may still name it
  EXPECT_EQ(registry.open(u"\\Registry\\Machine\\Software\\A\\B\\C"), nullptr);
  registry.remove_tree(*a);
  EXPECT_EQ(registry.open(u"\\Registry\\Machine\\Software\\A"), nullptr);
}

TEST(Registry, NamesDeviceKeysAsWindowsDoes) {
  Registry registry;
  EXPECT_EQ(registry.device_hardware_key(u"PCI\\VEN_15AD&DEV_07C0\\3&1").path(),
            u"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Enum\\PCI\\VEN_15AD&DEV_07C0\\3&1\\Device Parameters");
  EXPECT_EQ(
      registry.device_software_key(u"{4d36e97b-e325-11ce-bfc1-08002be10318}", 7).path(),
      u"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Control\\Class\\{4d36e97b-e325-11ce-bfc1-08002be10318}\\0007");
  EXPECT_TRUE(registry.device_map().is_volatile());
}

}  // namespace
}  // namespace drydock::ntos::cm
