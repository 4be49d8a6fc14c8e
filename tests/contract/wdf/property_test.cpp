// What a driver may ask of its device and of the framework, on wdf_properties.sys.

#include "contract/wdf/wdf_rig.h"

namespace drydock::test::wdf {
namespace {

TEST(WdfProperties, ByKeyAndTheVersionInWords) {
  WdfRig rig({}, "wdf_properties");
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.checked(11);
  });
}

}  // namespace
}  // namespace drydock::test::wdf
