// The inline operations and name tables of nt.

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "nt/bugcheck.h"
#include "nt/ioctl.h"
#include "nt/irp.h"
#include "nt/irp_codes.h"
#include "nt/list.h"
#include "nt/mdl.h"
#include "nt/scsi.h"
#include "nt/srb_codes.h"
#include "nt/status.h"

namespace drydock::nt {
namespace {

struct Queued {
  int payload;
  LIST_ENTRY entry;
};

TEST(List, KeepsOrderFromBothEnds) {
  LIST_ENTRY head;
  InitializeListHead(&head);
  EXPECT_TRUE(IsListEmpty(&head));
  std::array<Queued, 3> items{{{1, {}}, {2, {}}, {3, {}}}};
  InsertTailList(&head, &items[1].entry);
  InsertTailList(&head, &items[2].entry);
  InsertHeadList(&head, &items[0].entry);
  for (const int expected : {1, 2, 3}) {
    EXPECT_EQ(container_of<&Queued::entry>(RemoveHeadList(&head))->payload, expected);
  }
  EXPECT_TRUE(IsListEmpty(&head));
}

TEST(List, TellsWhenTheRemovedEntryWasTheLast) {
  LIST_ENTRY head;
  InitializeListHead(&head);
  LIST_ENTRY first;
  LIST_ENTRY second;
  InsertTailList(&head, &first);
  InsertTailList(&head, &second);
  EXPECT_FALSE(RemoveEntryList(&first));
  EXPECT_TRUE(RemoveEntryList(&second));
}

TEST(List, SeesAnEntryWhoseNeighboursNoLongerPointBack) {
  LIST_ENTRY head;
  InitializeListHead(&head);
  LIST_ENTRY first;
  LIST_ENTRY second;
  InsertTailList(&head, &first);
  InsertTailList(&head, &second);
  EXPECT_TRUE(list_entry_is_sound(&first));
  RemoveEntryList(&first);
  EXPECT_FALSE(list_entry_is_sound(&first));
}

TEST(List, AppendsARingWithoutAHead) {
  LIST_ENTRY head;
  InitializeListHead(&head);
  LIST_ENTRY a;
  LIST_ENTRY b;
  LIST_ENTRY c;
  InsertTailList(&head, &a);
  InitializeListHead(&b);
  InsertTailList(&b, &c);
  AppendTailList(&head, &b);
  for (LIST_ENTRY* expected : {&a, &b, &c}) EXPECT_EQ(RemoveHeadList(&head), expected);
  EXPECT_TRUE(IsListEmpty(&head));
}

TEST(Irp, CopiesAStackLocationWithoutItsCompletionRoutine) {
  struct {
    IRP irp{};
    std::array<IO_STACK_LOCATION, 2> locations{};
  } request;
  IRP* irp = &request.irp;
  irp->CurrentLocation = 2;
  irp->Tail.Overlay.CurrentStackLocation = &request.locations[1];
  IO_STACK_LOCATION* upper = IoGetCurrentIrpStackLocation(irp);
  IO_STACK_LOCATION* lower = IoGetNextIrpStackLocation(irp);
  upper->MajorFunction = IRP_MJ_PNP;
  upper->MinorFunction = IRP_MN_START_DEVICE;
  upper->Control = SL_INVOKE_ON_SUCCESS | SL_PENDING_RETURNED;
  upper->Context = irp;
  upper->Parameters.Others.Argument4 = lower;
  IoCopyCurrentIrpStackLocationToNext(irp);
  EXPECT_EQ(lower->MajorFunction, IRP_MJ_PNP);
  EXPECT_EQ(lower->Parameters.Others.Argument4, lower);
  EXPECT_EQ(lower->Control, 0);
  EXPECT_EQ(lower->Context, nullptr);

  IoSetNextIrpStackLocation(irp);
  EXPECT_EQ(irp->CurrentLocation, 1);
  EXPECT_EQ(IoGetCurrentIrpStackLocation(irp), lower);
  IoSkipCurrentIrpStackLocation(irp);
  EXPECT_EQ(IoGetCurrentIrpStackLocation(irp), upper);
}

TEST(Irp, IsAsLongAsItsStackLocationsNeed) {
  EXPECT_EQ(IoSizeOfIrp(3), 0xD0 + 3 * 0x48);
}

TEST(Mdl, SpansThePagesItsBytesTouch) {
  EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(0x1000, 0), 0u);
  EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(0x1000, 0x1000), 1u);
  EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(0x1FFF, 2), 2u);
  EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(0x1001, 0x1000), 2u);
  EXPECT_EQ(BYTES_TO_PAGES(0x1001), 2u);
  EXPECT_EQ(ROUND_TO_PAGES(1), 0x1000u);
}

TEST(ControlCode, ComesApartAsItWasPutTogether) {
  constexpr ULONG code = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_OUT_DIRECT, FILE_WRITE_ACCESS);
  EXPECT_EQ(DEVICE_TYPE_FROM_CTL_CODE(code), FILE_DEVICE_UNKNOWN);
  EXPECT_EQ(function_from_ctl_code(code), 0x801u);
  EXPECT_EQ(METHOD_FROM_CTL_CODE(code), METHOD_OUT_DIRECT);
  EXPECT_EQ(access_from_ctl_code(code), FILE_WRITE_ACCESS);
}

TEST(Names, AreFoundForCodesAndMissingForOthers) {
  EXPECT_STREQ(status_name(STATUS_SUCCESS), "STATUS_SUCCESS");
  EXPECT_STREQ(status_name(STATUS_DEVICE_BUSY), "STATUS_DEVICE_BUSY");
  EXPECT_STREQ(status_name(static_cast<NTSTATUS>(0xC0000022)), "STATUS_ACCESS_DENIED");
  EXPECT_EQ(status_name(static_cast<NTSTATUS>(0xDEADBEEF)), nullptr);
  EXPECT_STREQ(bugcheck_name(0xD1), "DRIVER_IRQL_NOT_LESS_OR_EQUAL");
  EXPECT_EQ(bugcheck_name(0xFFFF), nullptr);
  EXPECT_STREQ(irp_major_name(IRP_MJ_INTERNAL_DEVICE_CONTROL), "IRP_MJ_INTERNAL_DEVICE_CONTROL");
  EXPECT_EQ(irp_major_name(0x1C), nullptr);
  EXPECT_STREQ(irp_minor_name(IRP_MJ_PNP, IRP_MN_SURPRISE_REMOVAL), "IRP_MN_SURPRISE_REMOVAL");
  EXPECT_STREQ(irp_minor_name(IRP_MJ_POWER, IRP_MN_SET_POWER), "IRP_MN_SET_POWER");
  EXPECT_EQ(irp_minor_name(IRP_MJ_PNP, 0x0E), nullptr);
  EXPECT_EQ(irp_minor_name(IRP_MJ_READ, 0), nullptr);
  EXPECT_STREQ(srb_status_name(SRB_STATUS_BUS_RESET | SRB_STATUS_QUEUE_FROZEN), "BUS_RESET");
  EXPECT_STREQ(srb_function_name(SRB_FUNCTION_RESET_LOGICAL_UNIT), "RESET_LOGICAL_UNIT");
  EXPECT_STREQ(irql_name(5), "DIRQL");
  EXPECT_EQ(irql_name(16), nullptr);
}

TEST(BigEndian, ReadsWhatItWrote) {
  std::array<UCHAR, 8> bytes{};
  put_big_endian_64(bytes.data(), 0x0102030405060708);
  EXPECT_EQ(bytes[0], 1);
  EXPECT_EQ(bytes[7], 8);
  EXPECT_EQ(big_endian_64(bytes.data()), 0x0102030405060708u);
  EXPECT_EQ(big_endian_16(bytes.data()), 0x0102u);
}

}  // namespace
}  // namespace drydock::nt
