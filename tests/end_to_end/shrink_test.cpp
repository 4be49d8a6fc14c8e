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

/// A request's context is used after the request may have ended: it takes a switch at the right moment.
std::string a_race() {
  return fail(guest("zoo/wdf_references_too_late") +
              " --board edu --scenario io --processors 2 --verifier special-pool --runs 1000");
}

TEST(Shrink, OfARaceOnlyTheSwitchesIntoItAreLeft) {
  const std::string token = a_race();
  const Ran ran = drydock("shrink " + token + " --json");
  ASSERT_EQ(ran.exit_code, 1) << ran.output;
  const auto json = nlohmann::json::parse(ran.output, nullptr, false);
  ASSERT_FALSE(json.is_discarded()) << ran.output;
  EXPECT_TRUE(json["finished"]);
  EXPECT_GT(json["decisions"]["before"].get<int>(), 5);
  EXPECT_LE(json["decisions"]["after"].get<int>(), 2) << json["decisions_left"].dump(2);
  EXPECT_LT(json["steps"]["after"].get<int>(), json["steps"]["before"].get<int>());
  EXPECT_LT(json["requests"]["after"].get<int>(), json["requests"]["before"].get<int>());
  EXPECT_EQ(json["decisions_left"].size(), json["decisions"]["after"].get<std::size_t>());
  for (const auto& decision : json["decisions_left"]) {
    EXPECT_GT(decision["answer"].get<int>(), 0) << decision;
    EXPECT_LT(decision["answer"].get<int>(), decision["of"].get<int>()) << decision;
    EXPECT_FALSE(decision["meaning"].get<std::string>().empty()) << decision;
  }
  EXPECT_EQ(json["run"]["findings"][0]["rule"], "DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL");
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
  EXPECT_TRUE(again.says("finding 1: DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL (0xD5)")) << again.output;
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

TEST(Shrink, FaultsAreDecisionsToo) {
  const TemporaryFile board("hangs.toml",
                            "name = \"hangs\"\n[[device]]\nslot = \"0:3.0\"\nmodel = \"pvscsi\"\n"
                            "disk = [{ target = 0, size = \"64 MiB\" }]\nfaults = { hang = 3, late = 3 }\n");
  const Ran ran =
      drydock("shrink " + fail(guest("zoo/scsi_reset_leaves_requests") + " --board " + board.path() + " --runs 20"));
  EXPECT_EQ(ran.exit_code, 1) << ran.output;
  EXPECT_TRUE(ran.says("scsi_reset_leaves_requests.sys!")) << ran.output;  // where the driver was
  EXPECT_TRUE(ran.says("fault: a request ")) << ran.output;
}

TEST(Shrink, WhatFailsUndisturbedNeedsNoDecision) {
  const std::string token = fail(guest("zoo/null_write") + " --seed 3");
  const Ran ran = drydock("shrink " + token);
  EXPECT_EQ(ran.exit_code, 1) << ran.output;
  EXPECT_TRUE(ran.says("it fails on an undisturbed machine as well")) << ran.output;
  const Ran steady = drydock("shrink " + fail(guest("zoo/null_write")));
  EXPECT_EQ(steady.exit_code, 1) << steady.output;
  EXPECT_TRUE(steady.says("0 decisions")) << steady.output;
  EXPECT_FALSE(steady.says("under the load of seed")) << steady.output;
}

TEST(Shrink, NumbersInStepsBecomeSmaller) {
  const std::string line = guest("zoo/scsi_abort_then_reset") + " --board pvscsi --scenario 'io 200, wait 2 s, io 300'";
  const Ran ran = drydock("shrink " + fail(line) + " --json");
  const auto json = nlohmann::json::parse(ran.output, nullptr, false);
  ASSERT_FALSE(json.is_discarded()) << ran.output;
  EXPECT_LT(json["requests"]["after"].get<int>(), 100) << ran.output;
  EXPECT_LT(json["requests"]["after"].get<int>(), json["requests"]["before"].get<int>()) << ran.output;
}

/// A finding of the scenario has no place in the driver: it must come in the same step.
TEST(Shrink, WhatTheScenarioFindsIsFoundInTheSameStep) {
  const std::string token = fail(guest("zoo/wdf_nobody_completes") + " --board edu --scenario surprise-removal");
  const Ran before = drydock("replay " + token + " --json"), after = drydock("shrink " + token + " --json");
  const auto run = nlohmann::json::parse(before.output, nullptr, false);
  const auto small = nlohmann::json::parse(after.output, nullptr, false);
  ASSERT_FALSE(run.is_discarded()) << before.output;
  ASSERT_FALSE(small.is_discarded()) << after.output;
  const auto failed_step = [](const nlohmann::json& of) {
    std::string name;
    for (const auto& step : of["steps"])
      if (step["state"] == "failed") name = step["name"];
    return name;
  };
  EXPECT_EQ(small["run"]["findings"][0]["rule"], run["findings"][0]["rule"]);
  EXPECT_EQ(run["findings"][0]["at"], "");
  EXPECT_EQ(failed_step(small["run"]), failed_step(run));
  for (const char* stays : {"load", "start", "enumerate", "unload"}) {
    bool there = false;
    for (const auto& step : small["run"]["steps"]) there = there || step["name"] == stays;
    EXPECT_TRUE(there) << stays << after.output;
  }
}

TEST(Shrink, ARunThatIsNotTheOneItWasIsRefused) {
  std::string token = a_race();
  const auto digest = token.find(",digest=");
  ASSERT_NE(digest, std::string::npos);
  const Ran ran = drydock("shrink " + token.substr(0, digest) + ",digest=0000000000000000");
  EXPECT_EQ(ran.exit_code, 6) << ran.output;
  EXPECT_TRUE(ran.says("nondeterminism: the run had the digest 0000000000000000")) << ran.output;
}

TEST(Shrink, TriesEndIt) {
  const Ran ran = drydock("shrink " + a_race() + " --tries 3");
  EXPECT_EQ(ran.exit_code, 1) << ran.output;
  EXPECT_TRUE(ran.says("shrunk in 3 tries")) << ran.output;
  EXPECT_TRUE(ran.says("ended before everything was tried")) << ran.output;
  EXPECT_EQ(drydock("shrink " + a_race() + " --tries 0").exit_code, 2);
}

TEST(Shrink, ARunThatPassesIsRefused) {
  const Ran ran =
      drydock("shrink driver=" + guest("wdm_echo") + ",board=empty,scenario=wdm,processors=1,requests=8,seed=1");
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
