#pragma once
// A test's or scenario's own refusal: one question of refused() is answered with yes, whatever the strategy says.

#include <cstdint>
#include <string_view>

namespace drydock::machine {

/// The n-th question from now on (1: the next) is refused, counting only those of `site` if one is named. One at a
/// time; called off when it goes.
class Refusal {
 public:
  explicit Refusal(std::uint32_t n, const char* site = nullptr);
  ~Refusal();
  Refusal(const Refusal&) = delete;
  Refusal& operator=(const Refusal&) = delete;

  /// Whether it came to that.
  bool made() const { return made_at_ != nullptr; }
  /// Who asked; "" if nobody did.
  std::string_view site() const { return made_at_ != nullptr ? made_at_ : ""; }

  /// Asked by refused().
  bool refuses(const char* site);

 private:
  std::uint32_t left_;
  const char* only_;
  const char* made_at_ = nullptr;
};

}  // namespace drydock::machine
