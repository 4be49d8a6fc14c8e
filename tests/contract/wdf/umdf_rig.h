#pragma once
// The same machine with the puppet built as a user-mode driver: what it is told and sees goes from one host process to
// the next, as if it were one.

#include <memory>

#include "contract/wdf/wdf_rig.h"
#include "wdf/um/host_process.h"
#include "wdf/um/reflector.h"

namespace drydock::test::wdf {

struct UmdfOptions {
  const char* image = "wdf_puppet_um";
  bool direct_hardware_access = true;
  bool shares_process = false;
};

class UmdfRig : public WdfRig, private drydock::wdf::um::HostProcessWatch {
 public:
  using HostProcess = drydock::wdf::um::HostProcess;

  explicit UmdfRig(UmdfOptions options = {}, std::function<std::unique_ptr<machine::Strategy>()> strategy = {});

  /// The processes so far, in order of starting.
  const std::vector<std::unique_ptr<HostProcess>>& processes() const;
  HostProcess& last_process() const { return *processes().back(); }
  /// Orders a mistake in a callback.
  void misbehave(PuppetUmFault fault, PuppetCall call, unsigned device = 0) {
    orders(device).UmFault = fault;
    orders(device).UmFaultIn = 1 + call;
  }
  /// The findings' rules so far, in order.
  std::vector<std::string> rules();
  /// The sentence of the last finding, and its stack, innermost first.
  std::string last_summary();
  std::vector<std::string> last_stack();
  /// Called when a driver's image lies in its process and before it runs.
  std::function<void(HostProcess&)> on_loaded;

 private:
  void install() override;
  PUPPET* load_puppet() override;
  void loaded(HostProcess& process) override;
  void ended(HostProcess& process) override;
  void closing(HostProcess& process) override;
  PUPPET* puppet_of(HostProcess& process);
  void keep(HostProcess& process);

  const UmdfOptions options_;
  std::unique_ptr<PUPPET> kept_ = std::make_unique<PUPPET>();
  const HostProcess* current_ = nullptr;
};

}  // namespace drydock::test::wdf
