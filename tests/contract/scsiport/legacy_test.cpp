// Section 3: adapters that no bus enumerates, looked for inside ScsiPortInitialize; and sharing an interrupt line.

#include <gtest/gtest.h>

#include "contract/scsiport/puppet_rig.h"
#include "ntos/cm/registry.h"
#include "ntos/pnp/detection.h"
#include "ntos/pnp/devnode.h"
#include "ntos/pnp/manager.h"
#include "port/scsiport/kernel.h"

namespace drydock::tests::scsiport {
namespace {

constexpr ULONG kTag = 0x74736554;

/// The cards that scsi_legacy.sys looks for: at each one's ports it says whether it interrupts, and lets go.
class IsaCards : public machine::IoFabric {
 public:
  explicit IsaCards(bool shared_line) : shared_line_(shared_line) {}
  void interrupt(unsigned card) {
    raised_[card] = true;
    set_line(card);
  }
  bool raised(unsigned card) const { return raised_[card]; }

  std::uint64_t read_memory(machine::PhysicalAddress, unsigned) override { return ~0ull; }
  void write_memory(machine::PhysicalAddress, unsigned, std::uint64_t) override {}
  std::uint32_t read_port(std::uint16_t port, unsigned) override {
    const unsigned card = card_at(port);
    return card < kCards && port % 16 == 0 ? raised_[card] : 0xFF;
  }
  void write_port(std::uint16_t port, unsigned, std::uint32_t) override {
    const unsigned card = card_at(port);
    if (card >= kCards || port % 16 != 1) return;
    raised_[card] = false;
    set_line(card);
  }
  std::uint32_t read_config(unsigned, unsigned, unsigned, unsigned, unsigned) override { return ~0u; }
  void write_config(unsigned, unsigned, unsigned, unsigned, unsigned, std::uint32_t) override {}

 private:
  static constexpr unsigned kCards = 4;
  static unsigned card_at(std::uint16_t port) { return static_cast<unsigned>(port - 0x330) / 16; }
  void set_line(unsigned card) {
    bool up = raised_[card];
    if (shared_line_)
      for (bool raised : raised_) up |= raised;
    machine::set_interrupt_line(shared_line_ ? 10 : 10 + card, up);
  }
  bool shared_line_;
  bool raised_[kCards] = {};
};

/// As scsi_legacy.c has it.
struct Call {
  ULONG routine, type, bus, mode;
  ULONG64 context, extension, bus_information;
  ULONG irql;
  UCHAR was_zero, primary_claimed, secondary_claimed, valid, mapped;
  ULONG config_sum;
};

constexpr std::u16string_view kHardware = u"\\Registry\\Machine\\HARDWARE\\DESCRIPTION\\System";

class Legacy : public testing::Test {
 protected:
  PuppetRig rig{1, {}, "scsi_legacy"};

  /// PCI is left to the PnP manager; what the miniport does elsewhere, `options` says.
  void run(const char16_t* options, const std::function<void()>& body, const std::function<void()>& before = {}) {
    outcome_ = rig.run_bare([&] {
      ntos::cm::Key& parameters = ntos::cm::registry().service_parameters(u"scsi_legacy");
      parameters.create(u"PnpInterface").set_dword(u"5", 1);
      parameters.create(u"Device").set_string(u"DriverParameter", options);
      if (before) before();
      status_ = rig.load_driver();
      body();
    });
  }
  NTSTATUS answer(unsigned i) { return static_cast<NTSTATUS>((&rig.variable<ULONG>("Answers"))[i]); }
  std::vector<Call> calls(std::string_view routines) {
    std::vector<Call> result;
    const Call* all = &rig.variable<Call>("Calls");
    for (ULONG i = 0; i < rig.variable<ULONG>("CallCount"); ++i)
      if (routines.find(static_cast<char>(all[i].routine)) != std::string_view::npos) result.push_back(all[i]);
    return result;
  }
  std::string order() {
    std::string result;
    for (const Call& call : calls("FfPI")) result += static_cast<char>(call.routine);
    return result;
  }
  static std::vector<Adapter*>& adapters() { return port::scsiport::port().adapters; }
  static void add_bus(std::u16string_view path, std::u16string_view identifier) {
    ntos::cm::registry()
        .create(std::u16string(kHardware) + u"\\" + std::u16string(path))
        .set_string(u"Identifier", identifier);
  }
  /// Somebody else's ports.
  static NTSTATUS claim_ports(ULONG start, ULONG length) {
    DRIVER_OBJECT* other = ntos::io::create_host_driver("other", [](DRIVER_OBJECT*) {});
    auto* list = static_cast<CM_RESOURCE_LIST*>(
        port::scsiport::ExAllocatePoolWithTag(PagedPool, sizeof(CM_RESOURCE_LIST), kTag));
    *list = CM_RESOURCE_LIST{};
    list->Count = 1;
    list->List[0].PartialResourceList.Count = 1;
    CM_PARTIAL_RESOURCE_DESCRIPTOR& ports = list->List[0].PartialResourceList.PartialDescriptors[0];
    ports.Type = CmResourceTypePort;
    ports.ShareDisposition = CmResourceShareDeviceExclusive;
    ports.Flags = CM_RESOURCE_PORT_IO;
    ports.u.Port.Start.QuadPart = start;
    ports.u.Port.Length = length;
    BOOLEAN conflict = FALSE;
    const NTSTATUS status =
        ntos::pnp::IoReportResourceForDetection(other, list, sizeof(*list), nullptr, nullptr, 0, &conflict);
    EXPECT_EQ(conflict != FALSE, !NT_SUCCESS(status));
    port::scsiport::ExFreePoolWithTag(list, kTag);
    return status;
  }
  void expect_clean() {
    EXPECT_EQ(outcome_, machine::OutcomeKind::Completed);
    EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
  }

  NTSTATUS status_ = 0;
  machine::OutcomeKind outcome_{};
};

TEST_F(Legacy, SP_007_OnlyThePresenceOfThePnpValueCounts) {
  run(
      u"",
      [&] {
        EXPECT_EQ(status_, STATUS_SUCCESS);
        EXPECT_EQ(answer(1), STATUS_SUCCESS);
        EXPECT_TRUE(calls("FfPI").empty());
        EXPECT_TRUE(adapters().empty());
      },
      [] {
        ntos::cm::Key& key = ntos::cm::registry().service_parameters(u"scsi_legacy").create(u"PnpInterface");
        key.set_dword(u"5", 0);
        key.set_string(u"1", u"no");
      });
  expect_clean();
}

TEST_F(Legacy, SP_007_SP_013_WithoutItTheAdapterRunsBeforeTheCallReturns) {
  run(u"", [&] {
    EXPECT_EQ(status_, STATUS_SUCCESS);
    ASSERT_EQ(order(), "FI");
    EXPECT_EQ(rig.variable<ULONG>("AnswersWhenCalled"), 1u);  // EISA had its answer, ISA had not
    ASSERT_EQ(adapters().size(), 1u);
    Adapter& adapter = *adapters()[0];
    ASSERT_NE(adapter.interrupt, nullptr);
    EXPECT_EQ(calls("F")[0].irql, PASSIVE_LEVEL);
    EXPECT_EQ(calls("I")[0].irql, adapter.interrupt_irql);  // so it was connected
    EXPECT_EQ(adapter.interrupt_irql, machine::irql_of_vector(machine::vector_of_line(10)));
    EXPECT_EQ(claim_ports(0x334, 2), STATUS_CONFLICTING_ADDRESSES);
    // Its disk is found and can be used.
    ntos::pnp::manager().wait_until_settled();
    ASSERT_EQ(adapter.units.size(), 1u);
    EXPECT_TRUE(rig.unit().pdo_started);
    EXPECT_EQ(rig.send().srb_status(), SRB_STATUS_SUCCESS);
    // At boot only: nothing looks for adapters again.
    ntos::pnp::manager().enumerate_root();
    ntos::pnp::manager().wait_until_settled();
    EXPECT_EQ(calls("F").size(), 1u);
  });
  expect_clean();
}

TEST_F(Legacy, PNP_010_WhatIsReportedAsDetectedCountsAsStarted) {
  run(u"", [&] {
    ntos::pnp::Manager& manager = ntos::pnp::manager();
    manager.wait_until_settled();
    const auto detected = manager.served_by(u"scsi_legacy");
    ASSERT_EQ(detected.size(), 1u);
    EXPECT_EQ(detected[0]->state, ntos::pnp::DevnodeState::Started);
    EXPECT_EQ(adapters().size(), 1u);  // AddDevice would have made another one
    unsigned relations = 0;
    for (const ntos::pnp::SentIrp& irp : manager.sent_irps()) {
      if (irp.devnode != detected[0]->id) continue;
      EXPECT_NE(irp.minor, IRP_MN_START_DEVICE);
      relations += irp.minor == IRP_MN_QUERY_DEVICE_RELATIONS;
    }
    EXPECT_EQ(relations, 1u);
  });
  expect_clean();
}

TEST_F(Legacy, SP_008_TheDataIsCopiedBeforeTheCallReturns) {
  rig.run_bare([&] {
    ntos::cm::registry().service_parameters(u"scsi_legacy").create(u"Device").set_string(u"DriverParameter", u"n");
    ASSERT_EQ(rig.load_miniport(), STATUS_SUCCESS);  // DriverEntry has overwritten all it passed
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    ASSERT_EQ(calls("P").size(), 1u);
    EXPECT_EQ(calls("P")[0].type, static_cast<ULONG>(PCIBus));
    EXPECT_EQ(rig.enumerate(), STATUS_SUCCESS);
    EXPECT_FALSE(calls("S").empty());
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(Legacy, SP_009_SP_013_EachInterfaceTypeHasItsOwnRoutine) {
  rig.run_bare([&] {
    add_bus(u"EisaAdapter\\0", u"EISA");
    ASSERT_EQ(rig.load_miniport(), STATUS_SUCCESS);
    EXPECT_EQ(order(), "fIFI");  // in the order of the calls
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_EQ(order(), "fIFIPI");
    auto address_of = [&](const char* name) { return reinterpret_cast<ULONG64>(&rig.variable<ULONG>(name)); };
    EXPECT_EQ(calls("f")[0].type, static_cast<ULONG>(Eisa));
    EXPECT_EQ(calls("f")[0].context, address_of("EisaContext"));
    EXPECT_EQ(calls("F")[0].type, static_cast<ULONG>(Isa));
    EXPECT_EQ(calls("F")[0].context, address_of("IsaContext"));
    EXPECT_EQ(calls("F")[0].bus_information, 0u);  // SP-018
    EXPECT_EQ(calls("F")[0].mode, static_cast<ULONG>(Latched));
    EXPECT_EQ(calls("P")[0].context, 0u);  // SP-017
    ASSERT_EQ(adapters().size(), 3u);
    for (unsigned i = 0; i < 3; ++i) {
      EXPECT_NE(adapters()[i]->extension, adapters()[(i + 1) % 3]->extension);
      EXPECT_NE(adapters()[i]->number, adapters()[(i + 1) % 3]->number);
    }
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(Legacy, SP_010_DriverEntryReturnsTheLowestAnswer) {
  run(u"", [&] {
    EXPECT_FALSE(NT_SUCCESS(answer(0)));
    EXPECT_EQ(answer(1), STATUS_SUCCESS);
    ULONG lowest = ~0u;
    for (unsigned i = 0; i < 4; ++i) lowest = std::min(lowest, static_cast<ULONG>(answer(i)));
    EXPECT_EQ(rig.variable<ULONG>("Returned"), lowest);
    EXPECT_EQ(status_, static_cast<NTSTATUS>(lowest));
    EXPECT_EQ(adapters().size(), 1u);
  });
  expect_clean();
}

TEST(LegacyEntry, SP_010_AnotherAnswerThanThatIsReported) {
  PuppetRig rig(1, {}, "scsi_entry_status");
  rig.run_bare([&] { EXPECT_EQ(rig.load_driver(), STATUS_SUCCESS); });
  EXPECT_TRUE(rig.found("SP-010")) << rig.what_happened();
}

TEST_F(Legacy, SP_012_WithoutABusOfTheTypeNothingIsCalled) {
  run(u"", [&] {
    EXPECT_EQ(answer(0), STATUS_DEVICE_DOES_NOT_EXIST);
    EXPECT_EQ(answer(2), STATUS_DEVICE_DOES_NOT_EXIST);
    EXPECT_TRUE(calls("f").empty());
    for (const Call& call : calls("F")) EXPECT_EQ(call.type, static_cast<ULONG>(Isa));
  });
  expect_clean();
}

TEST_F(Legacy, SP_027_ATakenAtDiskRangeIsClaimedAndOfferedToNobodyElse) {
  run(u"ap", [&] {
    const auto found = calls("F");
    ASSERT_EQ(found.size(), 3u);
    EXPECT_FALSE(found[0].primary_claimed);
    EXPECT_FALSE(found[0].secondary_claimed);
    EXPECT_TRUE(found[1].primary_claimed);
    EXPECT_FALSE(found[1].secondary_claimed);
    EXPECT_TRUE(ntos::io::IoGetConfigurationInformation()->AtDiskPrimaryAddressClaimed);
    EXPECT_EQ(claim_ports(0x1F0, 1), STATUS_CONFLICTING_ADDRESSES);
  });
  expect_clean();
}

TEST_F(Legacy, SP_027_AnotherDriversAtDiskRangesAreSaidToBeClaimed) {
  run(
      u"",
      [&] {
        EXPECT_TRUE(calls("F")[0].primary_claimed);
        EXPECT_TRUE(calls("F")[0].secondary_claimed);
      },
      [] {
        ntos::io::IoGetConfigurationInformation()->AtDiskSecondaryAddressClaimed = TRUE;
        EXPECT_EQ(claim_ports(0x1F0, 8), STATUS_SUCCESS);
      });
  expect_clean();
}

TEST_F(Legacy, SP_030_ARangeMappedWithoutAskingFirstIsReported) {
  run(u"u", [&] {
    EXPECT_TRUE(calls("F")[0].mapped);
    EXPECT_EQ(status_, STATUS_SUCCESS);
  });
  EXPECT_TRUE(rig.found("SP-030")) << rig.what_happened();
}

TEST_F(Legacy, SP_030_SP_293_ARangeThatSomebodyHasIsNotValid) {
  run(
      u"",
      [&] {
        EXPECT_FALSE(calls("F")[0].valid);
        EXPECT_EQ(answer(1), STATUS_NOT_FOUND);
        EXPECT_TRUE(adapters().empty());
      },
      [] { EXPECT_EQ(claim_ports(0x337, 1), STATUS_SUCCESS); });
  expect_clean();
}

TEST_F(Legacy, SP_289_ARangeThatSomebodyHasIsNotMapped) {
  run(
      u"u", [&] { EXPECT_FALSE(calls("F")[0].mapped); }, [] { EXPECT_EQ(claim_ports(0x337, 1), STATUS_SUCCESS); });
  EXPECT_TRUE(rig.found("SP-364")) << rig.what_happened();
}

TEST_F(Legacy, SP_035_AgainMeansTheSameBusAndConfigurationAndAFreshExtension) {
  run(u"a", [&] {
    const auto found = calls("F");
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(order(), "FIFIFI");
    ASSERT_EQ(adapters().size(), 3u);
    for (const Call& call : found) {
      EXPECT_TRUE(call.was_zero);
      EXPECT_EQ(call.bus, 0u);
      EXPECT_EQ(call.config_sum, found[0].config_sum);
      EXPECT_EQ(call.context, found[0].context);
    }
    EXPECT_NE(found[0].extension, found[1].extension);
    EXPECT_NE(found[1].extension, found[2].extension);
    ntos::pnp::manager().wait_until_settled();
    for (Adapter* adapter : adapters()) EXPECT_EQ(adapter->units.size(), 1u);
  });
  expect_clean();
}

TEST_F(Legacy, SP_035_NotFoundAndBadConfigLeadToTheNextBusOfTheType) {
  for (auto [options, status] : {std::pair{u"n", STATUS_NOT_FOUND}, {u"b", STATUS_DEVICE_CONFIGURATION_ERROR}}) {
    PuppetRig fresh(1, {}, "scsi_legacy");
    fresh.run_bare([&, options = options, status = status] {
      ntos::cm::Key& parameters = ntos::cm::registry().service_parameters(u"scsi_legacy");
      parameters.create(u"PnpInterface").set_dword(u"5", 1);
      parameters.create(u"Device").set_string(u"DriverParameter", options);
      add_bus(u"MultifunctionAdapter\\2", u"ISA");
      fresh.load_driver();
      EXPECT_EQ(fresh.variable<ULONG>("CallCount"), 2u);
      const Call* calls = &fresh.variable<Call>("Calls");
      EXPECT_EQ(calls[0].bus, 0u);
      EXPECT_EQ(calls[1].bus, 1u);
      EXPECT_EQ(static_cast<NTSTATUS>((&fresh.variable<ULONG>("Answers"))[1]), status);
      EXPECT_TRUE(adapters().empty());
    });
    EXPECT_TRUE(fresh.findings().empty()) << fresh.what_happened();
  }
}

TEST_F(Legacy, SP_035_AgainWithoutEndIsReportedAndEnds) {
  run(u"wn", [&] { EXPECT_EQ(answer(1), STATUS_NOT_FOUND); });
  EXPECT_TRUE(rig.found("SP-035")) << rig.what_happened();
}

TEST_F(Legacy, SP_013_SP_042_AFailingInitializeLeavesNothingBehind) {
  run(u"i", [&] {
    EXPECT_EQ(answer(1), STATUS_ADAPTER_HARDWARE_ERROR);
    EXPECT_TRUE(adapters().empty());
    EXPECT_EQ(claim_ports(0x330, 8), STATUS_SUCCESS);
  });
}

TEST_F(Legacy, SP_013_AnInterruptThatDoesNotExistIsABadConfiguration) {
  run(u"x", [&] {
    EXPECT_EQ(answer(1), STATUS_DEVICE_CONFIGURATION_ERROR);
    EXPECT_TRUE(adapters().empty());
    EXPECT_EQ(order(), "F");
  });
  expect_clean();
}

TEST_F(Legacy, SP_263_ALegacyAdapterStays) {
  run(u"", [&] {
    ntos::pnp::Devnode* node = ntos::pnp::manager().find_id(u"ROOT\\scsi_legacy");
    ASSERT_NE(node, nullptr);
    EXPECT_EQ(node->state, ntos::pnp::DevnodeState::Started);
    EXPECT_FALSE(ntos::pnp::manager().remove(node->id).ok());
    EXPECT_EQ(adapters().size(), 1u);
  });
  expect_clean();
}

// ---- one interrupt line for several adapters ----

TEST_F(Legacy, SP_114_WhoDidNotInterruptLetsTheNextOneBeAsked) {
  IsaCards cards(true);
  rig.machine().set_fabric(&cards);
  run(u"as", [&] {
    ASSERT_EQ(adapters().size(), 3u);
    cards.interrupt(2);
    rig.advance(1ms);
    const auto interrupts = calls("i");
    ASSERT_EQ(interrupts.size(), 3u);
    for (unsigned i = 0; i < 3; ++i)
      EXPECT_EQ(interrupts[i].extension, reinterpret_cast<ULONG64>(adapters()[i]->extension));
    EXPECT_FALSE(cards.raised(2));
    cards.interrupt(0);  // the first in the row claims it: nobody else is asked
    rig.advance(1ms);
    EXPECT_EQ(calls("i").size(), 4u);
  });
  expect_clean();
}

TEST_F(Legacy, SP_115_OnALevelLineItIsCalledAgainUntilTheLineDrops) {
  IsaCards cards(true);
  rig.machine().set_fabric(&cards);
  run(u"sl", [&] {
    cards.interrupt(0);
    rig.advance(1ms);
    EXPECT_EQ(calls("i").size(), 2u);
    EXPECT_FALSE(cards.raised(0));
  });
  expect_clean();
}

}  // namespace
}  // namespace drydock::tests::scsiport
