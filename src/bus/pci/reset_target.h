#pragma once
// What a reset interface acts on: one PCI function, and what is known to reset it. The bus has one for each PDO; a
// firmware filter above the PDO has its own, which knows more.

#include <functional>
#include <memory>
#include <optional>

#include "bus/pci/function.h"
#include "nt/interface.h"
#include "nt/irp.h"

namespace drydock::bus::pci {

class Pdo;

/// How long a function may take to answer after the first 100 ms (RST-192), and a firmware method to end (RST-105).
inline constexpr machine::Duration kReadyLimit = std::chrono::seconds(60);

/// The capability through which a function can be reset by itself.
struct ResetMechanism {
  unsigned offset = 0;
  bool express = false;  ///< else Advanced Features
};

class ResetTarget {
 public:
  explicit ResetTarget(Pdo& pdo);
  virtual ~ResetTarget() = default;
  ResetTarget(const ResetTarget&) = delete;

  /// Null once the PDO is gone: the driver may still call.
  Pdo* pdo() const { return pdo_; }
  const ConfigAccess& config() const { return config_; }

  /// The types there are now (RST-068): the bits of DEVICE_BUS_SPECIFIC_RESET_TYPE's PCI view, of which the first two
  /// are those of SupportedResetTypes.
  virtual nt::ULONGLONG types() const;
  /// Checked already: it has this type, and the device is started, in D0 and nowhere near its removal. Waits.
  virtual nt::NTSTATUS function_level();
  /// Checked already. Returns as soon as the reset is accepted.
  virtual nt::NTSTATUS platform_level();
  /// The same, with all functions below the bridge above this one as the domain.
  nt::NTSTATUS secondary_bus();

  long references = 0;  ///< handed out and not returned

 protected:
  /// The function-level sequence around a trigger of any kind: configuration saved, 100 ms, ready, configuration
  /// restored. What `trigger` reports as an error, and what takes too long, leaves the device hung (RST-040).
  nt::NTSTATUS run_function_level(const std::function<nt::NTSTATUS()>& trigger);
  bool gone() const;

 private:
  friend void forget_reset_targets(Pdo& pdo);
  Pdo* pdo_;
  ConfigAccess config_;
  std::optional<ResetMechanism> mechanism_;
};

inline constexpr nt::ULONGLONG kFunctionLevelBit = 1, kPlatformLevelBit = 2, kSecondaryBusBit = 4;

/// Waits on this thread, at PASSIVE_LEVEL.
void wait_for(machine::Duration duration);
/// Polls until the function answers configuration cycles; false if it does not within the limit, or is gone.
bool poll_until_ready(const ConfigAccess& config, const std::function<bool()>& gone);
/// The same after the first 100 ms, in which software leaves it alone (RST-181).
bool wait_until_ready(const ConfigAccess& config, const std::function<bool()>& gone);

/// Gives `target` a context that no other has had or will have in this machine.
nt::PVOID publish(std::shared_ptr<ResetTarget> target);
/// Answers IRP_MN_QUERY_INTERFACE for the reset interface in the form that the asked size has room for (RST-009).
nt::NTSTATUS answer_reset_query(nt::PVOID context, nt::IRP* irp);
/// The PDO goes: its contexts mean nothing from now on.
void forget_reset_targets(Pdo& pdo);

}  // namespace drydock::bus::pci
