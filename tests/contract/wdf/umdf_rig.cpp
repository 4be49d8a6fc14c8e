#include "contract/wdf/umdf_rig.h"

#include <cstring>

#include "contract/ntos/kernel_rig.h"
#include "ntos/kernel.h"

namespace drydock::test::wdf {

namespace um = drydock::wdf::um;

UmdfRig::UmdfRig(UmdfOptions options, std::function<std::unique_ptr<machine::Strategy>()> strategy)
    : WdfRig(std::move(strategy), options.image), options_(options) {}

void UmdfRig::install() {
  using ntos::pnp::DriverPackage;
  using ntos::pnp::InstalledValue;
  auto& store = machine::Machine::current().part<ntos::Kernel>(machine::PartId::Kernel).pnp->store();
  const image::PeImage* dll = &tests::guest(driver_);
  store.add(ntos::pnp::Service{.name = u"wdf_puppet", .load = [dll](DRIVER_OBJECT** driver) {
                                 return um::load_driver(*dll, "wdf_puppet", driver);
                               }});
  DriverPackage package{.service = u"wdf_puppet", .ids = {kWdfId}, .class_name = u"Test"};
  const auto add = [&package](std::u16string subkey, std::u16string name, ULONG dword) {
    package.values.push_back(InstalledValue{
        .where = InstalledValue::Where::Hardware, .subkey = std::move(subkey), .name = std::move(name), .dword = dword});
  };
  add(u"Interrupt Management\\MessageSignaledInterruptProperties", u"MSISupported", 1);
  if (options_.direct_hardware_access) add(u"WUDF", u"DirectHardwareAccess", 1);
  if (options_.shares_process) add(u"WUDF", u"HostProcessSharing", 1);
  store.add(package);
}

PUPPET* UmdfRig::load_puppet() {
  um::user_mode().watch = this;
  return kept_.get();
}

PUPPET* UmdfRig::puppet_of(HostProcess& process) {
  return static_cast<PUPPET*>(process.image()->find_export("Puppet"));
}

void UmdfRig::loaded(HostProcess& process) {
  if (PUPPET* puppet = puppet_of(process)) {
    if (current_) std::memcpy(kept_.get(), puppet_, sizeof(PUPPET));
    std::memcpy(puppet, kept_.get(), sizeof(PUPPET));
    puppet_ = puppet;
    current_ = &process;
  }
  if (on_loaded) on_loaded(process);
}

void UmdfRig::keep(HostProcess& process) {
  if (current_ != &process) return;
  std::memcpy(kept_.get(), puppet_, sizeof(PUPPET));
  puppet_ = kept_.get();
  current_ = nullptr;
}

void UmdfRig::ended(HostProcess& process) {
  keep(process);
}

void UmdfRig::closing(HostProcess& process) {
  if (process.image()) keep(process);
}

const std::vector<std::unique_ptr<um::HostProcess>>& UmdfRig::processes() const {
  return um::user_mode().processes;
}

std::vector<std::string> UmdfRig::rules() {
  std::vector<std::string> rules;
  for (const machine::Finding& finding : machine().findings()) rules.push_back(finding.rule);
  return rules;
}

std::string UmdfRig::last_summary() {
  return machine().findings().empty() ? std::string() : machine().findings().back().summary;
}

std::vector<std::string> UmdfRig::last_stack() {
  std::vector<std::string> lines;
  if (!machine().findings().empty())
    for (const machine::StackFrame& frame : machine().findings().back().stack) lines.push_back(frame.symbol);
  return lines;
}

}  // namespace drydock::test::wdf
