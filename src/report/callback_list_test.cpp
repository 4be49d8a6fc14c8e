#include "report/callback_list.h"

#include <gtest/gtest.h>

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
  const CallbackList list = callback_list(
      trace_of({"> START", "calls D0Entry(D3Final)", "calls PrepareHardware"}), plain());
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
  const CallbackList list = callback_list(
      trace_of({"> START", "calls PrepareHardware", "failed PrepareHardware", "> REMOVE"}), plain());
  EXPECT_EQ(list.differences, 0u) << list.text;
  EXPECT_NE(list.text.find("START (S17)"), std::string::npos) << list.text;
}

TEST(CallbackList, NamesARequestThatTheTableDoesNotHave) {
  const CallbackList list = callback_list(trace_of({"> STOP", "calls D0Entry(D3Final)"}), plain());
  EXPECT_EQ(list.differences, 1u);
  EXPECT_NE(list.text.find("STOP, not in the contract's table here"), std::string::npos) << list.text;
}

}  // namespace
}  // namespace drydock::report
