#include "models/pvscsi/pvscsi_model.h"

#include <gtest/gtest.h>

#include "models/testing/pvscsi_rig.h"

namespace drydock::models::pvscsi {
namespace {

using machine::ResetKind;
using testing::PvscsiRig;
using namespace std::chrono_literals;

std::uint16_t host(HostStatus status) {
  return static_cast<std::uint16_t>(status);
}
Options two_disks() {
  return {.disks = memory_disks(2, 1 << 20)};
}

TEST(Pvscsi, IsFoundOnTheBus) {
  PvscsiRig rig;
  EXPECT_EQ(rig.look(0, 4), 0x07C015ADu);
  EXPECT_EQ(rig.look(8, 4), 0x01000002u);
  rig.configure(0x10, 4, 0xFFFFFFFF);
  EXPECT_EQ(rig.look(0x10, 4), 0xFFFF8000u);
  EXPECT_EQ(rig.look(0x7C, 1), 0x05u);
}

TEST(Pvscsi, SetsUpRingsAndSaysHowLargeTheyAre) {
  PvscsiRig rig;
  EXPECT_EQ(rig.set_up_rings(), 0u);
  EXPECT_EQ(rig.computer.peek<std::uint32_t>(PvscsiRig::kState + 8), 6u);
  EXPECT_EQ(rig.computer.peek<std::uint32_t>(PvscsiRig::kState + 20), 7u);
  SetupRingsArguments too_many{};
  too_many.request_pages = 33;
  too_many.completion_pages = 1;
  EXPECT_EQ(rig.command(Command::SetupRings, too_many), command_status::kFailed);
}

TEST(Pvscsi, UnknownCommandsFail) {
  PvscsiRig rig;
  EXPECT_EQ(rig.command(Command::IssueScsi), command_status::kFailed);
  rig.set(reg::kCommand, 0x77);
  EXPECT_EQ(rig.get(reg::kCommandStatus), command_status::kFailed);
  rig.set(reg::kCommand, static_cast<std::uint32_t>(Command::AbortCommand));
  rig.set(reg::kCommandData, 0);
  rig.set(reg::kCommand, static_cast<std::uint32_t>(Command::AdapterReset));  // begins anew
  EXPECT_EQ(rig.get(reg::kCommandStatus), command_status::kGood);
}

TEST(Pvscsi, InquiryThenInterrupt) {
  PvscsiRig rig;
  rig.start();
  rig.submit(PvscsiRig::request({0x12, 0, 0, 0, 36, 0}, 36, request_flag::kToHost));
  rig.computer.advance(99us);
  EXPECT_FALSE(rig.line());
  rig.computer.advance(1us);
  EXPECT_TRUE(rig.line());
  EXPECT_EQ(rig.get(reg::kInterruptStatus), interrupt::kCompletion);
  const auto completion = rig.next();
  ASSERT_TRUE(completion);
  EXPECT_EQ(completion->host_status, 0u);
  EXPECT_EQ(completion->scsi_status, 0u);
  EXPECT_EQ(completion->data_length, 36u);
  EXPECT_EQ(rig.computer.peek<std::uint64_t>(PvscsiRig::kData + 8), 0x204B434F44595244u);  // "DRYDOCK "
  EXPECT_EQ(rig.computer.peek<std::uint32_t>(PvscsiRig::kState + 4), 1u);
  rig.acknowledge();
  EXPECT_FALSE(rig.line());
  EXPECT_EQ(rig.get(reg::kInterruptStatus), 0u);
}

TEST(Pvscsi, FirstCommandMeetsUnitAttentionWithSense) {
  PvscsiRig rig;
  rig.start();
  auto completion = rig.run(PvscsiRig::read_block(0));
  EXPECT_EQ(completion.scsi_status, 2u);
  EXPECT_EQ(completion.host_status, 0u);
  EXPECT_EQ(completion.sense_length, 18u);
  EXPECT_EQ(rig.computer.peek<std::uint8_t>(PvscsiRig::kSense + 2), 6u);
  EXPECT_EQ(rig.computer.peek<std::uint8_t>(PvscsiRig::kSense + 12), 0x29u);
  completion = rig.run(PvscsiRig::read_block(0));
  EXPECT_EQ(completion.scsi_status, 0u);
  EXPECT_EQ(completion.data_length, 512u);
}

TEST(Pvscsi, AbsentTargetsAndUnits) {
  PvscsiRig rig;
  rig.start_quietly();
  EXPECT_EQ(rig.run(PvscsiRig::request(std::vector<std::uint8_t>(6), 0, 0, 9)).host_status,
            host(HostStatus::SelectionTimeout));
  EXPECT_EQ(rig.run(PvscsiRig::request(std::vector<std::uint8_t>(6), 0, 0, 0, 5)).scsi_status, 2u);
  EXPECT_EQ(rig.computer.peek<std::uint8_t>(PvscsiRig::kSense + 12), 0x25u);
  auto elsewhere = PvscsiRig::request(std::vector<std::uint8_t>(6));
  elsewhere.bus = 1;
  EXPECT_EQ(rig.run(elsewhere).host_status, host(HostStatus::SelectionTimeout));
}

TEST(Pvscsi, WritesAndReadsThroughScatterLists) {
  PvscsiRig rig;
  rig.start_quietly();
  for (unsigned i = 0; i < 1024; ++i)
    rig.computer.poke(PvscsiRig::kData + i, static_cast<std::uint8_t>(i * 13 + i / 256));
  auto write = PvscsiRig::request({0x2A, 0, 0, 0, 0, 7, 0, 0, 2, 0}, 1024, request_flag::kToDevice, 1);
  EXPECT_EQ(rig.run(write).scsi_status, 0u);

  // 100 bytes here, an empty element, a chain, and the rest elsewhere.
  const std::uint64_t list = 0x30000, more = 0x31000;
  rig.computer.poke(list, ListElement{0x40003, 100, 0});
  rig.computer.poke(list + 16, ListElement{0x40100, 0, 0});
  rig.computer.poke(list + 32, ListElement{more, 0, kElementChains});
  rig.computer.poke(more, ListElement{0x50000, 1000, 0});
  auto read =
      PvscsiRig::request({0x28, 0, 0, 0, 0, 7, 0, 0, 2, 0}, 1024, request_flag::kToHost | request_flag::kList, 1);
  read.data_address = list;
  const auto completion = rig.run(read);
  EXPECT_EQ(completion.host_status, 0u);
  EXPECT_EQ(completion.data_length, 1024u);
  for (unsigned i = 0; i < 1024; ++i)
    ASSERT_EQ(rig.computer.peek<std::uint8_t>(i < 100 ? 0x40003 + i : 0x50000 + i - 100),
              static_cast<std::uint8_t>(i * 13 + i / 256))
        << i;
  EXPECT_EQ(rig.computer.peek<std::uint8_t>(0x50000 + 924), 0u);  // the list was longer than the request
  EXPECT_EQ(rig.model->statistics().bytes_written, 1024u);
}

TEST(Pvscsi, DataThatDoesNotFit) {
  PvscsiRig rig;
  rig.start_quietly();
  auto shorter = PvscsiRig::request({0x12, 0, 0, 0, 36, 0}, 100, request_flag::kToHost);
  auto completion = rig.run(shorter);
  EXPECT_EQ(completion.host_status, host(HostStatus::DataRun));
  EXPECT_EQ(completion.data_length, 36u);
  auto longer = PvscsiRig::read_block(0);
  longer.data_length = 256;
  completion = rig.run(longer);
  EXPECT_EQ(completion.host_status, host(HostStatus::DataRun));
  EXPECT_EQ(completion.data_length, 256u);
  auto wrong_way = PvscsiRig::read_block(0);
  wrong_way.flags = request_flag::kToDevice;
  EXPECT_EQ(rig.run(wrong_way).host_status, host(HostStatus::BadMessage));
  auto nowhere = PvscsiRig::read_block(0);
  nowhere.data_address = 0x40000000;
  EXPECT_EQ(rig.run(nowhere).host_status, host(HostStatus::Hardware));
  auto circle = PvscsiRig::read_block(0);
  circle.flags |= request_flag::kList;
  circle.data_address = 0x30000;
  rig.computer.poke(0x30000, ListElement{0x30000, 0, kElementChains});
  EXPECT_EQ(rig.run(circle).host_status, host(HostStatus::Hardware));
}

TEST(Pvscsi, RingsWrapAround) {
  PvscsiRig rig;
  rig.start_quietly();
  for (unsigned round = 0; round < 10; ++round) {
    for (unsigned i = 0; i < 64; ++i) rig.put(PvscsiRig::read_block(0));
    rig.set(reg::kKickReadWrite, 0);
    rig.computer.advance(1ms);
    unsigned count = 0;
    while (const auto completion = rig.next()) {
      EXPECT_EQ(completion->scsi_status, 0u);
      ++count;
    }
    EXPECT_EQ(count, 64u);
  }
  EXPECT_EQ(rig.model->outstanding(), 0u);
}

TEST(Pvscsi, UsesMessagesWhenTheyAreEnabled) {
  PvscsiRig rig;
  rig.configure(0x80, 4, 0xFEE00000);
  rig.configure(0x88, 2, 0x51);
  rig.configure(0x7E, 2, 1);
  rig.start();
  rig.submit(PvscsiRig::request({0x12, 0, 0, 0, 36, 0}, 36, request_flag::kToHost));
  rig.computer.advance(1ms);
  ASSERT_EQ(rig.computer.messages.size(), 1u);
  EXPECT_EQ(rig.computer.messages[0].second, 0x51u);
  EXPECT_FALSE(rig.line());
}

TEST(Pvscsi, MaskedInterruptsComeWhenUnmasked) {
  PvscsiRig rig;
  rig.start();
  rig.set(reg::kInterruptMask, 0);
  rig.run(PvscsiRig::read_block(0));
  EXPECT_FALSE(rig.line());
  rig.set(reg::kInterruptMask, interrupt::kCompletion);
  EXPECT_TRUE(rig.line());
}

TEST(Pvscsi, OrderedRequestsEndAfterEarlierOnes) {
  PvscsiRig rig;
  rig.start_quietly();
  auto large = PvscsiRig::request({0x28, 0, 0, 0, 0, 0, 0, 0, 128, 0}, 65536, request_flag::kToHost);
  auto small = PvscsiRig::read_block(0);
  const auto first = rig.submit(large);
  const auto overtakes = rig.submit(small);
  small.tag = kOrderedTag;
  const auto ordered = rig.submit(small);
  rig.computer.advance(1ms);
  EXPECT_EQ(rig.next()->context, overtakes);
  EXPECT_EQ(rig.next()->context, first);
  EXPECT_EQ(rig.next()->context, ordered);
}

TEST(Pvscsi, FullUnitsSayTaskSetFull) {
  Options options = two_disks();
  options.disks[0].queue_depth_max = 2;
  PvscsiRig rig(options);
  rig.start_quietly();
  rig.submit(PvscsiRig::read_block(0));
  rig.submit(PvscsiRig::read_block(0));
  rig.submit(PvscsiRig::read_block(0));
  EXPECT_EQ(rig.next()->scsi_status, 0x28u);
  rig.computer.advance(1ms);
  EXPECT_EQ(rig.next()->scsi_status, 0u);
  EXPECT_EQ(rig.next()->scsi_status, 0u);
  EXPECT_EQ(rig.run(PvscsiRig::read_block(0)).scsi_status, 0u);
}

TEST(Pvscsi, MessageRingTellsOfDisksThatComeAndGo) {
  PvscsiRig rig;
  rig.start_quietly();
  SetupMessageRingArguments ring{};
  ring.pages = 1;
  ring.page[0] = PvscsiRig::kMessages >> 12;
  EXPECT_EQ(rig.command(Command::SetupMessageRing, ring), 34u);
  EXPECT_EQ(rig.computer.peek<std::uint32_t>(PvscsiRig::kState + 136), 5u);
  rig.model->add_disk({.target = 5, .backing = std::make_shared<disk::MemoryBacking>(1 << 20)});
  EXPECT_EQ(rig.get(reg::kInterruptStatus), interrupt::kMessage);
  EXPECT_TRUE(rig.line());
  auto message = rig.computer.peek<MessageDescriptor>(PvscsiRig::kMessages);
  EXPECT_EQ(message.type, 0u);
  EXPECT_EQ(message.target, 5u);
  const auto context = rig.submit(PvscsiRig::read_block(0, 5));
  rig.model->remove_disk(5, 0);
  message = rig.computer.peek<MessageDescriptor>(PvscsiRig::kMessages + 128);
  EXPECT_EQ(message.type, 1u);
  const auto completion = rig.next();
  EXPECT_EQ(completion->context, context);
  EXPECT_EQ(completion->host_status, host(HostStatus::Aborted));
  EXPECT_EQ(rig.run(PvscsiRig::read_block(0, 5)).host_status, host(HostStatus::SelectionTimeout));
}

// SP-201: after a reset every unit of the bus answers its first command with 6/29, once.
TEST(Pvscsi, SP201BusResetEndsAllAndRaisesUnitAttentionEverywhere) {
  PvscsiRig rig;
  rig.start_quietly();
  for (unsigned i = 0; i < 4; ++i) rig.submit(PvscsiRig::read_block(0));
  EXPECT_EQ(rig.command(Command::ResetBus), command_status::kGood);
  for (unsigned i = 0; i < 4; ++i) EXPECT_EQ(rig.next()->host_status, host(HostStatus::BusReset));
  EXPECT_FALSE(rig.next());
  EXPECT_EQ(rig.get(reg::kInterruptStatus), interrupt::kCompletion);
  for (std::uint8_t target = 0; target < 2; ++target) {
    EXPECT_EQ(rig.run(PvscsiRig::read_block(0, target)).scsi_status, 2u);
    EXPECT_EQ(rig.run(PvscsiRig::read_block(0, target)).scsi_status, 0u);
  }
  EXPECT_EQ(rig.model->statistics().cancelled, 4u);
}

TEST(Pvscsi, DeviceResetEndsOneUnitsRequests) {
  PvscsiRig rig;
  rig.start_quietly();
  const auto spared = rig.submit(PvscsiRig::read_block(0, 0));
  const auto hit = rig.submit(PvscsiRig::read_block(0, 1));
  EXPECT_EQ(rig.command(Command::ResetDevice, ResetDeviceArguments{1, {}}), command_status::kGood);
  auto completion = rig.next();
  EXPECT_EQ(completion->context, hit);
  EXPECT_EQ(completion->host_status, host(HostStatus::BusReset));
  rig.computer.advance(1ms);
  completion = rig.next();
  EXPECT_EQ(completion->context, spared);
  EXPECT_EQ(completion->scsi_status, 0u);
  EXPECT_EQ(rig.run(PvscsiRig::read_block(0, 1)).scsi_status, 2u);
  EXPECT_EQ(rig.command(Command::ResetDevice, ResetDeviceArguments{9, {}}), command_status::kFailed);
}

TEST(Pvscsi, AbortEndsOneRequest) {
  PvscsiRig rig;
  rig.start_quietly();
  const auto first = rig.submit(PvscsiRig::read_block(0));
  const auto second = rig.submit(PvscsiRig::read_block(0));
  EXPECT_EQ(rig.command(Command::AbortCommand, AbortArguments{second, 0, 0}), command_status::kGood);
  auto completion = rig.next();
  EXPECT_EQ(completion->context, second);
  EXPECT_EQ(completion->host_status, host(HostStatus::Aborted));
  rig.computer.advance(1ms);
  EXPECT_EQ(rig.next()->context, first);
  EXPECT_FALSE(rig.next());
}

// SP-172: after a reset the adapter writes to no buffer of an old request.
TEST(Pvscsi, SP172AdapterResetWritesTheOldRingAtOnceAndNothingAfter) {
  PvscsiRig rig;
  rig.start_quietly();
  for (unsigned i = 0; i < 4; ++i) rig.submit(PvscsiRig::read_block(0));
  EXPECT_EQ(rig.command(Command::AdapterReset), command_status::kGood);
  for (unsigned i = 0; i < 4; ++i) EXPECT_EQ(rig.next()->host_status, host(HostStatus::BusReset));
  EXPECT_EQ(rig.get(reg::kInterruptStatus), 0u);
  EXPECT_FALSE(rig.line());
  const std::uint64_t writes = rig.computer.ram_writes;
  rig.computer.advance(1min);
  rig.put(PvscsiRig::read_block(0));
  rig.set(reg::kKickReadWrite, 0);  // the rings are forgotten
  rig.computer.advance(1min);
  EXPECT_EQ(rig.computer.ram_writes, writes);
  EXPECT_EQ(rig.get(reg::kInterruptMask), interrupt::kAll);  // survives
  EXPECT_EQ(rig.set_up_rings(), 0u);
  EXPECT_EQ(rig.run(PvscsiRig::read_block(0)).scsi_status, 2u);
}

TEST(Pvscsi, LineOutlivesAdapterResetAsInQemu) {
  Options options = two_disks();
  options.line_outlives_adapter_reset = true;
  PvscsiRig rig(options);
  rig.start_quietly();
  rig.submit(PvscsiRig::read_block(0));
  rig.command(Command::AdapterReset);
  EXPECT_EQ(rig.get(reg::kInterruptStatus), 0u);
  EXPECT_TRUE(rig.line());
  rig.acknowledge();
  EXPECT_FALSE(rig.line());
}

TEST(Pvscsi, SlowResetsCompleteWhenTheyAreOver) {
  Options options = two_disks();
  options.reset_latency = 2ms;
  PvscsiRig rig(options);
  rig.start_quietly();
  rig.submit(PvscsiRig::read_block(0));
  rig.submit(PvscsiRig::read_block(0));
  rig.command(Command::ResetBus);
  const auto later = rig.submit(PvscsiRig::request({0x12, 0, 0, 0, 36, 0}, 36, request_flag::kToHost));
  rig.computer.advance(1999us);
  EXPECT_FALSE(rig.next());
  rig.computer.advance(1us);
  EXPECT_EQ(rig.next()->host_status, host(HostStatus::BusReset));
  EXPECT_EQ(rig.next()->host_status, host(HostStatus::BusReset));
  EXPECT_FALSE(rig.next());
  rig.computer.advance(1ms);
  EXPECT_EQ(rig.next()->context, later);
}

TEST(Pvscsi, PciResetForgetsRequestsSilently) {
  PvscsiRig rig;
  rig.start_quietly();
  rig.submit(PvscsiRig::read_block(0));
  const std::uint64_t writes = rig.computer.ram_writes;
  rig.fabric.reset(PvscsiRig::kSlot, ResetKind::Conventional);
  rig.computer.advance(1s);
  EXPECT_EQ(rig.computer.ram_writes, writes);
  EXPECT_EQ(rig.look(0x04, 2), 0u);
  rig.configure(0x10, 4, PvscsiRig::kBar0);
  rig.configure(0x04, 2, 6);
  EXPECT_EQ(rig.get(reg::kInterruptMask), interrupt::kAll);
  rig.start();
  EXPECT_EQ(rig.run(PvscsiRig::read_block(0)).scsi_status, 2u);
}

TEST(Pvscsi, UnpluggedAndPutBackTheDiskKeepsItsData) {
  Options options = two_disks();
  PvscsiRig rig(options);
  rig.start_quietly();
  rig.computer.poke(PvscsiRig::kData, 0x12345678u);
  rig.run(PvscsiRig::write_block(3));
  rig.submit(PvscsiRig::read_block(3));
  const std::uint64_t writes = rig.computer.ram_writes;
  rig.fabric.unplug(PvscsiRig::kSlot);
  EXPECT_EQ(rig.get(reg::kInterruptStatus), 0xFFFFFFFFu);
  rig.computer.advance(1s);
  EXPECT_EQ(rig.computer.ram_writes, writes);
  EXPECT_EQ(rig.computer.events_pending(), 0u);

  rig.fabric.plug(PvscsiRig::kSlot, factory(options, &rig.model));
  rig.configure(0x10, 4, PvscsiRig::kBar0);
  rig.configure(0x04, 2, 6);
  rig.start_quietly();
  rig.computer.poke(PvscsiRig::kData, 0u);
  EXPECT_EQ(rig.run(PvscsiRig::read_block(3)).scsi_status, 0u);
  EXPECT_EQ(rig.computer.peek<std::uint32_t>(PvscsiRig::kData), 0x12345678u);
}

TEST(Pvscsi, WithoutBusMasteringNothingMoves) {
  PvscsiRig rig;
  rig.start_quietly();
  rig.submit(PvscsiRig::read_block(0));
  rig.configure(0x04, 2, 2);
  const std::uint64_t writes = rig.computer.ram_writes;
  rig.computer.advance(1s);
  EXPECT_EQ(rig.computer.ram_writes, writes);
}

}  // namespace
}  // namespace drydock::models::pvscsi
