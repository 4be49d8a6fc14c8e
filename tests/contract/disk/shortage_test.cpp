// disk.sys in a world that refuses memory now and then.

#include "contract/disk/disk_rig.h"

namespace drydock::tests::disk {
namespace {

/// The kernel has come up; what follows is the disk's.
thread_local bool is_short = false;

/// Refuses one allocation in `one_in` while memory is short; everything else goes as usual.
class Shortage : public machine::Strategy {
 public:
  Shortage(std::uint64_t seed, std::uint32_t one_in) : state_(seed * 2 + 1), one_in_(one_in) {}
  std::uint32_t answer(const char*, std::uint32_t n) override {
    if (n != 2 || !is_short) return 0;
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return (state_ >> 33) % one_in_ == 0 ? 1 : 0;
  }

 private:
  std::uint64_t state_;
  std::uint32_t one_in_;
};

TEST(Disk, EveryRequestEndsOnceWhereMemoryIsShort) {
  unsigned started = 0, failed_to_start = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const std::uint32_t one_in = seed % 3 == 0 ? 20 : seed % 3 == 1 ? 100 : 400;
    DiskRig rig([=] { return std::make_unique<Shortage>(seed, one_in); });
    rig.unit().write_cache = true;
    rig.unit().on_arrival = [] { is_short = true; };
    rig.run([&] {
      ntos::pnp::Devnode* node = ntos::pnp::manager().find_id(u"TEST\\Disk");
      const bool runs = node != nullptr && node->state == ntos::pnp::DevnodeState::Started;
      ++(runs ? started : failed_to_start);
      if (!runs) return;
      auto file = rig.open();
      if (!file) return;
      file.flush();
      rig.unit().answer_all(SCSIOP_READ, kHold);
      std::vector<std::unique_ptr<user::Request>> requests;
      for (unsigned i = 0; i < 100; ++i) requests.push_back(file.start_read(0x20000, i * 512));
      for (unsigned i = 0; !rig.unit().held.empty(); ++i) rig.unit().finish(i % 7 == 0 ? kBusReset : Reply{});
      for (auto& request : requests) EXPECT_TRUE(request->done());
      GET_LENGTH_INFORMATION length{};
      file.ioctl(IOCTL_DISK_GET_LENGTH_INFO, {}, {reinterpret_cast<std::byte*>(&length), sizeof(length)});
      requests.clear();
      file.close();
      ntos::pnp::manager().remove(node->id);
    });
    is_short = false;
    for (std::size_t i = 0; i < class_::disk::disk_statistics(rig.machine()).size(); ++i) rig.expect_even_account(i);
  }
  EXPECT_GT(started, 10u);
  EXPECT_GT(failed_to_start, 5u);
}

}  // namespace
}  // namespace drydock::tests::disk
