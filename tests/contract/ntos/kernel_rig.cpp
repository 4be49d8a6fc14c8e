#include "contract/ntos/kernel_rig.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <places.h>
#include <fstream>
#include <iterator>
#include <map>
#include <vector>

#include "image/loader.h"
#include "ntos/exports.h"
#include "ntos/io/device.h"
#include "ntos/kernel.h"
#include "ntos/ob/names.h"
#include "wdf/wdf_exports.h"

namespace drydock::tests {

const image::ExportIndex& driver_exports() {
  static const image::ExportIndex index = [] {
    image::ExportIndex made;
    ntos::add_ntos_exports(made);
    wdf::add_wdf_exports(made);
    return made;
  }();
  return index;
}

KernelRig::KernelRig(const machine::MachineConfig& config) {
  const image::ExportIndex& index = driver_exports();
  machine_ = machine::Machine::create(config).value();
  machine_->enter([&] { image::Images::attach(*machine_, index); });
  ntos::install_kernel(*machine_);
}

std::uint32_t KernelRig::stop_code() const {
  for (const machine::Finding& finding : findings())
    if (finding.bug_check && finding.severity == machine::Severity::Fatal) return finding.bug_check->code;
  return 0;
}

std::string KernelRig::what_happened() const {
  std::string result;
  for (const machine::Finding& finding : findings()) {
    result += fmt::format("{}: {}\n", finding.rule, finding.summary);
    for (const std::string& detail : finding.details) result += "    " + detail + "\n";
    for (const machine::StackFrame& frame : finding.stack) result += "  at " + frame.symbol + "\n";
  }
  return result;
}

const image::PeImage& guest(std::string_view name) {
  static std::map<std::string, std::unique_ptr<const image::PeImage>> parsed;
  auto& image = parsed[std::string(name)];
  if (image == nullptr) {
    std::string path = fmt::format("{}/guest/{}.sys", DRYDOCK_BUILD_DIR, name);
    if (!std::ifstream(path)) path = fmt::format("{}/guest/{}.dll", DRYDOCK_BUILD_DIR, name);
    std::ifstream file(path, std::ios::binary);
    std::vector<char> text{std::istreambuf_iterator<char>(file), {}};
    std::string base = path.substr(path.rfind('/') + 1);
    image = image::PeImage::parse(std::as_bytes(std::span(text)), base).value();
  }
  return *image;
}

nt::DEVICE_OBJECT* host_device(std::string_view service, std::u16string_view name, nt::PDRIVER_DISPATCH dispatch,
                               nt::ULONG flags) {
  nt::DRIVER_OBJECT* driver = ntos::io::find_driver(service);
  if (driver == nullptr)
    driver = ntos::io::create_host_driver(service, [&](nt::DRIVER_OBJECT* object) {
      for (nt::PDRIVER_DISPATCH& entry : object->MajorFunction) entry = dispatch;
    });
  nt::DEVICE_OBJECT* device = nullptr;
  nt::UNICODE_STRING counted = ntos::ob::counted(name);
  nt::NTSTATUS status = ntos::io::IoCreateDevice(driver, 64, &counted, nt::FILE_DEVICE_UNKNOWN, 0, nt::FALSE, &device);
  EXPECT_EQ(status, nt::STATUS_SUCCESS);
  device->Flags |= flags;
  device->Flags &= ~nt::DO_DEVICE_INITIALIZING;
  return device;
}

}  // namespace drydock::tests
