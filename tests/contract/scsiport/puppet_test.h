#pragma once
// What tests of sections 7 to 14 have beyond RequestFixture.

#include "contract/scsiport/request_fixture.h"

namespace drydock::tests::scsiport {

inline constexpr PUPPET_ORDER kForget{PuppetForgetHeld, 0, 0};
inline constexpr PUPPET_ORDER kSweepAll{PuppetSweep, 0xFFFFFF, SRB_STATUS_BUS_RESET};

class PuppetTest : public RequestFixture {
 protected:
  void hold_requests() { rig.script(PuppetStartIo, {kHold, kNext}); }
  void answer_requests() { rig.script(PuppetStartIo, {kSuccess, kNext}); }
  machine::OutcomeKind run_with(const std::function<void(PUPPET&)>& configure, const std::function<void()>& body) {
    return RequestFixture::run_with([&] { configure(rig.puppet()); }, body);
  }
  /// Whether the verbose trace has a line with `text`; it does from keep_notes() on.
  void keep_notes() { rig.machine().trace().keep_records(true); }
  bool noted(std::string_view text) {
    for (const machine::Trace::Note& note : rig.machine().trace().notes())
      if (note.text.find(text) != std::string::npos) return true;
    return false;
  }
};

}  // namespace drydock::tests::scsiport
