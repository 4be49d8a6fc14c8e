#pragma once
// A machine with a kernel and nothing else, for tests that load drivers and talk to them.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "image/export_table.h"
#include "image/pe_image.h"
#include "machine/machine.h"
#include "nt/irp.h"
#include "ntos/io/driver.h"
#include "ntos/io/user.h"

namespace drydock::tests {

class KernelRig {
 public:
  explicit KernelRig(const machine::MachineConfig& config = {});

  machine::Machine& machine() { return *machine_; }
  /// On a system thread.
  machine::OutcomeKind run(const std::function<void()>& body) { return machine_->run(body).kind; }
  const std::vector<machine::Finding>& findings() const { return machine_->findings(); }
  /// "0x44 ..." of the first bug check, 0 if there was none.
  std::uint32_t stop_code() const;
  /// Findings one a line, for failure messages.
  std::string what_happened() const;

 private:
  std::unique_ptr<machine::Machine> machine_;
};

/// What the kernel and the framework offer to a driver. Made at the first call, which is outside of a machine.
const image::ExportIndex& driver_exports();

/// build/guest/<name>.sys, parsed once a process.
const image::PeImage& guest(std::string_view name);

/// A device of a driver of ours whose dispatch routine for every major function is `dispatch`.
nt::DEVICE_OBJECT* host_device(std::string_view service, std::u16string_view name, nt::PDRIVER_DISPATCH dispatch,
                               nt::ULONG flags = nt::DO_BUFFERED_IO);

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace drydock::tests
