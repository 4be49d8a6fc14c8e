// Resources before the start, and the lists a driver sees (docs/contracts/wdf.md, section 3).

#include "contract/wdf/host_filter.h"
#include "contract/wdf/lifecycle.h"
#include "ntos/ke/apc.h"
#include "ntos/pnp/pool.h"
#include "wdf/device.h"
#include "wdf/framework.h"

namespace drydock::test::wdf {
namespace {


/// A query whose answer is a block, which is freed.
template <class List, class Look>
NTSTATUS query(DEVICE_OBJECT* device, UCHAR minor, Look look) {
  const auto result = user::send(device, IRP_MJ_PNP, minor, [](IRP* irp, IO_STACK_LOCATION*) {
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  });
  auto* list = NT_SUCCESS(result.status) ? reinterpret_cast<List*>(result.information) : nullptr;
  look(list);
  if (list) ntos::pnp::free_pool(list);
  return result.status;
}

/// A bus with one raw child, whose PDO is device 2.
struct BusLife : Life {
  BusLife() {
    orders(1).Interrupts = orders(1).MapsBar = 0;
    orders(1).Children = orders(1).ChildrenRaw = 1;
    orders(2) = {};
  }
  DEVICE_OBJECT* pdo(Manager& manager) { return manager.find_id(kWdfId)->children.at(0)->pdo; }
};

TEST(WdfResources, WDF_044_APdoStatesItsResources) {
  BusLife rig;
  rig.orders(2).Resource = 0xFED00000;
  rig.orders(2).Requirement = 0x2000;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_EQ(query<CM_RESOURCE_LIST>(rig.pdo(manager), IRP_MN_QUERY_RESOURCES,
                                      [](const CM_RESOURCE_LIST* list) {
                                        ASSERT_NE(list, nullptr);
                                        const auto& partial = list->List[0].PartialResourceList;
                                        ASSERT_EQ(partial.Count, 1u);
                                        EXPECT_EQ(partial.PartialDescriptors[0].u.Memory.Start.QuadPart, 0xFED00000);
                                      }),
              STATUS_SUCCESS);
    EXPECT_EQ(query<IO_RESOURCE_REQUIREMENTS_LIST>(rig.pdo(manager), IRP_MN_QUERY_RESOURCE_REQUIREMENTS,
                                                   [](const IO_RESOURCE_REQUIREMENTS_LIST* list) {
                                                     ASSERT_NE(list, nullptr);
                                                     ASSERT_EQ(list->AlternativeLists, 1u);
                                                     ASSERT_EQ(list->List[0].Count, 1u);
                                                     EXPECT_EQ(list->List[0].Descriptors[0].u.Memory.Length, 0x2000u);
                                                   }),
              STATUS_SUCCESS);
    const auto none = [](const void* list) { EXPECT_EQ(list, nullptr); };
    // Failures are the requests'.
    rig.orders(2).Status[PuppetResourcesQuery] = rig.orders(2).Status[PuppetRequirementsQuery] = 0xC0000120;
    EXPECT_EQ(query<CM_RESOURCE_LIST>(rig.pdo(manager), IRP_MN_QUERY_RESOURCES, none), STATUS_CANCELLED);
    EXPECT_EQ(query<IO_RESOURCE_REQUIREMENTS_LIST>(rig.pdo(manager), IRP_MN_QUERY_RESOURCE_REQUIREMENTS, none),
              STATUS_CANCELLED);
    // An empty list changes nothing.
    rig.orders(2).Status[PuppetResourcesQuery] = rig.orders(2).Status[PuppetRequirementsQuery] = 0;
    rig.orders(2).Resource = rig.orders(2).Requirement = 1;
    EXPECT_EQ(query<CM_RESOURCE_LIST>(rig.pdo(manager), IRP_MN_QUERY_RESOURCES, none), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(query<IO_RESOURCE_REQUIREMENTS_LIST>(rig.pdo(manager), IRP_MN_QUERY_RESOURCE_REQUIREMENTS, none),
              STATUS_NOT_SUPPORTED);
  });
  BusLife bare;
  bare.run([&](Manager& manager) {
    bare.start(manager);
    const auto none = [](const void* list) { EXPECT_EQ(list, nullptr); };
    EXPECT_EQ(query<CM_RESOURCE_LIST>(bare.pdo(manager), IRP_MN_QUERY_RESOURCES, none), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(query<IO_RESOURCE_REQUIREMENTS_LIST>(bare.pdo(manager), IRP_MN_QUERY_RESOURCE_REQUIREMENTS, none),
              STATUS_SUCCESS);
  });
}

TEST(WdfResources, WDF_271_APdosInterruptCannotWakeIt) {
  for (const bool wakes : {false, true}) {
    BusLife rig;
    rig.orders(2).InterruptsInPrepare = rig.orders(2).InterruptPassive = 1;
    rig.orders(2).InterruptWakes = wakes;
    rig.run([&](Manager& manager) {
      rig.start(manager);
      DEVICE_OBJECT* pdo = rig.pdo(manager);
      EXPECT_EQ(send_pnp(pdo, IRP_MN_QUERY_STOP_DEVICE), STATUS_SUCCESS);
      EXPECT_EQ(send_pnp(pdo, IRP_MN_STOP_DEVICE), STATUS_SUCCESS);
      CM_RESOURCE_LIST list{};
      list.Count = 1;
      list.List[0].PartialResourceList.Version = list.List[0].PartialResourceList.Revision = 1;
      list.List[0].PartialResourceList.Count = 1;
      CM_PARTIAL_RESOURCE_DESCRIPTOR& interrupt = list.List[0].PartialResourceList.PartialDescriptors[0];
      interrupt.Type = CmResourceTypeInterrupt;
      interrupt.Flags = 0x20;  // CM_RESOURCE_INTERRUPT_WAKE_HINT
      interrupt.u.Interrupt.Vector = 0x51;
      interrupt.u.Interrupt.Affinity = 1;
      rig.log();
      user::send(pdo, IRP_MJ_PNP, IRP_MN_START_DEVICE, [&](IRP* irp, IO_STACK_LOCATION* stack) {
        irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
        stack->Parameters.StartDevice = {&list, &list};
      });
      const std::string log = rig.log(2);
      EXPECT_NE(log.find("PrepareHardware"), std::string::npos) << log;
      EXPECT_EQ(log.find("IntEnable(1)") == std::string::npos, wakes) << log;  // there is no such object
      manager.remove(rig.node(manager).id);
    });
  }
}

TEST(WdfResources, WDF_045_RequirementsAreAskedForAgainInARebalance) {
  BusLife rig;
  rig.orders(2).Requirement = 0x2000;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    DEVICE_OBJECT* pdo = rig.pdo(manager);
    const unsigned before = rig.count(PuppetRequirementsQuery);
    EXPECT_GT(before, 0u);
    EXPECT_EQ(send_pnp(pdo, IRP_MN_QUERY_STOP_DEVICE), STATUS_SUCCESS);
    EXPECT_EQ(send_pnp(pdo, IRP_MN_STOP_DEVICE), STATUS_SUCCESS);
    for (unsigned again = 1; again <= 2; ++again)
      EXPECT_EQ(query<IO_RESOURCE_REQUIREMENTS_LIST>(
                    pdo, IRP_MN_QUERY_RESOURCE_REQUIREMENTS,
                    [](const IO_RESOURCE_REQUIREMENTS_LIST* list) { EXPECT_NE(list, nullptr); }),
                STATUS_SUCCESS);
    EXPECT_EQ(rig.count(PuppetRequirementsQuery), before + 2);
  });
}

TEST(WdfResources, WDF_008_WDF_046_RequirementsAreFilteredOnTheWayDownAndOnTheWayUp) {
  Life rig;
  HostFilter below(rig, "below");
  rig.add_filters({u"below"}, {});
  rig.orders(1).Omits[PuppetFilterAdd] = rig.orders(1).Omits[PuppetFilterRemove] = PUPPET_WANTED;
  rig.orders(1).InterruptPolicy = 1;
  rig.orders(1).AddsRequirement = 0x2000;
  unsigned passed = 0, with_policy = 0, given = 0;
  below.requirements = [&](IO_RESOURCE_REQUIREMENTS_LIST* list) {
    ++passed;
    EXPECT_EQ(rig.count(PuppetFilterRemove), passed);
    EXPECT_EQ(rig.count(PuppetFilterAdd), passed - 1);
    const IO_RESOURCE_DESCRIPTOR* at = list->List[0].Descriptors;
    for (ULONG left = list->List[0].Count; left > 0; --left) {
      const IO_RESOURCE_DESCRIPTOR& each = *at++;
      if (each.Type != CmResourceTypeInterrupt || !(each.Flags & CM_RESOURCE_INTERRUPT_POLICY_INCLUDED)) continue;
      ++with_policy;
      EXPECT_EQ(each.u.Interrupt.AffinityPolicy, IrqPolicySpecifiedProcessors);
      EXPECT_EQ(each.u.Interrupt.PriorityPolicy, IrqPriorityHigh);
      EXPECT_EQ(each.u.Interrupt.TargetedProcessors, 1u);
    }
  };
  below.start = [&](CM_RESOURCE_LIST* list, CM_RESOURCE_LIST*) {
    given = list->List[0].PartialResourceList.Count;  // what RemoveAdded left
  };
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.log(), joined({kAdded, "FilterRemove; FilterAdd", started()}));
    EXPECT_EQ(passed, 1u);
    EXPECT_GE(with_policy, 1u);
    EXPECT_EQ(rig.puppet().Seen[SeenAddRequirements], rig.puppet().Seen[SeenRemoveRequirements] + 1);
    EXPECT_EQ(manager.find_id(kWdfId)->assigned.size(), given + 1);  // the one added, and taken out again
    EXPECT_EQ(manager.find_id(kWdfId)->state, DevnodeState::Started);
  });
}

TEST(WdfResources, WDF_047_AFailingFilterKeepsTheDeviceFromStarting) {
  for (PuppetCall call : {PuppetFilterRemove, PuppetFilterAdd}) {
    Life rig;
    HostFilter below(rig, "below");
    rig.add_filters({u"below"}, {});
    rig.orders(1).Omits[PuppetFilterAdd] = rig.orders(1).Omits[PuppetFilterRemove] = PUPPET_WANTED;
    rig.orders(1).Status[call] = 0xC0000120;
    unsigned passed = 0;
    below.requirements = [&](IO_RESOURCE_REQUIREMENTS_LIST*) { ++passed; };
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      manager.wait_until_settled();
      EXPECT_EQ(passed, call == PuppetFilterAdd);  // FilterRemove's failure goes before a lower driver sees it
      EXPECT_EQ(rig.requests().find("START"), std::string::npos);
      EXPECT_EQ(rig.count(PuppetPrepareHardware), 0u);
      EXPECT_EQ(manager.find_id(kWdfId)->problem_status, STATUS_CANCELLED);
    });
  }
}

TEST(WdfResources, WDF_048_WDF_053_S2_AFilterInAStackWithoutResources) {
  Life rig;
  rig.orders(1).Interrupts = rig.orders(1).MapsBar = 0;
  rig.orders(1).Children = 1;
  rig.serve_children({u"wdf_puppet"});  // device 2 is the PDO, 3 the filter, 4 the function device
  rig.orders(3) = {};
  rig.orders(3).Filter = 1;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    const std::string log = rig.log(3);
    EXPECT_EQ(log, "3:DeviceAdd; 3:PrepareHardware; 3:D0Entry(D3Final); 3:PostInt(D3Final); 3:SmInit");
    EXPECT_EQ(rig.puppet().Seen[SeenPrepareList + 1], 0u);  // device 4's list is as empty
    EXPECT_TRUE(manager.disable(manager.find_id(kWdfId)->children.at(0)->id).ok());
    EXPECT_NE(rig.log(3).find("3:ReleaseHardware"), std::string::npos);
    EXPECT_EQ(rig.puppet().Seen[SeenReleaseList + 1], 0u);
  });
}

TEST(WdfResources, WDF_048_S2_AFilterOverResourcesGetsTheListsLessWhatWasTakenOutAbove) {
  for (const bool takes : {false, true}) {
    Life rig;
    rig.add_filters({u"wdf_puppet"}, {});  // device 1; the function device is 2
    rig.orders(1) = {};
    rig.orders(1).Filter = 1;
    rig.orders(2) = {};
    rig.orders(2).DropsVector = takes;
    PU32 filters = 0, functions = 0;
    rig.on(PuppetPrepareHardware, [&] { filters = rig.puppet().Seen[SeenPrepareList + 1]; }, 1);
    rig.on(PuppetPrepareHardware, [&] { functions = rig.puppet().Seen[SeenPrepareList + 1]; }, 2);
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      EXPECT_EQ(rig.log(), "DriverEntry; DeviceAdd; 2:DeviceAdd; 2:RemoveAdded; RemoveAdded; PrepareHardware; "
                           "D0Entry(D3Final); PostInt(D3Final); SmInit; 2:PrepareHardware; 2:D0Entry(D3Final); "
                           "2:PostInt(D3Final); 2:SmInit");
      EXPECT_EQ(filters, manager.find_id(kWdfId)->assigned.size() - takes);
      EXPECT_GE(functions, filters);
    });
  }
}

TEST(WdfResources, WDF_050_TheListsAreChangedInTheirOwnCallbacksOnly) {
  Life rig;
  rig.does(0, PuppetPrepareHardware, PuppetAppendResource);
  rig.does(1, PuppetPrepareHardware, PuppetRemoveResource, 0);
  rig.does(2, PuppetReleaseHardware, PuppetAppendResource);
  rig.expect({"WDF-448", "WDF-448", "WDF-448", "WDF-448"});
  rig.run([&](Manager& manager) {
    rig.start(manager);
    const auto count = rig.puppet().Seen[SeenPrepareList + 1];
    EXPECT_EQ(static_cast<NTSTATUS>(rig.result(0)), STATUS_ACCESS_DENIED);
    manager.remove(rig.node(manager).id);
    EXPECT_EQ(rig.puppet().Seen[SeenReleaseList + 1], count);  // neither added nor removed
    EXPECT_EQ(static_cast<NTSTATUS>(rig.result(2)), STATUS_ACCESS_DENIED);
  });
}

TEST(WdfResources, WDF_051_WDF_052_RawAndTranslatedListsMatchAndKeepTheirOrder) {
  Life rig;
  HostFilter above(rig, "above");
  rig.add_filters({}, {u"above"});
  std::vector<UCHAR> given;
  above.start = [&](CM_RESOURCE_LIST* list, CM_RESOURCE_LIST*) {
    const auto& partial = list->List[0].PartialResourceList;
    for (ULONG i = 0; i < partial.Count; ++i) given.push_back(partial.PartialDescriptors[i].Type);
  };
  rig.on(PuppetPrepareHardware, [&] {
    const auto* device = drydock::wdf::device_of(above.lower);
    ASSERT_NE(device, nullptr);
    ASSERT_EQ(device->raw->count(), device->translated->count());
    ASSERT_EQ(device->translated->count(), given.size());
    for (ULONG i = 0; i < device->raw->count(); ++i) {
      EXPECT_EQ(device->raw->at(i)->Type, device->translated->at(i)->Type);
      EXPECT_EQ(device->translated->at(i)->Type, given[i]);
      if (given[i] == CmResourceTypeMemory) {
        EXPECT_EQ(device->raw->at(i)->u.Memory.Length, device->translated->at(i)->u.Memory.Length);
      }
    }
  });
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_GE(given.size(), 2u);
    EXPECT_EQ(rig.count(PuppetPrepareHardware), 1u);
  });
}

TEST(WdfResources, WDF_054_ADescriptorIsACopy) {
  Life rig;
  HostFilter below(rig, "below");
  rig.add_filters({u"below"}, {});
  rig.orders(1).DropsVector = 1;  // so that the list is built anew for the lower drivers
  rig.does(0, PuppetRemoveAdded, PuppetAlterCopies);
  rig.does(1, PuppetPrepareHardware, PuppetGetDescriptor, 0);
  rig.does(2, PuppetPrepareHardware, PuppetGetDescriptor, 100);
  LONGLONG start = 0;
  below.start = [&](CM_RESOURCE_LIST*, CM_RESOURCE_LIST* translated) {
    start = translated->List[0].PartialResourceList.PartialDescriptors[0].u.Memory.Start.QuadPart;
  };
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const auto& first = manager.find_id(kWdfId)->assigned.at(0);
    EXPECT_EQ(static_cast<std::uint64_t>(start), first.start);
    EXPECT_EQ(rig.result(1), CmResourceTypeMemory);
    EXPECT_EQ(rig.result(2), ~0u);  // past the end
  });
}

TEST(WdfResources, WDF_055_TheListsAreNotTheDriversToDelete) {
  Life rig;
  rig.does(0, PuppetPrepareHardware, PuppetDeleteList);
  rig.expect({"WDF-463"});
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_EQ(rig.result(0), rig.puppet().Seen[SeenPrepareList + 1]);  // still there, and as long as before
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    EXPECT_EQ(rig.puppet().Seen[SeenReleaseList], rig.puppet().Seen[SeenPrepareList]);
  });
}

// Each of the three callbacks comes back inside of a critical region that it has entered.
TEST(WdfResources, WDF_439_RequirementCallbacksAreCheckedAsAllOthersAre) {
  for (const auto& [call, device] : {std::pair{PuppetFilterRemove, 1u}, std::pair{PuppetFilterAdd, 1u},
                                     std::pair{PuppetRequirementsQuery, 2u}}) {
    BusLife rig;
    rig.orders(1).Omits[PuppetFilterAdd] = rig.orders(1).Omits[PuppetFilterRemove] = PUPPET_WANTED;
    rig.orders(2).Requirement = 0x2000;
    rig.on(call, [] { ntos::KeEnterCriticalRegion(); }, device);
    rig.on(PuppetDriverEntry, [] { drydock::wdf::framework().settings.verifier = true; });
    rig.expect_stop(0xF);
    rig.run([&](Manager& manager) { rig.start(manager); });
  }
}

}  // namespace
}  // namespace drydock::test::wdf
