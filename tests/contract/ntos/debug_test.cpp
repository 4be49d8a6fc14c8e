// What drivers say to a debugger, and what becomes of them when nobody listens.

#include <gtest/gtest.h>

#include "contract/ntos/kernel_rig.h"
#include "ntos/ke/bugcheck.h"
#include "ntos/ke/irql.h"
#include "ntos/rtl/debug.h"

namespace drydock::tests {
namespace {

using machine::OutcomeKind;
using namespace nt;
using namespace ntos;

TEST(Debug, MessagesBecomeNotesWithoutTheirLineEnd) {
  KernelRig rig({.keep_records = true});
  EXPECT_EQ(rig.run([] {
    WCHAR text[] = u"\\Device\\Echo";
    UNICODE_STRING name{24, 26, text};
    DbgPrint("opened %wZ, %d left\n", &name, 3);
  }),
            OutcomeKind::Completed);
  bool found = false;
  for (const auto& note : rig.machine().trace().notes())
    found = found || note.text == "DbgPrint: opened \\Device\\Echo, 3 left";
  EXPECT_TRUE(found);
}

TEST(Debug, ABreakpointThatNobodyHandlesStops) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] { DbgBreakPoint(); }), OutcomeKind::BugCheck);
  ASSERT_FALSE(rig.findings().empty());
  ASSERT_TRUE(rig.findings().front().bug_check.has_value());
  EXPECT_EQ(rig.findings().front().bug_check->parameters[0] & 0xFFFFFFFF, 0x80000003u) << rig.what_happened();
}

int callbacks;
VOID NTAPI on_bugcheck(PVOID buffer, ULONG length) {
  EXPECT_EQ(KeGetCurrentIrql(), HIGH_LEVEL);
  EXPECT_EQ(length, 8u);
  EXPECT_NE(buffer, nullptr);
  ++callbacks;
}

TEST(Debug, ADriversOwnStopKeepsItsParametersAndRunsTheCallbacks) {
  KernelRig rig;
  callbacks = 0;
  EXPECT_EQ(rig.run([] {
    static KBUGCHECK_CALLBACK_RECORD record, removed;
    static ULONG64 buffer;
    record.State = removed.State = 0;
    EXPECT_TRUE(KeRegisterBugCheckCallback(&record, on_bugcheck, &buffer, 8, nullptr));
    EXPECT_FALSE(KeRegisterBugCheckCallback(&record, on_bugcheck, &buffer, 8, nullptr));
    EXPECT_TRUE(KeRegisterBugCheckCallback(&removed, on_bugcheck, &buffer, 8, nullptr));
    EXPECT_TRUE(KeDeregisterBugCheckCallback(&removed));
    KeBugCheckEx(MANUALLY_INITIATED_CRASH, 1, 2, 3, 4);
  }),
            OutcomeKind::BugCheck);
  EXPECT_EQ(callbacks, 1);
  EXPECT_EQ(rig.stop_code(), MANUALLY_INITIATED_CRASH);
  EXPECT_EQ(rig.findings().front().bug_check->parameters, (std::array<std::uint64_t, 4>{1, 2, 3, 4}));
}

}  // namespace
}  // namespace drydock::tests
