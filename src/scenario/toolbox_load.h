#pragma once
// Requests to the devices of drivers/toolbox: tools put in, taken out and ejected at random, and used.

#include <array>

#include "scenario/load.h"

namespace drydock::scenario {

/// To a toolbox. The slots that were filled from the start are left alone, so that there is always something to use.
class ToolboxSource final : public RequestSource {
 public:
  ToolboxSource(Stage& stage, OpenInterface& interface) : stage_(stage), interface_(interface) {}

  /// Whether an interface is one of those that drivers/include/toolbox_ioctl.h describes.
  static bool understands(const OpenInterface& interface);

  std::unique_ptr<SentRequest> send(RandomStream& random) override;
  void ended(SentRequest& sent, const ntos::io::user::IoResult& result) override;
  std::string describe(const SentRequest& sent) const override;
  /// That a slot is empty, or is not.
  bool is_an_answer(nt::NTSTATUS status) const override;

 private:
  static constexpr unsigned kSlots = 8, kFirstSlot = 2;
  enum class Kind : std::uint8_t { PutIn, TakeOut, Eject, Query };
  enum class Slot : std::uint8_t { Unknown, Empty, Filled };
  struct Call : SentRequest {
    Kind kind = Kind::Query;
    std::uint32_t slot = 0;
    std::array<unsigned, kSlots> changes{};
  };

  void settle(Slot now, const Call& call, Slot contradiction, const ntos::io::user::IoResult& result);
  void check_query(const Call& call);

  Stage& stage_;
  OpenInterface& interface_;
  std::array<Slot, kSlots> slots_{};
  std::array<unsigned, kSlots> changes_{};  ///< odd: something is on its way there
};

/// To a tool.
class ToolSource final : public RequestSource {
 public:
  ToolSource(Stage& stage, OpenInterface& interface) : stage_(stage), interface_(interface) {}

  static bool understands(const OpenInterface& interface);

  std::unique_ptr<SentRequest> send(RandomStream& random) override;
  void ended(SentRequest& sent, const ntos::io::user::IoResult& result) override;
  std::string describe(const SentRequest& sent) const override;
  /// That the tool has gone: somebody takes them out.
  bool is_an_answer(nt::NTSTATUS status) const override;

 private:
  Stage& stage_;
  OpenInterface& interface_;
};

}  // namespace drydock::scenario
