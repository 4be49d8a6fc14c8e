// What the I/O manager promises about IRPs, with drivers of ours above and below.

#include <gtest/gtest.h>

#include <cstring>

#include "contract/ntos/kernel_rig.h"
#include "nt/bugcheck.h"
#include "nt/status.h"
#include "ntos/io/device.h"
#include "ntos/io/irp.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/ke/event.h"
#include "ntos/ob/object.h"

namespace drydock::tests {
namespace {

using machine::OutcomeKind;
using namespace nt;
namespace io = ntos::io;

NTSTATUS NTAPI complete_at_once(DEVICE_OBJECT*, IRP* irp) {
  irp->IoStatus.Status = STATUS_SUCCESS;
  irp->IoStatus.Information = 7;
  io::IofCompleteRequest(irp, IO_NO_INCREMENT);
  return STATUS_SUCCESS;
}

IRP* held;

NTSTATUS NTAPI hold(DEVICE_OBJECT* device, IRP* irp) {
  UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
  if (major != IRP_MJ_READ) return complete_at_once(device, irp);
  IoMarkIrpPending(irp);
  held = irp;
  return STATUS_PENDING;
}

NTSTATUS NTAPI pass_down(DEVICE_OBJECT* device, IRP* irp) {
  IoSkipCurrentIrpStackLocation(irp);
  return io::IofCallDriver(io::extension_of(device)->AttachedTo, irp);
}

NTSTATUS NTAPI note_and_keep(DEVICE_OBJECT* device, IRP* irp, PVOID context) {
  auto* seen = static_cast<int*>(context);
  *seen = device == nullptr ? 1 : 2;
  if (irp->PendingReturned != FALSE) *seen += 10;
  return STATUS_MORE_PROCESSING_REQUIRED;
}

NTSTATUS NTAPI note_and_go_on(DEVICE_OBJECT*, IRP* irp, PVOID context) {
  ++*static_cast<int*>(context);
  if (irp->PendingReturned != FALSE) IoMarkIrpPending(irp);
  return STATUS_SUCCESS;
}

DEVICE_OBJECT* filter_above(DEVICE_OBJECT* lower) {
  DEVICE_OBJECT* filter = host_device("filter", {}, pass_down, lower->Flags & DO_BUFFERED_IO);
  EXPECT_EQ(io::IoAttachDeviceToDeviceStack(filter, lower), lower);
  return filter;
}

TEST(Irp, IO_001_CompletionRoutineOfTheAllocatorSeesNoDevice) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    DEVICE_OBJECT* device = host_device("lower", u"\\Device\\Lower", complete_at_once);
    IRP* irp = io::IoAllocateIrp(device->StackSize, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    int seen = 0;
    IoSetCompletionRoutine(irp, note_and_keep, &seen, true, true, true);
    EXPECT_EQ(io::IofCallDriver(device, irp), STATUS_SUCCESS);
    EXPECT_EQ(seen, 1);
    EXPECT_EQ(irp->IoStatus.Information, 7u);
    io::IoFreeIrp(irp);
    EXPECT_TRUE(io::live_irps().empty());
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Irp, IO_002_RoutinesRunOnlyForTheOutcomesTheyAskedFor) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    DEVICE_OBJECT* device = host_device("lower", u"\\Device\\Lower", complete_at_once);
    for (bool on_success : {false, true}) {
      IRP* irp = io::IoAllocateIrp(2, FALSE);
      IoSetNextIrpStackLocation(irp);  // a location of our own, below a routine that always ends the walk
      IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_WRITE;
      auto* own = IoGetCurrentIrpStackLocation(irp);
      int above = 0, below = 0;
      own->CompletionRoutine = note_and_keep;
      own->Context = &above;
      own->Control = SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR;
      IoSetCompletionRoutine(irp, note_and_go_on, &below, on_success, true, true);
      io::IofCallDriver(device, irp);
      EXPECT_EQ(below, on_success ? 1 : 0);
      EXPECT_EQ(above, 1);
      io::IoFreeIrp(irp);
    }
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Irp, IO_003_ThePendingMarkTravelsUpwards) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    DEVICE_OBJECT* device = host_device("lower", u"\\Device\\Lower", hold);
    IRP* irp = io::IoAllocateIrp(1, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    int seen = 0;
    IoSetCompletionRoutine(irp, note_and_keep, &seen, true, true, true);
    EXPECT_EQ(io::IofCallDriver(device, irp), STATUS_PENDING);
    EXPECT_EQ(io::outstanding_irps().size(), 1u);
    io::IofCompleteRequest(held, IO_NO_INCREMENT);
    EXPECT_EQ(seen, 11);
    io::IoFreeIrp(irp);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Irp, IO_004_AnApplicationsReadGoesThroughTheWholeStack) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    DEVICE_OBJECT* device = host_device("lower", u"\\Device\\Lower", hold);
    filter_above(device);
    NTSTATUS status;
    io::user::File file = io::user::open(u"\\Device\\Lower", &status);
    EXPECT_EQ(status, STATUS_SUCCESS);
    auto request = file.start_read(16);
    EXPECT_FALSE(request->done());
    EXPECT_EQ(held->StackCount, 2);
    std::memcpy(held->AssociatedIrp.SystemBuffer, "sixteen bytes ..", 16);
    held->IoStatus.Status = STATUS_SUCCESS;
    held->IoStatus.Information = 16;
    io::IofCompleteRequest(held, IO_NO_INCREMENT);
    io::user::IoResult result = request->wait();
    EXPECT_EQ(result.status, STATUS_SUCCESS);
    EXPECT_EQ(result.information, 16u);
    EXPECT_EQ(std::memcmp(request->data().data(), "sixteen bytes ..", 16), 0);
    request.reset();
    file.close();
    EXPECT_TRUE(io::live_irps().empty());
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Irp, IO_005_ABuiltRequestSetsStatusBlockAndEventAndFreesItself) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    DEVICE_OBJECT* device = host_device("lower", u"\\Device\\Lower", complete_at_once);
    KEVENT event;
    IO_STATUS_BLOCK iosb{};
    ntos::KeInitializeEvent(&event, NotificationEvent, FALSE);
    char text[8] = "ping";
    IRP* irp = io::IoBuildDeviceIoControlRequest(0x222000, device, text, 4, text, 8, FALSE, &event, &iosb);
    EXPECT_EQ(io::IofCallDriver(device, irp), STATUS_SUCCESS);
    EXPECT_EQ(ntos::KeReadStateEvent(&event), 1);
    EXPECT_EQ(iosb.Information, 7u);
    EXPECT_TRUE(io::live_irps().empty());
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Irp, IO_006_CompletedTwiceIsBugCheck44) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    DEVICE_OBJECT* device = host_device("lower", u"\\Device\\Lower", complete_at_once);
    IRP* irp = io::IoAllocateIrp(1, FALSE);
    int seen = 0;
    IoSetCompletionRoutine(irp, note_and_keep, &seen, true, true, true);
    io::IofCallDriver(device, irp);
    io::IofCompleteRequest(irp, IO_NO_INCREMENT);  // the top location is ours to complete only once more
    io::IofCompleteRequest(irp, IO_NO_INCREMENT);
  }),
            OutcomeKind::BugCheck);
  EXPECT_EQ(rig.stop_code(), MULTIPLE_IRP_COMPLETE_REQUESTS) << rig.what_happened();
}

TEST(Irp, IO_007_WithoutALocationLeftIsBugCheck35) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    DEVICE_OBJECT* device = host_device("lower", u"\\Device\\Lower", hold);
    filter_above(device);
    IRP* irp = io::IoAllocateIrp(1, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    io::IofCallDriver(device, irp);
    io::IofCallDriver(device, irp);
  }),
            OutcomeKind::BugCheck);
  EXPECT_EQ(rig.stop_code(), NO_MORE_IRP_STACK_LOCATIONS) << rig.what_happened();
}

void NTAPI never_called(DEVICE_OBJECT*, IRP*) {
  ADD_FAILURE();
}

TEST(Irp, IO_008_CompletedWhileCancelableIsBugCheck48) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    DEVICE_OBJECT* device = host_device("lower", u"\\Device\\Lower", hold);
    IRP* irp = io::IoAllocateIrp(1, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    io::IofCallDriver(device, irp);
    irp->CancelRoutine = never_called;
    io::IofCompleteRequest(irp, IO_NO_INCREMENT);
  }),
            OutcomeKind::BugCheck);
  EXPECT_EQ(rig.stop_code(), CANCEL_STATE_IN_COMPLETED_IRP) << rig.what_happened();
}

TEST(Object, OB_001_OneDereferenceTooManyIsBugCheck18) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    void* event = ntos::ob::create_object(ntos::ob::Type::Event, sizeof(KEVENT));
    ntos::ob::dereference(event);
    ntos::ob::dereference(event);
  }),
            OutcomeKind::BugCheck);
  EXPECT_EQ(rig.stop_code(), REFERENCE_BY_POINTER) << rig.what_happened();
}

TEST(Device, IO_020_DeletionWaitsForTheLastHandle) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    DEVICE_OBJECT* device = host_device("lower", u"\\Device\\Lower", complete_at_once);
    DRIVER_OBJECT* driver = device->DriverObject;
    io::user::File file = io::user::open(u"\\Device\\Lower");
    EXPECT_TRUE(file);
    io::IoDeleteDevice(device);
    EXPECT_EQ(driver->DeviceObject, device);
    NTSTATUS status;
    EXPECT_FALSE(io::user::open(u"\\Device\\Lower", &status));
    EXPECT_EQ(status, STATUS_OBJECT_NAME_NOT_FOUND);
    file.close();
    EXPECT_EQ(driver->DeviceObject, nullptr);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

}  // namespace
}  // namespace drydock::tests
