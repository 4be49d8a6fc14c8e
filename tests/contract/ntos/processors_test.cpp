// A driver that looks at processors, IRQLs, DPCs, APCs and locks from inside (tests/guest/processors.c).

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string_view>

#include "contract/ntos/kernel_rig.h"
#include "guest/guest_ioctl.h"
#include "ntos/io/driver.h"
#include "ntos/io/user.h"

namespace drydock::tests {
namespace {

using machine::OutcomeKind;

struct Question {
  const char* name;
  unsigned code;
};
constexpr Question kQuestions[] = {
    {"GenericDpc", IOCTL_PROCESSORS_GENERIC_DPC},
    {"Ipi", IOCTL_PROCESSORS_IPI},
    {"FlushDpcs", IOCTL_PROCESSORS_FLUSH_DPCS},
    {"Apc", IOCTL_PROCESSORS_APC},
    {"Irql", IOCTL_PROCESSORS_IRQL},
    {"SpinLock", IOCTL_PROCESSORS_SPIN_LOCK},
};

/// Random schedules, and nothing is ever refused: the driver counts on its memory and threads.
class RandomSchedule final : public machine::Strategy {
 public:
  explicit RandomSchedule(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15 + 1) {}
  std::uint32_t answer(const char* site, std::uint32_t n) override {
    std::string_view name(site);
    bool schedule = name.starts_with("point.") || name.starts_with("processor.") || name.starts_with("thread.") ||
                    name.starts_with("interrupt.");
    if (!schedule) return 0;
    state_ ^= state_ << 13, state_ ^= state_ >> 7, state_ ^= state_ << 17;
    return static_cast<std::uint32_t>(state_ >> 33) % n;
  }
  bool asks_at_points() const override { return true; }

 private:
  std::uint64_t state_;
};

void ask(const Question& question, const machine::MachineConfig& config) {
  const image::PeImage& driver = guest("test/processors");
  KernelRig rig(config);
  GUEST_RESULT result{};
  EXPECT_EQ(rig.run([&] {
    auto loaded = ntos::io::load_driver(driver, "processors");
    ASSERT_NE(loaded.driver, nullptr);
    {
      auto file = ntos::io::user::open(u"\\Device\\Processors");
      ASSERT_TRUE(file);
      auto answer = file.ioctl(question.code, {}, std::as_writable_bytes(std::span(&result, 1)));
      EXPECT_TRUE(answer.ok()) << std::hex << answer.status;
    }
    ntos::io::unload_driver(loaded.driver);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
  EXPECT_GT(result.Checks, 0u);
  EXPECT_EQ(result.Failures, 0u) << question.name
                                 << ": first failure at tests/guest/processors.c:" << result.FirstFailure;
}

class Processors : public testing::TestWithParam<Question> {};

TEST_P(Processors, HoldsOnOne) {
  ask(GetParam(), {});
}
TEST_P(Processors, HoldsOnFour) {
  ask(GetParam(), {.processors = 4});
}
TEST_P(Processors, HoldsUnderRandomDecisions) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    ask(GetParam(), {.processors = 3, .strategy = [seed] { return std::make_unique<RandomSchedule>(seed); }});
  }
}

INSTANTIATE_TEST_SUITE_P(Ke, Processors, testing::ValuesIn(kQuestions),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace drydock::tests
