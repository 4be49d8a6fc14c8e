#pragma once
// What tests of the port driver have in common: the puppet's orders by short names, and a fixture.

#include <gtest/gtest.h>

#include <cstring>

#include "contract/scsiport/puppet_rig.h"
#include "ntos/io/user.h"

namespace drydock::tests::scsiport {

inline constexpr PUPPET_ORDER kHold{PuppetHoldThis, 0, 0};
inline constexpr PUPPET_ORDER kNext{PuppetNextRequest, 0, 0};
inline constexpr PUPPET_ORDER kSuccess{PuppetCompleteThis, SRB_STATUS_SUCCESS, 0};
inline constexpr PUPPET_ORDER kForget{PuppetForgetHeld, 0, 0};
inline constexpr PUPPET_ORDER kSweepAll{PuppetSweep, 0xFFFFFF, SRB_STATUS_BUS_RESET};

class PuppetTest : public testing::Test {
 protected:
  PuppetRig rig;

  void hold_requests() { rig.script(PuppetStartIo, {kHold, kNext}); }
  void answer_requests() { rig.script(PuppetStartIo, {kSuccess, kNext}); }
  void interrupt(Orders orders) {
    rig.script(PuppetInterrupt, orders);
    rig.interrupt();
  }
  SCSI_REQUEST_BLOCK* held(unsigned i) { return reinterpret_cast<SCSI_REQUEST_BLOCK*>(rig.puppet().Held[i]); }
  /// The last SRB that HwScsiStartIo got, as it got it.
  SCSI_REQUEST_BLOCK seen() {
    SCSI_REQUEST_BLOCK srb;
    std::memcpy(static_cast<void*>(&srb), rig.puppet().LastSrb, sizeof(srb));
    return srb;
  }
  /// Configures the puppet, then starts and enumerates.
  machine::OutcomeKind run_with(const std::function<void(PUPPET&)>& configure, const std::function<void()>& body) {
    return rig.run([&] {
      configure(rig.puppet());
      ASSERT_EQ(rig.start(), STATUS_SUCCESS);
      ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
      rig.puppet().LogCount = 0;
      std::memset(rig.puppet().Calls, 0, sizeof(rig.puppet().Calls));
      body();
    });
  }
  NTSTATUS power(DEVICE_OBJECT* device, DEVICE_POWER_STATE state) {
    return ntos::io::user::send(device, IRP_MJ_POWER, IRP_MN_SET_POWER,
                                [&](IRP*, IO_STACK_LOCATION* stack) {
                                  stack->Parameters.Power.Type = DevicePowerState;
                                  stack->Parameters.Power.State.DeviceState = state;
                                })
        .status;
  }
  /// Whether the verbose trace has a line with `text`; it does from keep_notes() on.
  void keep_notes() { rig.machine().trace().keep_records(true); }
  bool noted(std::string_view text) {
    for (const machine::Trace::Note& note : rig.machine().trace().notes())
      if (note.text.find(text) != std::string::npos) return true;
    return false;
  }
  void expect_clean() { EXPECT_TRUE(rig.findings().empty()) << rig.what_happened(); }
};

inline void units(PUPPET& puppet, std::initializer_list<PU32> addresses) {
  std::fill(std::copy(addresses.begin(), addresses.end(), puppet.Units), puppet.Units + PUPPET_UNITS, ~0u);
}

}  // namespace drydock::tests::scsiport
