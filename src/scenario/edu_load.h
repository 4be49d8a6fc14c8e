#pragma once
// Requests to a driver of the educational device: factorials, and transfers to and from its buffer, which must hold what
// was last written for as long as its instance lives, whatever resets its driver survives.

#include <array>

#include "scenario/load.h"

namespace drydock::scenario {

class EduSource final : public RequestSource {
 public:
  EduSource(Stage& stage, OpenInterface& interface) : stage_(stage), interface_(interface) {}

  /// Whether an interface is one of those that drivers/include/edu_ioctl.h describes.
  static bool understands(const OpenInterface& interface);

  std::unique_ptr<SentRequest> send(RandomStream& random) override;
  void ended(SentRequest& sent, const ntos::io::user::IoResult& result) override;
  std::string describe(const SentRequest& sent) const override;

 private:
  static constexpr unsigned kSectorBytes = 512;
  static constexpr unsigned kSectors = 4096 / kSectorBytes - 1;  ///< not every driver gives the buffer's last byte
  enum class Kind : std::uint8_t { Factorial, Read, Write };
  struct Call : SentRequest {
    Kind kind = Kind::Factorial;
    std::uint32_t number = 0;  ///< or sector
    std::uint32_t version = 0;
  };

  Stage& stage_;
  OpenInterface& interface_;
  std::array<bool, kSectors> writing_{};
  std::array<unsigned, kSectors> reading_{};
};

}  // namespace drydock::scenario
