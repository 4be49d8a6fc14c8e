// A run survives its way through a command line and a file.

#include "explore/replay_token.h"

#include <gtest/gtest.h>

namespace drydock::explore {
namespace {

ReplayToken sample() {
  ReplayToken token;
  token.drivers = {"build/my driver, v2=100%.sys", "other.sys"};
  token.board = "boards/x.toml";
  token.scenario = "surprise-removal";
  token.processors = 4;
  token.requests = 64;
  token.strategy = {scenario::StrategyChoice::Kind::Random, 91, {}};
  token.digest = "0123456789abcdef";
  token.fingerprint = 0xFEDCBA9876543210;
  return token;
}

TEST(ReplayToken, IsOneShellWordAndComesBack) {
  const std::string text = to_text(sample());
  EXPECT_EQ(text.find_first_of(" '\"$&|;<>()\\`*?[]#~!\n"), std::string::npos) << text;
  const auto back = parse_token(text);
  ASSERT_TRUE(back) << back.failure().message;
  EXPECT_EQ(to_text(back.value()), text);
  EXPECT_EQ(back.value().drivers, sample().drivers);
}

TEST(ReplayToken, AFileKeepsTheDecisions) {
  const std::vector<std::uint32_t> answers{0, 0, 3, 1, 0, 2};
  const auto back = parse_token(to_file(sample(), answers));
  ASSERT_TRUE(back) << back.failure().message;
  EXPECT_EQ(back.value().strategy.kind, scenario::StrategyChoice::Kind::Recorded);
  EXPECT_EQ(back.value().strategy.answers, answers);
  EXPECT_EQ(back.value().strategy.seed, 91u);
}

TEST(ReplayToken, DamageIsNamed) {
  for (const char* text :
       {"", "driver=a", "driver=a,board=b", "x=1,driver=a,board=b,scenario=c", "driver=%4,board=b,scenario=c",
        "driver=%,board=b,scenario=c", "driver=a,board=b,scenario=c,seed=-1",
        "driver=a,board=b,scenario=c,seed=", "driver=a,board=b,scenario=c,decisions=..", "nothing"})
    EXPECT_FALSE(parse_token(text)) << text;
}

}  // namespace
}  // namespace drydock::explore
