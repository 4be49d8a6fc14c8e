#pragma once
// A PVSCSI adapter in a fake computer, and just enough of a driver to talk to it.

#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <vector>

#include "models/pci/fabric.h"
#include "models/pvscsi/pvscsi_model.h"
#include "models/testing/fake_computer.h"

namespace drydock::models::testing {

class PvscsiRig {
 public:
  static constexpr pci::Location kSlot{0, 4, 0};
  static constexpr std::uint64_t kBar0 = 0xE0000000;
  static constexpr std::uint64_t kState = 0x10000;
  static constexpr std::uint64_t kRequests = 0x11000;     // two pages: 64 entries
  static constexpr std::uint64_t kCompletions = 0x13000;  // one page: 128 entries
  static constexpr std::uint64_t kMessages = 0x14000;
  static constexpr std::uint64_t kSense = 0x15000;
  static constexpr std::uint64_t kData = 0x20000;

  explicit PvscsiRig(pvscsi::Options options = {.disks = pvscsi::memory_disks(2, 1 << 20)}) {
    fabric.plug(kSlot, pvscsi::factory(std::move(options), &model));
    configure(0x10, 4, kBar0);
    configure(0x04, 2, 0x6);
  }

  void configure(unsigned offset, unsigned size, std::uint32_t value) {
    fabric.write_config(kSlot.bus, kSlot.device, kSlot.function, offset, size, value);
  }
  std::uint32_t look(unsigned offset, unsigned size) {
    return fabric.read_config(kSlot.bus, kSlot.device, kSlot.function, offset, size);
  }
  std::uint32_t get(std::uint64_t reg) { return static_cast<std::uint32_t>(fabric.read_memory(kBar0 + reg, 4)); }
  void set(std::uint64_t reg, std::uint32_t value) { fabric.write_memory(kBar0 + reg, 4, value); }
  bool line() { return computer.lines[fabric.interrupt_line(kSlot)]; }

  template <class Arguments>
  std::uint32_t command(pvscsi::Command code, const Arguments& arguments) {
    set(pvscsi::reg::kCommand, static_cast<std::uint32_t>(code));
    std::uint32_t dwords[sizeof arguments / 4];
    std::memcpy(dwords, &arguments, sizeof arguments);
    for (const std::uint32_t dword : dwords) {
      EXPECT_EQ(get(pvscsi::reg::kCommandStatus), pvscsi::command_status::kMoreData);
      set(pvscsi::reg::kCommandData, dword);
    }
    return get(pvscsi::reg::kCommandStatus);
  }
  std::uint32_t command(pvscsi::Command code) {
    set(pvscsi::reg::kCommand, static_cast<std::uint32_t>(code));
    return get(pvscsi::reg::kCommandStatus);
  }

  std::uint32_t set_up_rings() {
    pvscsi::SetupRingsArguments rings{};
    rings.request_pages = 2;
    rings.completion_pages = 1;
    rings.state_page = kState >> 12;
    rings.request_page = {kRequests >> 12, (kRequests >> 12) + 1};
    rings.completion_page = {kCompletions >> 12};
    computer.poke(kState, std::array<std::byte, 4096>{});
    produced = consumed = 0;
    return command(pvscsi::Command::SetupRings, rings);
  }
  void start() {
    EXPECT_EQ(set_up_rings(), 0u);
    set(pvscsi::reg::kInterruptMask, pvscsi::interrupt::kAll);
  }

  /// Reset, rings, and the power-on unit attentions taken.
  void start_quietly() {
    start();
    for (std::uint8_t target = 0; target < 2; ++target) run(request({0, 0, 0, 0, 0, 0}, 0, 0, target));
    acknowledge();
  }

  static pvscsi::RequestDescriptor request(const std::vector<std::uint8_t>& cdb, std::uint64_t length = 0,
                                           std::uint32_t flags = 0, std::uint8_t target = 0, std::uint8_t lun = 0) {
    pvscsi::RequestDescriptor r{};
    r.data_address = kData;
    r.data_length = length;
    r.sense_address = kSense;
    r.sense_length = 18;
    r.flags = length ? flags : pvscsi::request_flag::kNoData;
    std::copy(cdb.begin(), cdb.end(), r.cdb.begin());
    r.cdb_length = static_cast<std::uint8_t>(cdb.size());
    r.lun[1] = lun;
    r.tag = 0x20;
    r.target = target;
    return r;
  }
  static pvscsi::RequestDescriptor read_block(std::uint8_t lba, std::uint8_t target = 0) {
    return request({0x28, 0, 0, 0, 0, lba, 0, 0, 1, 0}, 512, pvscsi::request_flag::kToHost, target);
  }
  static pvscsi::RequestDescriptor write_block(std::uint8_t lba, std::uint8_t target = 0) {
    return request({0x2A, 0, 0, 0, 0, lba, 0, 0, 1, 0}, 512, pvscsi::request_flag::kToDevice, target);
  }

  /// Puts it on the ring without a kick; the context returned is its number, from 1.
  std::uint64_t put(pvscsi::RequestDescriptor r) {
    r.context = ++last_context;
    computer.poke(kRequests + produced % 64 * sizeof r, r);
    computer.poke(kState + pvscsi::ring_state::kRequestProducer, ++produced);
    return r.context;
  }
  std::uint64_t submit(const pvscsi::RequestDescriptor& r) {
    const std::uint64_t context = put(r);
    set(pvscsi::reg::kKickReadWrite, 0);
    return context;
  }

  /// The next completion nobody has taken, if there is one.
  std::optional<pvscsi::CompletionDescriptor> next() {
    if (computer.peek<std::uint32_t>(kState + pvscsi::ring_state::kCompletionProducer) == consumed) return {};
    const auto c = computer.peek<pvscsi::CompletionDescriptor>(kCompletions + consumed % 128 * 32);
    computer.poke(kState + pvscsi::ring_state::kCompletionConsumer, ++consumed);
    return c;
  }
  pvscsi::CompletionDescriptor run(const pvscsi::RequestDescriptor& r) {
    const std::uint64_t context = submit(r);
    computer.advance(std::chrono::milliseconds(10));
    const auto completion = next();
    EXPECT_TRUE(completion.has_value());
    if (!completion) return {};
    EXPECT_EQ(completion->context, context);
    return *completion;
  }
  void acknowledge() { set(pvscsi::reg::kInterruptStatus, pvscsi::interrupt::kAll); }

  FakeComputer computer;
  pci::PciFabric fabric{computer};
  pvscsi::PvscsiModel* model = nullptr;
  std::uint32_t produced = 0;
  std::uint32_t consumed = 0;
  std::uint64_t last_context = 0;
};

}  // namespace drydock::models::testing
