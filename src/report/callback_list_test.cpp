#include "report/callback_list.h"

#include <gtest/gtest.h>

#include <vector>

namespace drydock::report {
namespace {

/// A driver with three callbacks, one interrupt, and what it was seen to do.
machine::Trace trace_of(std::initializer_list<const char*> notes) {
  machine::Trace trace;
  trace.keep_records(true);
  for (const char* has : {"PrepareHardware", "D0Entry", "IntEnable"})
    trace.note({}, 0, std::string("WDFDEVICE#1 of mine.sys has ") + has);
  for (const char* note : notes) trace.note({}, 0, std::string("WDFDEVICE#1 of mine.sys ") + note);
  return trace;
}

Look plain() {
  Look look;
  look.colour = look.unicode = false;
  return look;
}

TEST(CallbackList, IsEmptyWithoutFrameworkDrivers) {
  machine::Trace trace;
  trace.keep_records(true);
  trace.note({}, 0, "something else happened");
  EXPECT_EQ(callback_list(trace, plain()).text, "");
}

TEST(CallbackList, ShowsWhatTheDriverRegisteredInTheDocumentedOrder) {
  const CallbackList list = callback_list(
      trace_of({"> START", "calls PrepareHardware", "calls D0Entry(D3Final)", "calls IntEnable"}), plain());
  EXPECT_EQ(list.differences, 0u);
  EXPECT_EQ(list.callbacks, 3u);
  EXPECT_EQ(list.text,
            "callbacks of WDFDEVICE#1 of mine.sys\n"
            "     documented               seen\n"
            "  START (S1)\n"
            "     PrepareHardware          PrepareHardware\n"
            "     D0Entry(D3Final)         D0Entry(D3Final)\n"
            "     IntEnable                IntEnable\n"
            "\n"
            "1 requests, 3 callbacks: each where it is documented\n\n");
}

TEST(CallbackList, MarksWhatIsMissingAndWhatComesTooSoon) {
  const CallbackList list =
      callback_list(trace_of({"> START", "calls D0Entry(D3Final)", "calls PrepareHardware"}), plain());
  EXPECT_EQ(list.differences, 3u);
  EXPECT_NE(list.text.find("  <> PrepareHardware          -\n"), std::string::npos) << list.text;
  EXPECT_NE(list.text.find("  <> -                        PrepareHardware\n"), std::string::npos) << list.text;
  EXPECT_NE(list.text.find("  <> IntEnable                -\n"), std::string::npos) << list.text;
  EXPECT_NE(list.text.find("3 differences"), std::string::npos);
}

TEST(CallbackList, TakesAnyStateForDxButTheFinalOne) {
  const auto list_of = [](const char* state) {
    return callback_list(trace_of({"> START", "calls PrepareHardware", "calls D0Entry(D3Final)", "calls IntEnable",
                                   "> SET_POWER Dx", "> SET_POWER D0", state, "calls IntEnable"}),
                         plain());
  };
  EXPECT_EQ(list_of("calls D0Entry(D2)").differences, 0u);
  EXPECT_EQ(list_of("calls D0Entry(D3Final)").differences, 2u);
}

// A failed start has a list of its own, and the REMOVE that follows knows of it.
TEST(CallbackList, FollowsAFailure) {
  const CallbackList list =
      callback_list(trace_of({"> START", "calls PrepareHardware", "failed PrepareHardware", "> REMOVE"}), plain());
  EXPECT_EQ(list.differences, 0u) << list.text;
  EXPECT_NE(list.text.find("START (S17)"), std::string::npos) << list.text;
}

TEST(CallbackList, NamesARequestThatTheTableDoesNotHave) {
  const CallbackList list = callback_list(trace_of({"> STOP", "calls D0Entry(D3Final)"}), plain());
  EXPECT_EQ(list.differences, 1u);
  EXPECT_NE(list.text.find("STOP, not in the contract's table here"), std::string::npos) << list.text;
}

using Words = std::vector<std::string>;

Words joined(Words first, const Words& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

CallbackList listed(const char* who, const Words& has, const Words& notes) {
  machine::Trace trace;
  trace.keep_records(true);
  for (const std::string& each : has) trace.note({}, 0, std::string(who) + " has " + each);
  for (const std::string& each : notes) trace.note({}, 0, std::string(who) + " " + each);
  return callback_list(trace, plain());
}

/// A device that was started; it has these callbacks besides.
CallbackList list_of(const Words& also, const Words& notes) {
  return listed("WDFDEVICE#1 of mine.sys", joined({"PrepareHardware", "D0Entry", "D0Exit", "ReleaseHardware"}, also),
                joined({"> START", "calls PrepareHardware", "calls D0Entry(D3Final)"}, notes));
}

bool fits(const CallbackList& list, std::initializer_list<const char*> titles) {
  for (const char* title : titles)
    if (list.text.find(std::string("\n  ") + title + "\n") == std::string::npos) return false;
  return list.differences == 0;
}

TEST(CallbackList, TellsSleepOfTheSystemFromIdleness) {
  const CallbackList list =
      list_of({}, {"> SET_POWER Dx, idle", "calls D0Exit(D3)", "> SET_POWER D0", "calls D0Entry(D3)", "> SET_POWER Dx",
                   "calls D0Exit(D3)", "> SET_POWER D0", "calls D0Entry(D3)"});
  EXPECT_TRUE(fits(list, {"SET_POWER Dx, idle (S5)", "SET_POWER D0 (S5)", "SET_POWER Dx (S3)", "SET_POWER D0 (S3)"}))
      << list.text;
}

TEST(CallbackList, KnowsWhoWokeTheDevice) {
  const auto woken = [](const Words& up) {
    return list_of(
        {"ArmS0", "DisarmS0", "TriggeredS0"},
        joined({"> SET_POWER Dx, idle", "calls ArmS0", "calls D0Exit(D2)", "> SET_POWER D0", "calls D0Entry(D2)"}, up));
  };
  EXPECT_TRUE(fits(woken({"calls TriggeredS0", "calls DisarmS0"}), {"SET_POWER Dx, idle (S4)", "SET_POWER D0 (S4)"}));
  EXPECT_TRUE(fits(woken({"calls DisarmS0"}), {"SET_POWER Dx, idle (S4)", "SET_POWER D0 (S5)"}));
  EXPECT_EQ(woken({"calls TriggeredS0"}).differences, 1u);
}

TEST(CallbackList, KnowsWhetherSomebodyAskedBeforeARemoval) {
  EXPECT_TRUE(fits(list_of({}, {"> REMOVE", "calls D0Exit(D3Final)", "calls ReleaseHardware"}), {"REMOVE (S12)"}));
  EXPECT_TRUE(fits(list_of({}, {"> QUERY_REMOVE", "> REMOVE", "calls D0Exit(D3Final)", "calls ReleaseHardware"}),
                   {"QUERY_REMOVE (S10)", "REMOVE (S10)"}));
  // Asked in Dx, it is brought up first.
  EXPECT_TRUE(fits(list_of({}, {"> SET_POWER Dx, idle", "calls D0Exit(D3)", "> QUERY_REMOVE", "> SET_POWER D0",
                                "calls D0Entry(D3)", "> REMOVE", "calls D0Exit(D3Final)", "calls ReleaseHardware"}),
                   {"QUERY_REMOVE (S11)", "SET_POWER D0 (S11, S37)", "REMOVE (S10)"}));
}

TEST(CallbackList, TellsPdosAndFiltersApart) {
  const Words gone{"> SURPRISE_REMOVAL", "calls D0Exit(D3Final)", "calls ReleaseHardware", "> REMOVE"};
  EXPECT_TRUE(fits(list_of({}, gone), {"START (S1)", "SURPRISE_REMOVAL (S14)", "REMOVE (S14)"}));
  EXPECT_TRUE(fits(list_of({"PDO"}, gone), {"SURPRISE_REMOVAL (S40)", "REMOVE (S40)"}));
  EXPECT_TRUE(fits(list_of({"filter"}, gone), {"START (S2)"}));
}

TEST(CallbackList, KnowsADeviceThatItsDriverGaveUp) {
  const CallbackList list =
      list_of({}, {"says failed", "> SURPRISE_REMOVAL", "calls D0Exit(D3Final)", "calls ReleaseHardware"});
  EXPECT_TRUE(fits(list, {"SURPRISE_REMOVAL (S33)"})) << list.text;
}

TEST(CallbackList, FollowsFailuresOfTheWayUpAgain) {
  // Order Early: its hardware is released at once; with children: when they have gone.
  EXPECT_TRUE(fits(list_of({}, {"> SET_POWER Dx", "calls D0Exit(D3)", "> SET_POWER D0", "calls D0Entry(D3)",
                                "failed D0Entry", "calls ReleaseHardware", "> SURPRISE_REMOVAL"}),
                   {"SET_POWER D0 (S25)", "SURPRISE_REMOVAL (S25)"}));
  EXPECT_TRUE(fits(list_of({}, {"> SET_POWER Dx", "calls D0Exit(D3)", "> SET_POWER D0", "calls D0Entry(D3)",
                                "failed D0Entry", "> SURPRISE_REMOVAL", "calls ReleaseHardware"}),
                   {"SET_POWER D0 (S26)", "SURPRISE_REMOVAL (S26)"}));
  EXPECT_TRUE(fits(
      list_of({"SmRestart"}, {"> SET_POWER Dx", "calls D0Exit(D3)", "> SET_POWER D0", "calls D0Entry(D3)",
                              "calls SmRestart", "failed SmRestart", "calls D0Exit(D3Final)", "calls ReleaseHardware"}),
      {"SET_POWER D0 (S27)"}));
}

/// A first start that fails at `failed`.
CallbackList failed_start(const char* failed, const Words& calls) {
  Words notes{"> START"};
  for (const std::string& call : calls) notes.push_back("calls " + call);
  return listed("WDFDEVICE#1 of mine.sys",
                {"PrepareHardware", "D0Entry", "IntEnable", "IntEnable", "IntDisable", "IntDisable", "PostInt",
                 "PreInt", "D0Exit", "ReleaseHardware", "DmaFill", "DmaEnable", "DmaStop", "DmaDisable", "DmaFill",
                 "DmaEnable", "DmaStop", "DmaDisable"},
                joined(notes, {std::string("failed ") + failed, "> REMOVE"}));
}

TEST(CallbackList, FollowsFailuresOfAFirstStart) {
  EXPECT_TRUE(fits(failed_start("Lower", {}), {"START (WDF-057)", "REMOVE (S38)"}));
  EXPECT_TRUE(fits(failed_start("Match", {}), {"START (WDF-179)", "REMOVE (S38)"}));
  EXPECT_TRUE(fits(failed_start("Capabilities", {"PrepareHardware", "ReleaseHardware"}), {"START (WDF-063)"}));
  EXPECT_TRUE(fits(failed_start("IntEnable", {"PrepareHardware", "D0Entry(D3Final)", "IntEnable", "IntEnable",
                                              "IntDisable", "D0Exit(D3Final)", "ReleaseHardware"}),
                   {"START (S20)", "REMOVE (S17)"}));
  EXPECT_TRUE(
      fits(failed_start("Connect", {"PrepareHardware", "D0Entry(D3Final)", "D0Exit(D3Final)", "ReleaseHardware"}),
           {"START (WDF-197)"}));
  EXPECT_TRUE(fits(
      failed_start("DmaEnable", {"PrepareHardware", "D0Entry(D3Final)", "IntEnable", "IntEnable", "PostInt(D3Final)",
                                 "DmaFill", "DmaEnable", "DmaStop", "DmaDisable", "PreInt(D3Final)", "IntDisable",
                                 "IntDisable", "D0Exit(D3Final)", "ReleaseHardware"}),
      {"START (S22)"}));
  // Of the first enabler less than of the second: it went down half.
  EXPECT_TRUE(fits(
      failed_start("DmaEnable", {"PrepareHardware", "D0Entry(D3Final)", "IntEnable", "IntEnable", "PostInt(D3Final)",
                                 "DmaFill", "DmaEnable", "DmaStop", "DmaDisable", "DmaStop", "DmaDisable",
                                 "PreInt(D3Final)", "IntDisable", "IntDisable", "D0Exit(D3Final)", "ReleaseHardware"}),
      {"START (S22)"}));
  EXPECT_GT(failed_start("DmaEnable", {"PrepareHardware", "D0Entry(D3Final)", "IntEnable", "IntEnable",
                                       "PostInt(D3Final)", "DmaFill", "DmaEnable", "DmaDisable", "DmaStop", "DmaDisable",
                                       "DmaStop", "PreInt(D3Final)", "IntDisable", "IntDisable", "D0Exit(D3Final)", "ReleaseHardware"})
                .differences,
            0u);
  // D0Exit undoes what D0Entry did.
  EXPECT_EQ(failed_start("Connect", {"PrepareHardware", "D0Entry(D3Final)", "ReleaseHardware"}).differences, 1u);
}

// What never began is not cleaned up.
TEST(CallbackList, KnowsHowFarAFailedStartGot) {
  const auto removed = [](const char* failed, const Words& calls, const Words& at_removal) {
    Words notes{"> START"};
    for (const std::string& call : calls) notes.push_back("calls " + call);
    notes.push_back(std::string("failed ") + failed);
    notes.push_back("> REMOVE");
    for (const std::string& call : at_removal) notes.push_back("calls " + call);
    return listed("WDFDEVICE#1 of mine.sys", {"PrepareHardware", "SmInit", "SmCleanup", "ObjCleanup"}, notes);
  };
  EXPECT_TRUE(fits(removed("PrepareHardware", {"PrepareHardware"}, {"ObjCleanup"}), {"REMOVE (S17)"}));
  EXPECT_TRUE(fits(removed("SmInit", {"PrepareHardware", "SmInit"}, {"SmCleanup", "ObjCleanup"}), {"REMOVE (S23)"}));
  EXPECT_EQ(removed("SmInit", {"PrepareHardware", "SmInit"}, {"ObjCleanup"}).differences, 1u);
}

TEST(CallbackList, HasAChildThatNobodyHeardOf) {
  const CallbackList list = listed("WDFDEVICE#2 of mine.sys", {"PDO", "ObjCleanup"}, {"calls ObjCleanup"});
  EXPECT_TRUE(fits(list, {"no request (WDF-335)"})) << list.text;
}

TEST(CallbackList, HasTheDriversOwnLife) {
  const auto driver_list = [](const Words& notes) {
    return listed("WDFDRIVER of mine.sys",
                  {"WdfVersionBind", "DriverEntry", "Unload", "ObjCleanup", "WdfVersionUnbind"}, notes);
  };
  EXPECT_TRUE(fits(driver_list({"> LOAD", "calls WdfVersionBind", "calls DriverEntry", "calls DeviceAdd",
                                "calls DeviceAdd", "calls Unload", "calls ObjCleanup", "calls WdfVersionUnbind"}),
                   {"LOAD (S41)"}));
  EXPECT_TRUE(fits(driver_list({"> LOAD", "calls WdfVersionBind", "calls DriverEntry", "calls WdfVersionUnbind",
                                "calls ObjCleanup"}),
                   {"LOAD (S42)"}));
  EXPECT_TRUE(fits(driver_list({"> LOAD", "calls WdfVersionBind", "failed WdfVersionBind"}), {"LOAD (S43)"}));
}

}  // namespace
}  // namespace drydock::report
