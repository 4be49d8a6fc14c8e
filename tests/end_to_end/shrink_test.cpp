// A failed run made small.

#include <nlohmann/json.hpp>

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

/// The token that a failed run prints behind "replay ".
std::string token_of(const Ran& ran) {
  const std::string line = ran.last_line();
  const auto at = line.find("replay ");
  return at == std::string::npos ? std::string() : line.substr(at + 7);
}

std::string fail(const std::string& line) {
  const Ran ran = drydock("run " + line);
  EXPECT_EQ(ran.exit_code, 1) << ran.output;
  const std::string token = token_of(ran);
  EXPECT_FALSE(token.empty()) << ran.output;
  return token;
}

/// Two processors change a list, each under a lock of its own.
std::string a_race() {
  return fail(guest("zoo/wdf_list_under_two_locks") + " --board edu --scenario io --processors 2 --runs 1000");
}

TEST(Shrink, OfARaceOnlyTheSwitchesIntoItAreLeft) {
  const std::string token = a_race();
  const Ran ran = drydock("shrink " + token + " --json");
  ASSERT_EQ(ran.exit_code, 1) << ran.output;
  const auto json = nlohmann::json::parse(ran.output, nullptr, false);
  ASSERT_FALSE(json.is_discarded()) << ran.output;
  EXPECT_TRUE(json["finished"]);
  EXPECT_GT(json["decisions"]["before"].get<int>(), 100);
  EXPECT_LE(json["decisions"]["after"].get<int>(), 6) << json["decisions_left"].dump(2);
  EXPECT_LT(json["requests"]["after"].get<int>(), json["requests"]["before"].get<int>());
  EXPECT_EQ(json["processors"]["after"], 2);  // one alone never meets the other
  EXPECT_EQ(json["decisions_left"].size(), json["decisions"]["after"].get<std::size_t>());
  for (const auto& decision : json["decisions_left"]) {
    EXPECT_GT(decision["answer"].get<int>(), 0) << decision;
    EXPECT_LT(decision["answer"].get<int>(), decision["of"].get<int>()) << decision;
    EXPECT_FALSE(decision["meaning"].get<std::string>().empty()) << decision;
  }
  EXPECT_EQ(json["run"]["findings"][0]["rule"], "KERNEL_SECURITY_CHECK_FAILURE");
}

TEST(Shrink, TheSmallRunIsRepeatedByItsCommand) {
  const std::string token = a_race();
  const Ran small = drydock("shrink " + token);
  ASSERT_EQ(small.exit_code, 1) << small.output;
  EXPECT_TRUE(small.says("what goes otherwise than on an undisturbed machine")) << small.output;
  const std::string digest = small.after("digest ");
  const Ran again = drydock("replay " + token_of(small));
  EXPECT_EQ(again.exit_code, 1) << again.output;  // 6 if the digest were another
  EXPECT_EQ(again.after("digest "), digest);
  EXPECT_TRUE(again.says("finding 1: KERNEL_SECURITY_CHECK_FAILURE (0x139)")) << again.output;
  EXPECT_EQ(drydock("shrink " + token).after("digest "), digest);
}

TEST(Shrink, NoneOfTheDecisionsThatAreLeftCanGo) {
  const Ran once = drydock("shrink " + a_race() + " --json");
  const auto small = nlohmann::json::parse(once.output, nullptr, false);
  ASSERT_FALSE(small.is_discarded()) << once.output;
  const std::string command = small["run"]["replay"];
  const Ran twice = drydock("shrink " + command.substr(command.find("replay ") + 7) + " --json");
  const auto smaller = nlohmann::json::parse(twice.output, nullptr, false);
  ASSERT_FALSE(smaller.is_discarded()) << twice.output;
  EXPECT_EQ(smaller["decisions"]["after"], smaller["decisions"]["before"]);
  EXPECT_EQ(smaller["requests"]["after"], smaller["requests"]["before"]);
}

TEST(Shrink, WhatFailsUndisturbedNeedsNoDecision) {
  const std::string token = fail(guest("zoo/null_write") + " --seed 3");
  const Ran ran = drydock("shrink " + token);
  EXPECT_EQ(ran.exit_code, 1) << ran.output;
  EXPECT_TRUE(ran.says("it fails on an undisturbed machine as well")) << ran.output;
  const Ran steady = drydock("shrink " + fail(guest("zoo/null_write")));
  EXPECT_EQ(steady.exit_code, 1) << steady.output;
  EXPECT_TRUE(steady.says("0 decisions")) << steady.output;
}

TEST(Shrink, TriesEndIt) {
  const Ran ran = drydock("shrink " + a_race() + " --tries 3");
  EXPECT_EQ(ran.exit_code, 1) << ran.output;
  EXPECT_TRUE(ran.says("ended before everything was tried")) << ran.output;
}

TEST(Shrink, ARunThatPassesIsRefused) {
  const Ran ran = drydock("shrink driver=" + guest("wdm_echo") + ",board=empty,scenario=wdm,processors=1,requests=8,seed=1");
  EXPECT_EQ(ran.exit_code, 2) << ran.output;
  EXPECT_TRUE(ran.says("this run passes")) << ran.output;
}

TEST(Shrink, ARunThatCannotBeReadIsBadInput) {
  EXPECT_EQ(drydock("shrink nowhere.drydock-run").exit_code, 2);
  EXPECT_EQ(drydock("shrink driver=x.sys").exit_code, 2);
  EXPECT_EQ(drydock("shrink").exit_code, 2);
}

}  // namespace
}  // namespace drydock::end_to_end
