// The registry through the calls a driver makes.

#include <gtest/gtest.h>

#include <cstring>

#include "contract/ntos/kernel_rig.h"
#include "nt/status.h"
#include "ntos/cm/key_api.h"
#include "ntos/cm/registry.h"
#include "ntos/ob/names.h"
#include "ntos/ob/object.h"
#include "ntos/ob/object_api.h"
#include "ntos/rtl/string.h"

namespace drydock::tests {
namespace {

using machine::OutcomeKind;
using namespace nt;
namespace cm = ntos::cm;

constexpr const WCHAR* kSample = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\sample";

HANDLE open_key(std::u16string_view path, NTSTATUS* status) {
  UNICODE_STRING name = ntos::ob::counted(path);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  HANDLE handle = nullptr;
  *status = cm::ZwOpenKey(&handle, KEY_READ, &attributes);
  return handle;
}

class RegistryCalls : public ::testing::Test {
 protected:
  void run(const std::function<void()>& body) {
    EXPECT_EQ(rig_.run(body), OutcomeKind::Completed) << rig_.what_happened();
  }
  KernelRig rig_;
};

TEST_F(RegistryCalls, CM_001_CreateMakesOneComponentAndOpenFindsItByAnyCase) {
  run([] {
    NTSTATUS status;
    open_key(kSample, &status);
    EXPECT_EQ(status, STATUS_OBJECT_NAME_NOT_FOUND);
    UNICODE_STRING name = ntos::ob::counted(kSample);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    HANDLE key;
    ULONG disposition;
    EXPECT_EQ(cm::ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, nullptr, 0, &disposition), STATUS_SUCCESS);
    EXPECT_EQ(disposition, REG_CREATED_NEW_KEY);
    UNICODE_STRING deep = ntos::ob::counted(u"A\\B");
    InitializeObjectAttributes(&attributes, &deep, OBJ_KERNEL_HANDLE, key, nullptr);
    HANDLE below;
    EXPECT_EQ(cm::ZwCreateKey(&below, KEY_ALL_ACCESS, &attributes, 0, nullptr, 0, nullptr),
              STATUS_OBJECT_NAME_NOT_FOUND);
    HANDLE again = open_key(u"\\REGISTRY\\machine\\system\\CURRENTCONTROLSET\\services\\SAMPLE", &status);
    EXPECT_EQ(status, STATUS_SUCCESS);
    EXPECT_EQ(cm::key_of(again), cm::key_of(key));
    ntos::ob::ZwClose(again);
    EXPECT_EQ(cm::ZwDeleteKey(key), STATUS_SUCCESS);
    ULONG length;
    EXPECT_EQ(cm::ZwQueryKey(key, KeyBasicInformation, nullptr, 0, &length), STATUS_KEY_DELETED);
    ntos::ob::ZwClose(key);
  });
}

TEST_F(RegistryCalls, CM_002_QueriesSayHowMuchRoomTheyNeed) {
  run([] {
    cm::registry().service(u"sample").set_dword(u"Answer", 42);
    NTSTATUS status;
    HANDLE key = open_key(kSample, &status);
    UNICODE_STRING name = ntos::ob::counted(u"ANSWER");
    alignas(8) std::byte buffer[64];
    ULONG length = 0;
    EXPECT_EQ(cm::ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, 4, &length), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(length, 16u);
    EXPECT_EQ(cm::ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, 14, &length), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(cm::ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, 64, &length), STATUS_SUCCESS);
    auto* partial = reinterpret_cast<KEY_VALUE_PARTIAL_INFORMATION*>(buffer);
    EXPECT_EQ(partial->Type, REG_DWORD);
    EXPECT_EQ(partial->DataLength, 4u);
    EXPECT_EQ(partial->Data[0], 42);
    EXPECT_EQ(cm::ZwEnumerateValueKey(key, 0, KeyValueFullInformation, buffer, 64, &length), STATUS_SUCCESS);
    auto* full = reinterpret_cast<KEY_VALUE_FULL_INFORMATION*>(buffer);
    EXPECT_EQ(full->NameLength, 12u);
    EXPECT_EQ(std::to_integer<int>(buffer[full->DataOffset]), 42);
    EXPECT_EQ(cm::ZwEnumerateValueKey(key, 1, KeyValueFullInformation, buffer, 64, &length), STATUS_NO_MORE_ENTRIES);
    UNICODE_STRING absent = ntos::ob::counted(u"absent");
    EXPECT_EQ(cm::ZwQueryValueKey(key, &absent, KeyValuePartialInformation, buffer, 64, &length),
              STATUS_OBJECT_NAME_NOT_FOUND);
    ntos::ob::ZwClose(key);
  });
}

TEST_F(RegistryCalls, CM_003_TheTableFillsVariablesAndTakesDefaults) {
  run([] {
    cm::Key& key = cm::registry().service_parameters(u"sample");
    key.set_dword(u"Depth", 64);
    key.set_string(u"Name", u"dock");
    ULONG depth = 0, missing = 7;
    ULONG fallback = 9;
    UNICODE_STRING name{};
    RTL_QUERY_REGISTRY_TABLE table[5]{};
    table[0] = {nullptr, RTL_QUERY_REGISTRY_SUBKEY, u"Parameters", nullptr, 0, nullptr, 0};
    table[1] = {nullptr, RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK, u"depth",
                &depth,  REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT,          nullptr,
                0};
    table[2] = {nullptr, RTL_QUERY_REGISTRY_DIRECT, u"Missing", &missing, REG_DWORD, &fallback, sizeof(fallback)};
    table[3] = {nullptr, RTL_QUERY_REGISTRY_DIRECT, u"Name", &name, 0, nullptr, 0};
    EXPECT_EQ(cm::RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, u"sample", table, nullptr, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(depth, 64u);
    EXPECT_EQ(missing, 9u);
    EXPECT_EQ(ntos::ob::view(&name), u"dock");
    ntos::RtlFreeUnicodeString(&name);

    table[2].Flags |= RTL_QUERY_REGISTRY_REQUIRED;
    EXPECT_EQ(cm::RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, u"sample", table, nullptr, nullptr),
              STATUS_OBJECT_NAME_NOT_FOUND);
    table[1].DefaultType = REG_SZ << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT;
    EXPECT_EQ(cm::RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, u"sample", table, nullptr, nullptr),
              STATUS_OBJECT_TYPE_MISMATCH);
  });
}

NTSTATUS NTAPI collect(PWSTR name, ULONG type, PVOID data, ULONG length, PVOID context, PVOID) {
  auto* lines = static_cast<std::vector<std::string>*>(context);
  std::string line = name == nullptr ? "-" : ntos::ob::narrow(name);
  line += ' ' + std::to_string(type) + ' ' + std::to_string(length);
  if (type == REG_SZ) line += ' ' + ntos::ob::narrow(static_cast<const WCHAR*>(data));
  lines->push_back(line);
  return STATUS_SUCCESS;
}

TEST_F(RegistryCalls, CM_004_TheTableCallsRoutinesOncePerStringOfAMultiString) {
  run([] {
    cm::Key& key = cm::registry().service(u"sample");
    key.set_multi_string(u"Many", {u"one", u"two"});
    key.set_string(u"Path", u"%SystemRoot%", REG_EXPAND_SZ);
    std::vector<std::string> lines;
    RTL_QUERY_REGISTRY_TABLE table[3]{};
    table[0].QueryRoutine = collect;
    table[0].Flags = RTL_QUERY_REGISTRY_NOVALUE;
    table[1].QueryRoutine = collect;
    EXPECT_EQ(cm::RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, kSample, table, &lines, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(lines, (std::vector<std::string>{"- 0 0", "Many 1 8 one", "Many 1 8 two", "Path 1 26 %SystemRoot%"}));
  });
}

TEST_F(RegistryCalls, CM_005_WritesCreateTheirKeys) {
  run([] {
    ULONG value = 5;
    EXPECT_EQ(cm::RtlCheckRegistryKey(RTL_REGISTRY_DEVICEMAP, const_cast<PWSTR>(u"Scsi")),
              STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(cm::RtlWriteRegistryValue(RTL_REGISTRY_DEVICEMAP, u"Scsi\\Scsi Port 0", u"Ports", REG_DWORD, &value, 4),
              STATUS_SUCCESS);
    EXPECT_EQ(cm::registry().device_map().open(u"Scsi\\Scsi Port 0")->dword(u"Ports"), 5u);
    EXPECT_EQ(cm::RtlDeleteRegistryValue(RTL_REGISTRY_DEVICEMAP, u"Scsi\\Scsi Port 0", u"Ports"), STATUS_SUCCESS);
    EXPECT_EQ(cm::RtlDeleteRegistryValue(RTL_REGISTRY_DEVICEMAP, u"Scsi\\Scsi Port 0", u"Ports"),
              STATUS_OBJECT_NAME_NOT_FOUND);
  });
}

}  // namespace
}  // namespace drydock::tests
