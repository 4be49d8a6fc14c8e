// Binding: wdfldr.sys as a stub meets it (docs/contracts/wdf.md, section 20). Here the stub is ours, on the host's
// side.

#include <cstring>

#include "contract/ntos/kernel_rig.h"
#include "contract/wdf/wdf_rig.h"
#include "image/loader.h"
#include "ntos/ob/names.h"
#include "wdf/framework.h"
#include "wdf/structure_sizes.h"
#include "wdf/wdf_exports.h"

namespace drydock::test::wdf {
namespace {

using drydock::wdf::WDF_BIND_INFO;
using drydock::wdf::WDF_BIND_INFO2;
using drydock::wdf::WDF_CLASS_BIND_INFO;
using drydock::wdf::WDF_DRIVER_GLOBALS;
using drydock::wdf::WDFFUNC;

using Bind = NTSTATUS(NTAPI*)(DRIVER_OBJECT*, UNICODE_STRING*, WDF_BIND_INFO*, WDF_DRIVER_GLOBALS**);
using Unbind = VOID(NTAPI*)(UNICODE_STRING*, WDF_BIND_INFO*, WDF_DRIVER_GLOBALS*);
using BindClass = NTSTATUS(NTAPI*)(WDF_BIND_INFO*, WDF_DRIVER_GLOBALS*, WDF_CLASS_BIND_INFO*);

/// What a driver's stub has: names, a table or a place for one, and the loader's functions.
struct Stub {
  Stub(ULONG minor, ULONG count) {
    info.V1.Size = sizeof(WDF_BIND_INFO);
    info.V1.Component = component;
    info.V1.Version = {1, minor, 0};
    info.V1.FuncCount = count;
    info.V1.FuncTable = reinterpret_cast<WDFFUNC*>(count <= 438 ? static_cast<void*>(copied) : &pointed);
    info.MinimumVersionRequired = &minimum;
    info.ClientVersionHigherThanFramework = &higher;
    info.FuncCountPtr = &own_count;
    info.StructCountPtr = &structures;
    info.StructTable = &sizes;
  }
  void second_form(ULONG minimum_minor) {
    info.V1.Size = sizeof(WDF_BIND_INFO2);
    minimum = minimum_minor;
  }
  template <class Function>
  static Function loader(const char* name) {
    return reinterpret_cast<Function>(image::Images::current().address_of_export("wdfldr.sys", name));
  }
  NTSTATUS bind() {
    UNICODE_STRING path = ntos::ob::counted(registry_path);
    return machine::call_driver(loader<Bind>("WdfVersionBind"), static_cast<DRIVER_OBJECT*>(nullptr), &path, &info.V1,
                                &globals);
  }
  void unbind() {
    machine::call_driver(loader<Unbind>("WdfVersionUnbind"), static_cast<UNICODE_STRING*>(nullptr), &info.V1, globals);
  }

  WCHAR component[12] = u"KmdfLibrary";
  std::u16string registry_path = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\stub";
  WDF_BIND_INFO2 info{};
  void* copied[438] = {};
  void** pointed = nullptr;
  ULONG minimum = 0, own_count = 0, structures = 0;
  BOOLEAN higher = 7;
  SIZE_T* sizes = nullptr;
  WDF_DRIVER_GLOBALS* globals = nullptr;
};

TEST(WdfBind, WDF_389_TheLoaderExportsItsSevenFunctions) {
  WdfRig rig;
  rig.run([](Manager&) {
    for (const char* name : {"WdfVersionBind", "WdfVersionUnbind", "WdfVersionBindClass", "WdfVersionUnbindClass",
                             "WdfRegisterLibrary", "WdfRegisterClassLibrary", "WdfLdrQueryInterface"})
      EXPECT_NE(image::Images::current().address_of_export("wdfldr.sys", name), nullptr) << name;
  });
}

TEST(WdfBind, WDF_393_WDF_394_WDF_395_WDF_411_WDF_412_TakesTheTableLengthOfEveryVersion) {
  struct Version {
    ULONG minor, count;
  };
  constexpr Version versions[] = {{9, 396},  {11, 432}, {13, 438}, {15, 444}, {17, 444}, {19, 446}, {21, 448},
                                  {23, 451}, {25, 453}, {27, 453}, {29, 454}, {31, 458}, {33, 458}};
  WdfRig rig;
  rig.run([&](Manager&) {
    for (Version version : versions) {
      Stub stub(version.minor, version.count);
      ASSERT_EQ(stub.bind(), STATUS_SUCCESS) << version.minor;
      void** table = version.count <= 438 ? stub.copied : stub.pointed;
      ASSERT_NE(table, nullptr);
      EXPECT_NE(table[0], nullptr);
      EXPECT_NE(table[version.count - 1], nullptr);
      if (version.count < 438) {
        EXPECT_EQ(stub.copied[version.count], nullptr);  // no more than was asked for
      }
      stub.unbind();
    }
  });
}

TEST(WdfBind, WDF_393_RefusesALengthThatNoVersionHad) {
  WdfRig rig;
  rig.run([](Manager&) {
    for (ULONG count : {0u, 1u, 400u, 457u, 459u}) {
      Stub stub(33, count);
      EXPECT_EQ(stub.bind(), STATUS_INVALID_PARAMETER) << count;
      EXPECT_EQ(stub.globals, nullptr);
    }
  });
}

TEST(WdfBind, WDF_392_RefusesMissingPointers) {
  WdfRig rig;
  rig.run([](Manager&) {
    Stub stub(33, 458);
    UNICODE_STRING path{};
    const auto bind = Stub::loader<Bind>("WdfVersionBind");
    const auto none = static_cast<DRIVER_OBJECT*>(nullptr);
    EXPECT_EQ(machine::call_driver(bind, none, &path, static_cast<WDF_BIND_INFO*>(nullptr), &stub.globals),
              STATUS_INVALID_PARAMETER);
    EXPECT_EQ(machine::call_driver(bind, none, &path, &stub.info.V1, static_cast<WDF_DRIVER_GLOBALS**>(nullptr)),
              STATUS_INVALID_PARAMETER);
    stub.info.V1.FuncTable = nullptr;
    EXPECT_EQ(stub.bind(), STATUS_INVALID_PARAMETER);
    Stub truncated(33, 458);
    truncated.info.V1.Size = 0x20;
    EXPECT_EQ(truncated.bind(), STATUS_INVALID_PARAMETER);
  });
}

TEST(WdfBind, WDF_403_WDF_473_WDF_402_RefusesANewerVersionOrAnotherMajor) {
  WdfRig rig;
  rig.run([](Manager&) {
    Stub newer(99, 458);
    EXPECT_EQ(newer.bind(), STATUS_OBJECT_TYPE_MISMATCH);
    Stub major(15, 444);
    major.info.V1.Version.Major = 2;
    EXPECT_EQ(major.bind(), STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_EQ(major.globals, nullptr);
  });
  const auto& findings = rig.machine().findings();
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_NE(findings[0].summary.find("asks for KMDF 1.99, and the library is 1.33"), std::string::npos);
}

TEST(WdfBind, WDF_404_WDF_410_ANewerDriverOfTheSecondFormTakesWhatIsThere) {
  WdfRig rig;
  rig.run([](Manager&) {
    Stub stub(35, 460);
    stub.second_form(25);
    ASSERT_EQ(stub.bind(), STATUS_SUCCESS);
    EXPECT_EQ(stub.higher, TRUE);
    EXPECT_EQ(stub.info.V1.FuncCount, 458u);
    EXPECT_EQ(stub.own_count, 458u);
    EXPECT_EQ(stub.structures, 81u);
    ASSERT_NE(stub.sizes, nullptr);
    EXPECT_EQ(stub.sizes[41], 0x90u);  // WDF_PNPPOWER_EVENT_CALLBACKS
    EXPECT_NE(stub.pointed[457], nullptr);
    stub.unbind();
  });
}

TEST(WdfBind, WDF_405_RefusesASecondFormThatNeedsMore) {
  WdfRig rig;
  rig.run([](Manager&) {
    Stub stub(35, 460);
    stub.second_form(35);
    EXPECT_EQ(stub.bind(), STATUS_OBJECT_TYPE_MISMATCH);
  });
}

TEST(WdfBind, WDF_406_AnOlderDriverOfTheSecondFormHasAllItKnows) {
  WdfRig rig;
  rig.run([](Manager&) {
    Stub stub(25, 453);
    stub.second_form(25);
    ASSERT_EQ(stub.bind(), STATUS_SUCCESS);
    EXPECT_EQ(stub.higher, FALSE);
    EXPECT_EQ(stub.info.V1.FuncCount, 453u);
    stub.unbind();
  });
}

TEST(WdfBind, WDF_397_WDF_398_GlobalsAreZeroBeforeDriverCreate) {
  WdfRig rig;
  rig.run([](Manager&) {
    Stub stub(15, 444);
    ASSERT_EQ(stub.bind(), STATUS_SUCCESS);
    const WDF_DRIVER_GLOBALS zero{};
    EXPECT_EQ(std::memcmp(static_cast<void*>(stub.globals), &zero, sizeof zero), 0);
    stub.unbind();
  });
}

TEST(WdfBind, WDF_399_TheModuleIsTheLoadersOwn) {
  WdfRig rig;
  rig.run([](Manager&) {
    Stub stub(33, 458);
    stub.info.V1.Module = reinterpret_cast<void*>(0x10);  // whatever lies there is not looked at
    EXPECT_EQ(stub.bind(), STATUS_SUCCESS);
    stub.unbind();
  });
}

TEST(WdfBind, WDF_388_WDF_474_RefusesAClassExtensionByName) {
  WdfRig rig;
  rig.run([](Manager&) {
    Stub stub(33, 458);
    ASSERT_EQ(stub.bind(), STATUS_SUCCESS);
    WCHAR name[] = u"NetAdapterCx";
    for (ULONG size : {0x50u, 0x78u}) {
      UCHAR room[0x78] = {};
      auto* info = reinterpret_cast<WDF_CLASS_BIND_INFO*>(room);
      info->Size = size;
      info->ClassName = name;
      info->Version = {2, 3, 0};
      EXPECT_EQ(machine::call_driver(Stub::loader<BindClass>("WdfVersionBindClass"), &stub.info.V1, stub.globals, info),
                STATUS_OBJECT_NAME_NOT_FOUND);
    }
    stub.unbind();
  });
  ASSERT_FALSE(rig.machine().findings().empty());
  EXPECT_NE(rig.machine().findings()[0].summary.find("NetAdapterCx 2.3, which is not here"), std::string::npos);
}

}  // namespace
}  // namespace drydock::test::wdf
