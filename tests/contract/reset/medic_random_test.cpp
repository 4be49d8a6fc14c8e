// medic.sys under random schedules and faults: every request ends once, a good answer is right, nothing is left behind.

#include <algorithm>
#include <chrono>

#include "bus/board/build_board.h"
#include "contract/reset/medic_rig.h"
#include "machine/thread.h"
#include "nt/status.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/po/system_power.h"
#include "scenario/random_stream.h"

namespace drydock::test::reset {
namespace {

using namespace nt;
using namespace std::chrono_literals;
using ntos::pnp::manager;

constexpr std::string_view kIllBoard = R"(
name = "ill"
processors = 2
[[device]]
slot = "0:4.0"
model = "edu"
latency = "100 us"
faults = { hang = 3, lose_interrupt = 2, slow_reset = 1 }
)";

/// Requests at random, and what else may happen to a device, by `random` alone.
class Life {
 public:
  Life(MedicRig& rig, std::uint64_t seed) : rig_(rig), random_(seed) {}

  void go() {
    for (int i = 0; i < 40; ++i) step();
    end_all();
    file_.close();
    manager().wait_until_settled();
    if (devnode() != 0) EXPECT_TRUE(manager().remove(devnode()).ok());
  }

 private:
  /// 0 while the device has no stack.
  ntos::pnp::DevnodeId devnode() const {
    const auto served = manager().served_by(u"medic");
    return served.empty() ? 0 : served.back()->id;
  }

  struct Factorial {
    std::unique_ptr<user::Request> request;
    std::uint32_t number;
  };

  void step() {
    if (!file_) file_ = rig_.open();
    if (!file_) return pull_and_put_back();  // it has been given up
    switch (random_.below(10)) {
      default:
        send();
        break;
      case 6:
        machine::delay_until(machine::Machine::current().now() + random_.below(3000) * 1us, false, false);
        break;
      case 7:
        EXPECT_TRUE(ntos::po::sleep(PowerSystemSleeping3).ok());
        ntos::po::wake();  // a device that does not come back is given up
        break;
      case 8:
        manager().rebalance(devnode());
        break;
      case 9:
        pull_and_put_back();
        break;
    }
  }

  void send() {
    const std::uint32_t number = random_.below(13);
    out_.push_back({start_factorial(file_, number), number});
  }

  void end_all() {
    static constexpr std::uint32_t kFactorials[] = {1,    1,     2,      6,       24,       120,      720,
                                                    5040, 40320, 362880, 3628800, 39916800, 479001600};
    for (Factorial& each : out_) {
      const user::IoResult result = each.request->wait();
      const NTSTATUS fair[] = {STATUS_NO_SUCH_DEVICE, STATUS_DEVICE_HUNG, STATUS_INSUFFICIENT_RESOURCES};
      if (std::find(std::begin(fair), std::end(fair), result.status) != std::end(fair)) continue;
      EXPECT_EQ(answer_of(*each.request), kFactorials[each.number]);
    }
    out_.clear();
  }

  void pull_and_put_back() {
    ASSERT_TRUE(bus::board::unplug(rig_.machine(), MedicRig::kSlot));
    manager().wait_until_settled();
    end_all();
    file_.close();
    manager().wait_until_settled();
    ASSERT_TRUE(bus::board::plug(rig_.machine(), MedicRig::kSlot));
    manager().wait_until_settled();
  }

  MedicRig& rig_;
  scenario::RandomStream random_;
  user::File file_;
  std::vector<Factorial> out_;
};

TEST(Medic, LivesThroughRandomSchedulesAndFaults) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    MedicRig rig(kIllBoard, [seed] { return machine::random(seed); });
    rig.run([&] {
      Life(rig, seed).go();
      EXPECT_TRUE(ntos::io::outstanding_irps().empty());
    });
  }
}

}  // namespace
}  // namespace drydock::test::reset
