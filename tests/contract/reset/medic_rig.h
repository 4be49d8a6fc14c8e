#pragma once
// medic.sys on an educational device, in a machine of its own.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../drivers/include/edu_ioctl.h"
#include "bus/board/board.h"
#include "machine/machine.h"
#include "models/edu/edu_model.h"
#include "ntos/io/user.h"
#include "ntos/pnp/manager.h"

namespace drydock::test::reset {

namespace user = ntos::io::user;

/// The interface class of medic.sys and edu.sys.
inline constexpr nt::GUID kMedicInterface = EDU_INTERFACE_CLASS;

class MedicRig {
 public:
  static constexpr std::string_view kBoard = R"(
name = "medic"
[[device]]
slot = "0:4.0"
model = "edu"
latency = "100 us"
)";
  static constexpr bus::board::Slot kSlot{0, 4, 0};

  using StrategyMaker = std::function<std::unique_ptr<machine::Strategy>()>;
  /// Guest drivers that filter the device, nearest to the bus first.
  struct Filters {
    std::vector<std::string> lower, upper;
  };
  explicit MedicRig(std::string_view board = kBoard, StrategyMaker strategy = {}, std::string driver = "medic",
                    Filters filters = {});

  /// Enumerates and runs `body` on a machine thread; fails the test if the run does not come to its end in order.
  void run(const std::function<void()>& body);
  machine::Machine& machine() { return *machine_; }

  // ---- on a machine thread ----
  /// Of the device's present instance.
  ntos::pnp::Devnode& node() const;
  models::edu::EduModel& model() const;
  void strike(std::string_view fault);
  /// A handle by way of the device interface, of the first device or another; empty if nobody offers one.
  user::File open(nt::NTSTATUS* status = nullptr, std::size_t device = 0) const;
  EDU_STATISTICS statistics() const;
  EDU_STATISTICS statistics_of(user::File& file) const;
  /// How often the driver's image was loaded.
  unsigned loads() const { return loads_; }
  /// Register accesses to where the device used to be.
  std::uint64_t touches_after_unplug() const;
  /// Since the machine was switched on.
  machine::Duration now() const;

 private:
  std::unique_ptr<machine::Machine> machine_;
  void install(const std::string& name, unsigned* loads);

  std::string driver_;
  Filters filters_;
  unsigned loads_ = 0;
};

std::unique_ptr<user::Request> start_factorial(user::File& file, std::uint32_t number);
/// The answer; fails the test if there is none.
std::uint32_t factorial(user::File& file, std::uint32_t number);
std::uint32_t answer_of(user::Request& request);
std::vector<std::byte> pattern(std::size_t bytes, unsigned seed);

}  // namespace drydock::test::reset
