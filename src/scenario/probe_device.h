#pragma once
// One function as a probe handles it: its registers, and what can be done to see that it works.

#include <optional>
#include <string>

#include "bus/pci/pci_driver.h"

namespace drydock::scenario {

/// A function's registers, as a driver without a driver's knowledge reaches them.
class ProbedRegisters {
 public:
  explicit ProbedRegisters(const bus::pci::Pdo& pdo);

  const bus::pci::Identity& identity() const { return identity_; }
  const bus::pci::ConfigAccess& config() const { return config_; }
  bool has(unsigned bar) const { return bar_of(bar) != nullptr; }
  bool is_io(unsigned bar) const { return bar_of(bar)->is_io; }
  std::uint64_t read(unsigned bar, std::uint64_t offset, unsigned size) const;
  void write(unsigned bar, std::uint64_t offset, unsigned size, std::uint64_t value) const;
  /// Until (register & mask) == value; false if it does not come within a second.
  bool await(unsigned bar, std::uint64_t offset, unsigned size, std::uint64_t mask, std::uint64_t value) const;
  /// Writes, reads back, and puts back what was there.
  bool keeps(unsigned bar, std::uint64_t offset, unsigned size, std::uint64_t value) const;

 private:
  const bus::pci::Bar* bar_of(unsigned index) const;

  bus::pci::ConfigAccess config_;
  bus::pci::Identity identity_;
  std::vector<bus::pci::Bar> bars_;
};

/// What is done with a device of a known kind.
struct DeviceUse {
  std::string_view what;                      ///< "computes a factorial"
  bool (*works)(const ProbedRegisters& device);
};
/// Of a kind that nothing is known of: that its registers are where they were put.
const DeviceUse& use_of(const ProbedRegisters& device);

}  // namespace drydock::scenario
