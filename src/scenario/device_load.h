#pragma once
// Requests to a device interface whose meaning we do not know: reads and writes, as a curious application sends them.

#include "scenario/load.h"

namespace drydock::scenario {

class DeviceSource final : public RequestSource {
 public:
  DeviceSource(Stage& stage, OpenInterface& interface) : stage_(stage), interface_(interface) {}

  std::unique_ptr<SentRequest> send(RandomStream& random) override;
  void ended(SentRequest& sent, const ntos::io::user::IoResult& result) override;
  std::string describe(const SentRequest& sent) const override;
  /// Whoever does not read or write says so.
  bool is_an_answer(nt::NTSTATUS status) const override;
  std::string kind_that_may_wait(const SentRequest& sent) const override;

 private:
  struct Transfer : SentRequest {
    bool write = false;
    std::size_t bytes = 0;
  };

  Stage& stage_;
  OpenInterface& interface_;
};

}  // namespace drydock::scenario
