#pragma once
// What tests of requests share: the puppet's usual orders, and a start with tags.

#include <gtest/gtest.h>

#include <cstring>

#include "contract/scsiport/puppet_rig.h"

namespace drydock::tests::scsiport {

inline constexpr PUPPET_ORDER kHold{PuppetHoldThis, 0, 0};
inline constexpr PUPPET_ORDER kNext{PuppetNextRequest, 0, 0};
inline constexpr PUPPET_ORDER kNextLu{PuppetNextLu, ~0u, 0};
inline constexpr PUPPET_ORDER kSuccess{PuppetCompleteThis, SRB_STATUS_SUCCESS, 0};
inline constexpr ULONG kTagged = SRB_FLAGS_DATA_IN | SRB_FLAGS_QUEUE_ACTION_ENABLE | SRB_FLAGS_NO_QUEUE_FREEZE;

class RequestFixture : public testing::Test {
 protected:
  PuppetRig rig;

  void set_units(std::initializer_list<PU32> units) {
    PUPPET& puppet = rig.puppet();
    std::fill(std::copy(units.begin(), units.end(), puppet.Units), puppet.Units + PUPPET_UNITS, ~0u);
  }
  /// Started and enumerated as `configure` left the puppet; the log is empty.
  machine::OutcomeKind run_with(const std::function<void()>& configure, const std::function<void()>& body) {
    return rig.run([&] {
      configure();
      ASSERT_EQ(rig.start(), STATUS_SUCCESS);
      ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
      rig.puppet().LogCount = 0;
      std::memset(rig.puppet().Calls, 0, sizeof(rig.puppet().Calls));
      body();
    });
  }
  /// With tags and several requests per unit.
  machine::OutcomeKind run_tagged(const std::function<void()>& body, std::initializer_list<PU32> units = {0}) {
    return run_with(
        [&] {
          rig.puppet().TaggedQueuing = rig.puppet().MultipleRequests = TRUE;
          set_units(units);
        },
        body);
  }
  /// The last SRB that HwScsiStartIo got, as it got it.
  SCSI_REQUEST_BLOCK seen() {
    SCSI_REQUEST_BLOCK srb;
    std::memcpy(static_cast<void*>(&srb), rig.puppet().LastSrb, sizeof(srb));
    return srb;
  }
  SCSI_REQUEST_BLOCK* held(unsigned i) { return reinterpret_cast<SCSI_REQUEST_BLOCK*>(rig.puppet().Held[i]); }
  void interrupt(Orders orders) {
    rig.script(PuppetInterrupt, orders);
    rig.interrupt();
  }
  void expect_clean() { EXPECT_TRUE(rig.findings().empty()) << rig.what_happened(); }
};

}  // namespace drydock::tests::scsiport
