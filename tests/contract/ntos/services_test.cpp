// What the I/O and object managers offer besides IRPs: StartIo, timers, remove locks, logs, names, files by handle.

#include <gtest/gtest.h>

#include <cstring>

#include "contract/ntos/kernel_rig.h"
#include "nt/access.h"
#include "nt/bugcheck.h"
#include "nt/status.h"
#include "ntos/io/device.h"
#include "ntos/io/error_log.h"
#include "ntos/io/file_api.h"
#include "ntos/io/irp.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/io/mdl.h"
#include "ntos/io/remove_lock.h"
#include "ntos/io/start_io.h"
#include "ntos/io/timer.h"
#include "ntos/io/work_item.h"
#include "ntos/ke/event.h"
#include "ntos/ke/wait.h"
#include "ntos/mm/mdl.h"
#include "ntos/ob/names.h"
#include "ntos/ob/object.h"
#include "ntos/ob/object_api.h"

namespace drydock::tests {
namespace {

using machine::OutcomeKind;
using namespace machine;
using namespace nt;
namespace io = ntos::io;
namespace ob = ntos::ob;

class Services : public ::testing::Test {
 protected:
  void run(const std::function<void()>& body) {
    EXPECT_EQ(rig_.run(body), OutcomeKind::Completed) << rig_.what_happened();
  }
  KernelRig rig_;
};

NTSTATUS NTAPI succeed(DEVICE_OBJECT*, IRP* irp) {
  irp->IoStatus.Status = STATUS_SUCCESS;
  irp->IoStatus.Information = 0;
  io::IofCompleteRequest(irp, IO_NO_INCREMENT);
  return STATUS_SUCCESS;
}

void sleep_for(Duration duration) {
  delay_until(Machine::current().now() + duration, false, false);
}

// ---- StartIo ----

std::vector<IRP*> started;

void NTAPI start_io(DEVICE_OBJECT*, IRP* irp) {
  started.push_back(irp);
}

void NTAPI cancel_queued(DEVICE_OBJECT* device, IRP* irp) {
  KIRQL irql = irp->CancelIrql;
  KDEVICE_QUEUE_ENTRY* entry = &irp->Tail.Overlay.DeviceQueueEntry;
  if (entry->Inserted != FALSE) {
    RemoveEntryList(&entry->DeviceListEntry);
    entry->Inserted = FALSE;
  }
  (void)device;
  io::IoReleaseCancelSpinLock(irql);
  irp->IoStatus.Status = STATUS_CANCELLED;
  io::IofCompleteRequest(irp, IO_NO_INCREMENT);
}

NTSTATUS NTAPI queue_reads(DEVICE_OBJECT* device, IRP* irp) {
  if (IoGetCurrentIrpStackLocation(irp)->MajorFunction != IRP_MJ_READ) return succeed(device, irp);
  IoMarkIrpPending(irp);
  io::IoStartPacket(device, irp, nullptr, cancel_queued);
  return STATUS_PENDING;
}

void end_current(DEVICE_OBJECT* device) {
  IRP* irp = started.back();
  irp->CancelRoutine = nullptr;
  irp->IoStatus.Status = STATUS_SUCCESS;
  irp->IoStatus.Information = 1;
  KIRQL irql = raise_irql(DISPATCH_LEVEL);
  io::IoStartNextPacket(device, TRUE);
  lower_irql(irql);
  io::IofCompleteRequest(irp, IO_NO_INCREMENT);
}

TEST_F(Services, IO_009_StartIoGetsOneRequestAtATime) {
  started.clear();
  run([] {
    DEVICE_OBJECT* device = host_device("startio", u"\\Device\\StartIo", queue_reads);
    device->DriverObject->DriverStartIo = start_io;
    io::user::File file = io::user::open(u"\\Device\\StartIo");
    auto first = file.start_read(8);
    auto second = file.start_read(8);
    auto third = file.start_read(8);
    EXPECT_EQ(started.size(), 1u);
    EXPECT_TRUE(second->cancel());
    EXPECT_EQ(second->wait().status, STATUS_CANCELLED);
    end_current(device);
    EXPECT_EQ(started.size(), 2u);
    EXPECT_EQ(first->wait().information, 1u);
    end_current(device);
    EXPECT_EQ(third->wait().status, STATUS_SUCCESS);
    EXPECT_EQ(started.size(), 2u);
  });
  std::vector<IRP*>().swap(started);  // its memory is the machine's
}

// ---- timers and work items ----

void NTAPI count_up(DEVICE_OBJECT*, PVOID context) {
  EXPECT_EQ(current_irql(), DISPATCH_LEVEL);
  ++*static_cast<int*>(context);
}

TEST_F(Services, IO_028_IoTimerTicksOnceASecondUntilItIsStopped) {
  run([] {
    DEVICE_OBJECT* device = host_device("timer", u"\\Device\\Timer", succeed);
    int ticks = 0;
    EXPECT_EQ(io::IoInitializeTimer(device, count_up, &ticks), STATUS_SUCCESS);
    sleep_for(3s);
    EXPECT_EQ(ticks, 0);
    io::IoStartTimer(device);
    sleep_for(3500ms);
    EXPECT_EQ(ticks, 3);
    io::IoStopTimer(device);
    sleep_for(5s);
    EXPECT_EQ(ticks, 3);
  });
}

void NTAPI free_and_signal(PVOID, PVOID context, IO_WORKITEM* item) {
  EXPECT_EQ(current_irql(), PASSIVE_LEVEL);
  io::IoFreeWorkItem(item);
  ntos::KeSetEvent(static_cast<KEVENT*>(context), 0, FALSE);
}

TEST_F(Services, IO_029_AWorkItemMayFreeItselfInItsRoutine) {
  run([] {
    DEVICE_OBJECT* device = host_device("worker", u"\\Device\\Worker", succeed);
    KEVENT event;
    ntos::KeInitializeEvent(&event, NotificationEvent, FALSE);
    IO_WORKITEM* item = io::IoAllocateWorkItem(device);
    io::IoQueueWorkItemEx(item, free_and_signal, DelayedWorkQueue, &event);
    EXPECT_EQ(ntos::KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
    sleep_for(1ms);
    EXPECT_EQ(ob::header_of(device)->PointerCount, 1);
  });
}

TEST_F(Services, IO_030_AWorkItemQueuedTwiceIsBugCheckE4) {
  EXPECT_EQ(rig_.run([] {
    DEVICE_OBJECT* device = host_device("worker", u"\\Device\\Worker", succeed);
    KEVENT event;
    ntos::KeInitializeEvent(&event, NotificationEvent, FALSE);
    KIRQL irql = raise_irql(DISPATCH_LEVEL);
    IO_WORKITEM* item = io::IoAllocateWorkItem(device);
    io::IoQueueWorkItemEx(item, free_and_signal, DelayedWorkQueue, &event);
    io::IoQueueWorkItemEx(item, free_and_signal, DelayedWorkQueue, &event);
    lower_irql(irql);
  }),
            OutcomeKind::BugCheck);
  EXPECT_EQ(rig_.stop_code(), WORKER_INVALID);
}

// ---- remove locks ----

TEST_F(Services, IO_031_ARemovalWaitsForEveryHolder) {
  run([] {
    IO_REMOVE_LOCK lock;
    io::IoInitializeRemoveLockEx(&lock, 0, 0, 0, sizeof(lock));
    int tag = 0;
    EXPECT_EQ(io::IoAcquireRemoveLockEx(&lock, &tag, "", 1, sizeof(lock)), STATUS_SUCCESS);
    EXPECT_EQ(io::IoAcquireRemoveLockEx(&lock, &lock, "", 1, sizeof(lock)), STATUS_SUCCESS);
    bool removed = false;
    create_thread("remover", [&] {
      io::IoReleaseRemoveLockAndWaitEx(&lock, &lock, sizeof(lock));
      removed = true;
    });
    sleep_for(1s);
    EXPECT_FALSE(removed);
    EXPECT_EQ(io::IoAcquireRemoveLockEx(&lock, nullptr, "", 1, sizeof(lock)), STATUS_DELETE_PENDING);
    io::IoReleaseRemoveLockEx(&lock, &tag, sizeof(lock));
    sleep_for(1ms);
    EXPECT_TRUE(removed);
  });
}

TEST_F(Services, IO_032_ACheckedRemoveLockNamesAWrongTag) {
  EXPECT_EQ(rig_.run([] {
    CheckedRemoveLock lock;
    auto* plain = reinterpret_cast<IO_REMOVE_LOCK*>(&lock);
    int tag = 0, other = 0;
    io::IoInitializeRemoveLockEx(plain, 0, 0, 0, sizeof(lock));
    io::IoAcquireRemoveLockEx(plain, &tag, "file.c", 7, sizeof(lock));
    EXPECT_EQ(io::remove_lock_holders(plain).size(), 1u);
    io::IoReleaseRemoveLockEx(plain, &other, sizeof(lock));
  }),
            OutcomeKind::BugCheck);
  EXPECT_EQ(rig_.stop_code(), DRIVER_VERIFIER_DETECTED_VIOLATION);
}

// ---- the log, names, handles ----

TEST_F(Services, IO_033_TheErrorLogCanBeRead) {
  run([] {
    DEVICE_OBJECT* device = host_device("logger", u"\\Device\\Logger", succeed);
    EXPECT_EQ(io::IoAllocateErrorLogEntry(device, 250), nullptr);
    auto* packet =
        static_cast<IO_ERROR_LOG_PACKET*>(io::IoAllocateErrorLogEntry(device, sizeof(IO_ERROR_LOG_PACKET) + 16));
    packet->ErrorCode = static_cast<NTSTATUS>(0xC004000B);
    packet->UniqueErrorValue = 77;
    packet->DumpDataSize = 4;
    packet->DumpData[0] = 0xABCD;
    packet->NumberOfStrings = 1;
    packet->StringOffset = sizeof(IO_ERROR_LOG_PACKET);
    std::memcpy(packet + 1, u"disk", 10);
    io::IoWriteErrorLogEntry(packet);
    ASSERT_EQ(io::event_log().size(), 1u);
    const io::ErrorLogEvent& event = io::event_log()[0];
    EXPECT_EQ(event.source, "\\Device\\Logger");
    EXPECT_EQ(event.unique_value, 77u);
    EXPECT_EQ(event.dump_data, std::vector<std::uint32_t>{0xABCD});
    EXPECT_EQ(event.strings, std::vector<std::u16string>{u"disk"});
  });
}

TEST_F(Services, OB_002_LinksLeadToLinksAndRestsOfPathsToTheDriver) {
  run([] {
    DEVICE_OBJECT* device = host_device("named", u"\\Device\\Named", succeed);
    EXPECT_EQ(ob::create_symbolic_link(u"\\DosDevices\\First", u"\\??\\Second"), STATUS_SUCCESS);
    EXPECT_EQ(ob::create_symbolic_link(u"\\??\\Second", u"\\Device\\Named"), STATUS_SUCCESS);
    EXPECT_EQ(ob::create_symbolic_link(u"\\??\\second", u"\\Device\\Other"), STATUS_OBJECT_NAME_COLLISION);
    std::u16string rest;
    NTSTATUS status;
    EXPECT_EQ(ob::lookup(u"\\GLOBAL??\\FIRST\\sub\\file", &rest, &status), device);
    EXPECT_EQ(rest, u"\\sub\\file");
    io::user::File file = io::user::open(u"\\\\.\\first\\sub", &status);
    EXPECT_EQ(status, STATUS_SUCCESS);
    EXPECT_EQ(ob::view(&file.object()->FileName), u"\\sub");
    EXPECT_EQ(ob::delete_symbolic_link(u"\\??\\Second"), STATUS_SUCCESS);
    EXPECT_EQ(ob::lookup(u"\\??\\First", nullptr, &status), nullptr);
    EXPECT_EQ(status, STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(ob::create_symbolic_link(u"\\??\\Loop", u"\\??\\Loop"), STATUS_SUCCESS);
    EXPECT_EQ(ob::lookup(u"\\??\\Loop", nullptr, &status), nullptr);
  });
}

TEST_F(Services, IO_034_ADriverOpensAnotherDriversDevice) {
  run([] {
    host_device("target", u"\\Device\\Target", succeed);
    UNICODE_STRING name = ob::counted(u"\\Device\\Target");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
    IO_STATUS_BLOCK iosb{};
    HANDLE handle;
    EXPECT_EQ(io::ZwCreateFile(&handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &iosb, nullptr, 0, 0,
                               FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, nullptr, 0),
              STATUS_SUCCESS);
    char buffer[16] = {};
    EXPECT_EQ(io::ZwWriteFile(handle, nullptr, nullptr, nullptr, &iosb, buffer, sizeof(buffer), nullptr, nullptr),
              STATUS_SUCCESS);
    EXPECT_EQ(io::ZwDeviceIoControlFile(handle, nullptr, nullptr, nullptr, &iosb, 0x222000, buffer, 4, buffer, 16),
              STATUS_SUCCESS);
    void* object;
    EXPECT_EQ(ob::ObReferenceObjectByHandle(handle, 0, ob::type_object(ob::Type::File), KernelMode, &object, nullptr),
              STATUS_SUCCESS);
    void* nothing;
    EXPECT_EQ(ob::ObReferenceObjectByHandle(handle, 0, ob::type_object(ob::Type::Event), KernelMode, &nothing, nullptr),
              STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_EQ(nothing, nullptr);
    DEVICE_OBJECT* device;
    FILE_OBJECT* file;
    EXPECT_EQ(io::IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device), STATUS_SUCCESS);
    EXPECT_EQ(ob::name_of(device), u"\\Device\\Target");
    ob::ObfDereferenceObject(file);
    ob::ObfDereferenceObject(object);
    EXPECT_EQ(ob::ZwClose(handle), STATUS_SUCCESS);
    EXPECT_TRUE(ob::open_handles().empty());
    EXPECT_TRUE(io::live_irps().empty());
  });
}

TEST_F(Services, OB_003_EventsByHandle) {
  run([] {
    UNICODE_STRING name = ob::counted(u"\\BaseNamedObjects\\Done");
    HANDLE first, second;
    KEVENT* event = ob::IoCreateSynchronizationEvent(&name, &first);
    EXPECT_EQ(ob::IoCreateNotificationEvent(&name, &second), event);
    LONG before;
    EXPECT_EQ(ob::ZwResetEvent(first, &before), STATUS_SUCCESS);
    EXPECT_EQ(before, 1);
    LARGE_INTEGER soon;
    soon.QuadPart = -10'000;
    EXPECT_EQ(ob::ZwWaitForSingleObject(second, FALSE, &soon), STATUS_TIMEOUT);
    EXPECT_EQ(ob::ZwSetEvent(second, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(ob::ZwWaitForSingleObject(first, FALSE, &soon), STATUS_SUCCESS);
    ob::ZwClose(first);
    ob::ZwClose(second);
    EXPECT_EQ(ob::lookup(u"\\BaseNamedObjects\\Done", nullptr, nullptr), nullptr);
  });
}

TEST_F(Services, OB_004_AClosedKernelHandleIsBugCheck93) {
  EXPECT_EQ(rig_.run([] {
    UNICODE_STRING name = ob::counted(u"\\BaseNamedObjects\\Once");
    HANDLE handle;
    ob::IoCreateNotificationEvent(&name, &handle);
    ob::ZwClose(handle);
    ob::ZwClose(handle);
  }),
            OutcomeKind::BugCheck);
  EXPECT_EQ(rig_.stop_code(), INVALID_KERNEL_HANDLE);
}

TEST_F(Services, IO_013_APartialMdlIsAWindowOfItsSource) {
  run([] {
    void* memory = Machine::current().memory().allocate_pages(3);
    auto* start = static_cast<std::byte*>(memory) + 100;
    MDL* source = io::IoAllocateMdl(start, 9000, FALSE, FALSE, nullptr);
    ntos::MmBuildMdlForNonPagedPool(source);
    MDL* part = io::IoAllocateMdl(start + 5000, 1000, FALSE, FALSE, nullptr);
    io::IoBuildPartialMdl(source, part, start + 5000, 1000);
    EXPECT_EQ(part->ByteCount, 1000u);
    EXPECT_EQ(part->MappedSystemVa, start + 5000);
    EXPECT_EQ(MmGetMdlPfnArray(part)[0], MmGetMdlPfnArray(source)[1]);
    io::IoFreeMdl(part);
    io::IoFreeMdl(source);
  });
}

}  // namespace
}  // namespace drydock::tests
