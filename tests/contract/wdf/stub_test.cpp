// Drivers whose stub is linked in: what it binds, in which order, and what it finds missing (docs/contracts/wdf.md,
// sections 19 and 20).

#include <places.h>
#include <cstring>

#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "contract/ntos/kernel_rig.h"
#include "contract/wdf/wdf_rig.h"
#include "image/loader.h"
#include "image/pe_image.h"
#include "ntos/io/driver.h"
#include "wdf/wdf_exports.h"

namespace drydock::test::wdf {
namespace {

namespace io = ntos::io;

/// Loads the rig's driver by itself, and unloads it if it stays.
NTSTATUS load_alone(const char* name) {
  const io::LoadResult loaded = io::load_driver(tests::guest(std::string("test/") + name), name);
  if (loaded.driver) io::unload_driver(loaded.driver);
  return loaded.status;
}

TEST(WdfStub, WDF_386_WDF_387_ClassesAreBoundBeforeTheDriverAndUnboundAfterIt) {
  WdfRig rig({}, "wdf_class_present");
  rig.run([&](Manager&) {
    EXPECT_EQ(load_alone("wdf_class_present"), STATUS_SUCCESS);
    // Note(1): a class was bound by its own function, Note(2): unbound.
    EXPECT_EQ(rig.log(), "Note(1); Note(1); DriverEntry; Unload; Note(2); Note(2)");
    rig.checked(5);
  });
}

TEST(WdfStub, WDF_386_WDF_388_AMissingClassUndoesWhatWasBound) {
  WdfRig rig({}, "wdf_class_missing");
  rig.run([&](Manager&) {
    EXPECT_EQ(load_alone("wdf_class_missing"), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(rig.log(), "Note(1); Note(2)");  // DriverEntry never ran
  });
  const auto& findings = rig.machine().findings();
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_NE(findings[0].summary.find("class extension NetAdapterCx 2.3, which is not here"), std::string::npos);
}

TEST(WdfStub, WDF_386_AnEntryOfAnotherSizeStopsTheWalk) {
  WdfRig rig({}, "wdf_class_odd");
  rig.run([&](Manager&) {
    EXPECT_FALSE(NT_SUCCESS(load_alone("wdf_class_odd")));
    EXPECT_EQ(rig.log(), "Note(1); Note(2)");
  });
  EXPECT_TRUE(rig.machine().findings().empty());  // nobody was asked
}

TEST(WdfStub, WDF_404_WDF_407_WDF_408_ANewerDriverAsksBeforeItCalls) {
  for (PU32 variant : {0u, 1u}) {
    WdfRig rig({}, "wdf_newer");
    rig.orders(1).Variant = variant;
    rig.run([&](Manager&) {
      EXPECT_EQ(load_alone("wdf_newer"), STATUS_UNSUCCESSFUL);
      EXPECT_EQ(rig.log(), "DriverEntry");
      rig.checked(3 + variant);
    });
  }
  WdfRig rig({}, "wdf_newer");
  rig.orders(1).Variant = 2;
  rig.expect_stop(0x10);
  rig.run([](Manager&) { load_alone("wdf_newer"); });
  const auto& finding = rig.machine().findings().back();
  ASSERT_TRUE(finding.bug_check);
  EXPECT_EQ(finding.bug_check->parameters[3], 459u);
}

/// The same file without its symbol table.
std::unique_ptr<const image::PeImage> stripped(const char* name) {
  std::ifstream file(std::string(DRYDOCK_BUILD_DIR) + "/guest/" + name + ".sys", std::ios::binary);
  std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  std::uint32_t header;
  std::memcpy(&header, &bytes.at(0x3C), 4);
  std::memset(&bytes.at(header + 12), 0, 8);  // PointerToSymbolTable, NumberOfSymbols
  return image::PeImage::parse(std::as_bytes(std::span(bytes)), name).value();
}

TEST(WdfStub, WDF_390_WDF_391_TheStubIsTheEntryAndNobodyLooksForSymbols) {
  const auto bare = stripped("test/wdf_smallest");
  tests::KernelRig rig;
  const auto outcome = rig.run([&] {
    // The entry is FxDriverEntry, not the driver's own: without symbols the host can know no other.
    const io::LoadResult loaded = io::load_driver(*bare, "bare");
    ASSERT_EQ(loaded.status, STATUS_SUCCESS) << loaded.failure;
    EXPECT_NE(loaded.driver->DriverExtension->AddDevice, nullptr);  // WdfDriverCreate has run
    EXPECT_EQ(io::unload_driver(loaded.driver).status, STATUS_SUCCESS);
  });
  EXPECT_EQ(outcome, machine::OutcomeKind::Completed) << rig.what_happened();
}

}  // namespace
}  // namespace drydock::test::wdf
