#include "contract/disk/disk_rig.h"

#include <algorithm>

#include "class/disk/disk_driver.h"
#include "nt/data_set.h"
#include "ntos/io/device.h"
#include "ntos/io/driver.h"
#include "ntos/io/irp.h"
#include "ntos/ke/wait.h"
#include "ntos/kernel.h"
#include "ntos/mm/mdl.h"
#include "ntos/pnp/device_api.h"
#include "ntos/pnp/driver_store.h"
#include "ntos/po/power.h"

namespace drydock::tests::disk {

namespace io = ntos::io;

namespace {

constexpr ULONG kBlock = 512;

struct Extension {
  Unit* unit;
};
Unit& unit_of(DEVICE_OBJECT* device) {
  return *static_cast<Extension*>(device->DeviceExtension)->unit;
}

/// What the bus driver of the test works on; one machine a thread.
thread_local Unit* the_unit = nullptr;

NTSTATUS complete(IRP* irp, NTSTATUS status, ULONG_PTR information = 0) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  io::IofCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

/// Null if the mapping was refused.
UCHAR* data_of(IRP* irp, const SCSI_REQUEST_BLOCK& srb) {
  if (irp->MdlAddress == nullptr) return static_cast<UCHAR*>(srb.DataBuffer);
  const auto offset =
      static_cast<UCHAR*>(srb.DataBuffer) - static_cast<UCHAR*>(MmGetMdlVirtualAddress(irp->MdlAddress));
  PVOID start = ntos::MmMapLockedPagesSpecifyCache(irp->MdlAddress, KernelMode, MmCached, nullptr, FALSE, 16);
  return start != nullptr ? static_cast<UCHAR*>(start) + offset : nullptr;
}

void give(IRP* irp, SCSI_REQUEST_BLOCK& srb, const void* from, std::size_t bytes) {
  srb.DataTransferLength = static_cast<ULONG>(std::min<std::size_t>(bytes, srb.DataTransferLength));
  if (UCHAR* data = data_of(irp, srb)) std::memcpy(data, from, srb.DataTransferLength);
}

void read_capacity(Unit& unit, IRP* irp, SCSI_REQUEST_BLOCK& srb) {
  const ULONGLONG blocks = unit.blocks_claimed != 0 ? unit.blocks_claimed : unit.medium.size() / kBlock;
  UCHAR answer[32] = {};
  if (srb.Cdb[0] == SCSIOP_READ_CAPACITY) {
    put_big_endian_32(answer, static_cast<ULONG>(std::min<ULONGLONG>(blocks - 1, 0xFFFFFFFF)));
    put_big_endian_32(answer + 4, kBlock);
    return give(irp, srb, answer, 8);
  }
  put_big_endian_64(answer, blocks - 1);
  put_big_endian_32(answer + 8, kBlock);
  give(irp, srb, answer, sizeof(answer));
}

void transfer(Unit& unit, IRP* irp, SCSI_REQUEST_BLOCK& srb) {
  const bool wide = srb.Cdb[0] == SCSIOP_READ16 || srb.Cdb[0] == SCSIOP_WRITE16;
  const std::size_t at = (wide ? big_endian_64(srb.Cdb + 2) : big_endian_32(srb.Cdb + 2)) * kBlock;
  const std::size_t bytes = (wide ? big_endian_32(srb.Cdb + 10) : big_endian_16(srb.Cdb + 7)) * kBlock;
  EXPECT_EQ(bytes, srb.DataTransferLength);
  if (wide) return;  // beyond any medium of ours
  ASSERT_LE(at + bytes, unit.medium.size());
  UCHAR* data = data_of(irp, srb);
  if (data == nullptr) return;
  UCHAR* medium = unit.medium.data() + at;
  const bool write = srb.Cdb[0] == SCSIOP_WRITE;
  std::memcpy(write ? medium : data, write ? data : medium, bytes);
}

void carry_out(Unit& unit, IRP* irp, SCSI_REQUEST_BLOCK& srb) {
  switch (srb.Cdb[0]) {
    case SCSIOP_INQUIRY: {
      if (unit.unmaps && (srb.Cdb[1] & 1) && srb.Cdb[2] == VPD_LOGICAL_BLOCK_PROVISIONING_PAGE) {
        const UCHAR page[8] = {0, VPD_LOGICAL_BLOCK_PROVISIONING_PAGE, 0, 4, 0, kProvisioningUnmap, 0, 0};
        return give(irp, srb, page, sizeof(page));
      }
      INQUIRYDATA inquiry{};
      inquiry.RemovableMedia = unit.removable;
      inquiry.CommandQueue = unit.queues;
      return give(irp, srb, &inquiry, INQUIRYDATABUFFERSIZE);
    }
    case SCSIOP_MODE_SENSE: {
      UCHAR answer[24] = {
          23,
          0,
          static_cast<UCHAR>(MODE_DSP_FUA_SUPPORTED | (unit.write_protected ? MODE_DSP_WRITE_PROTECT : 0)),
          0,
          MODE_PAGE_CACHING,
          18};
      answer[6] = unit.write_cache ? 0x04 : 0;
      return give(irp, srb, answer, sizeof(answer));
    }
    case SCSIOP_UNMAP: {
      const UCHAR* list = data_of(irp, srb);
      unit.unmapped.emplace_back(list, list + srb.DataTransferLength);
      return;
    }
    case SCSIOP_READ_CAPACITY:
    case SCSIOP_READ_CAPACITY16:
      return read_capacity(unit, irp, srb);
    case SCSIOP_READ:
    case SCSIOP_WRITE:
    case SCSIOP_READ16:
    case SCSIOP_WRITE16:
      return transfer(unit, irp, srb);
    default:
      return;
  }
}

NTSTATUS end_srb(Unit& unit, IRP* irp, const Reply& reply) {
  SCSI_REQUEST_BLOCK& srb = *IoGetCurrentIrpStackLocation(irp)->Parameters.Scsi.Srb;
  srb.SrbStatus = reply.srb_status;
  srb.ScsiStatus = reply.scsi_status;
  if ((reply.srb_status & SRB_STATUS_AUTOSENSE_VALID) != 0) {
    auto* sense = static_cast<UCHAR*>(srb.SenseInfoBuffer);
    EXPECT_GE(srb.SenseInfoBufferLength, SENSE_BUFFER_SIZE);
    std::memset(sense, 0, SENSE_BUFFER_SIZE);
    sense[0] = SCSI_SENSE_ERRORCODE_FIXED_CURRENT;
    sense[2] = reply.key;
    sense[7] = 10;
    sense[12] = reply.code;
    sense[13] = reply.qualifier;
    srb.SenseInfoBufferLength = SENSE_BUFFER_SIZE;
  }
  const bool success = SRB_STATUS(reply.srb_status) == SRB_STATUS_SUCCESS;
  if (!success)
    srb.DataTransferLength = 0;
  else if (srb.Function == SRB_FUNCTION_EXECUTE_SCSI)
    carry_out(unit, irp, srb);
  else if (srb.Function == SRB_FUNCTION_CLAIM_DEVICE)
    unit.claimed = true;
  else if (srb.Function == SRB_FUNCTION_RELEASE_DEVICE)
    unit.claimed = false;
  return complete(irp, success ? STATUS_SUCCESS : STATUS_IO_DEVICE_ERROR, srb.DataTransferLength);
}

NTSTATUS NTAPI dispatch_scsi(DEVICE_OBJECT* device, IRP* irp) {
  Unit& unit = unit_of(device);
  const SCSI_REQUEST_BLOCK& srb = *IoGetCurrentIrpStackLocation(irp)->Parameters.Scsi.Srb;
  unit.arrivals.push_back({srb, machine::Machine::current().now()});
  const char* name =
      srb.Function == SRB_FUNCTION_EXECUTE_SCSI ? scsi_operation_name(srb.Cdb[0]) : srb_function_name(srb.Function);
  unit.diary.emplace_back(name != nullptr ? name : "?");
  std::optional<Reply> reply;
  if (unit.script) reply = unit.script(srb);
  if (!reply || !reply->hold) return end_srb(unit, irp, reply.value_or(Reply{}));
  IoMarkIrpPending(irp);
  unit.held.push_back(irp);
  return STATUS_PENDING;
}

template <class T>
NTSTATUS answer_ioctl(IRP* irp, const T& value) {
  const ULONG room = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength;
  const ULONG bytes = std::min<ULONG>(room, sizeof(T));
  std::memcpy(irp->AssociatedIrp.SystemBuffer, &value, bytes);
  return complete(irp, STATUS_SUCCESS, bytes);
}

NTSTATUS NTAPI dispatch_ioctl(DEVICE_OBJECT* device, IRP* irp) {
  Unit& unit = unit_of(device);
  const IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
  const ULONG code = location->Parameters.DeviceIoControl.IoControlCode;
  unit.ioctls.emplace_back(code, location->MinorFunction);
  if (code == IOCTL_SCSI_GET_ADDRESS) return answer_ioctl(irp, SCSI_ADDRESS{sizeof(SCSI_ADDRESS), 0, 0, 3, 1});
  if (code != IOCTL_STORAGE_QUERY_PROPERTY) return complete(irp, STATUS_SUCCESS);
  if (static_cast<STORAGE_PROPERTY_QUERY*>(irp->AssociatedIrp.SystemBuffer)->PropertyId == StorageAdapterProperty) {
    STORAGE_ADAPTER_DESCRIPTOR adapter{};
    adapter.Version = adapter.Size = sizeof(adapter);
    adapter.MaximumTransferLength = unit.transfer_bytes_max;
    adapter.MaximumPhysicalPages = unit.physical_pages_max;
    adapter.CommandQueueing = unit.queues;
    return answer_ioctl(irp, adapter);
  }
  STORAGE_DEVICE_DESCRIPTOR descriptor{};
  descriptor.Version = descriptor.Size = sizeof(descriptor);
  descriptor.RemovableMedia = unit.removable;
  descriptor.CommandQueueing = unit.queues;
  return answer_ioctl(irp, descriptor);
}

NTSTATUS NTAPI dispatch_power(DEVICE_OBJECT* device, IRP* irp) {
  Unit& unit = unit_of(device);
  const auto& power = IoGetCurrentIrpStackLocation(irp)->Parameters.Power;
  if (IoGetCurrentIrpStackLocation(irp)->MinorFunction == IRP_MN_SET_POWER && power.Type == DevicePowerState) {
    unit.diary.push_back("D" + std::to_string(power.State.DeviceState - PowerDeviceD0));
    ntos::PoSetPowerState(device, DevicePowerState, power.State);  // as the lowest of the stack does
  }
  ntos::PoStartNextPowerIrp(irp);
  return complete(irp, STATUS_SUCCESS);
}

NTSTATUS NTAPI dispatch_pnp(DEVICE_OBJECT* device, IRP* irp) {
  Unit& unit = unit_of(device);
  DEVICE_OBJECT* lower = unit.lower;
  const UCHAR minor = IoGetCurrentIrpStackLocation(irp)->MinorFunction;
  if (minor == IRP_MN_QUERY_PNP_DEVICE_STATE) return complete(irp, STATUS_SUCCESS, unit.pnp_state);
  if (minor == IRP_MN_SURPRISE_REMOVAL) {
    // As a port does: what is held ends as the device is gone.
    while (!unit.held.empty()) unit.finish({.srb_status = SRB_STATUS_NO_DEVICE});
  }
  IoSkipCurrentIrpStackLocation(irp);
  const NTSTATUS status = io::IofCallDriver(lower, irp);
  if (minor == IRP_MN_REMOVE_DEVICE) {
    io::IoDetachDevice(lower);
    io::IoDeleteDevice(device);
    unit.device = nullptr;
  }
  return status;
}

NTSTATUS NTAPI add_device(DRIVER_OBJECT* driver, DEVICE_OBJECT* pdo) {
  Unit& unit = *the_unit;
  NTSTATUS status =
      io::IoCreateDevice(driver, sizeof(Extension), nullptr, FILE_DEVICE_MASS_STORAGE, 0, FALSE, &unit.device);
  if (!NT_SUCCESS(status)) return status;
  static_cast<Extension*>(unit.device->DeviceExtension)->unit = &unit;
  unit.pdo = pdo;
  unit.lower = io::IoAttachDeviceToDeviceStack(unit.device, pdo);
  unit.device->Flags |= DO_DIRECT_IO | DO_POWER_PAGABLE;
  unit.device->Flags &= ~DO_DEVICE_INITIALIZING;
  if (unit.on_arrival) unit.on_arrival();
  return STATUS_SUCCESS;
}

NTSTATUS load(DRIVER_OBJECT** driver) {
  *driver = io::create_host_driver("unit", [](DRIVER_OBJECT* object) {
    object->MajorFunction[IRP_MJ_SCSI] = dispatch_scsi;
    object->MajorFunction[IRP_MJ_DEVICE_CONTROL] = dispatch_ioctl;
    object->MajorFunction[IRP_MJ_POWER] = dispatch_power;
    object->MajorFunction[IRP_MJ_PNP] = dispatch_pnp;
    object->DriverExtension->AddDevice = add_device;
  });
  return STATUS_SUCCESS;
}

}  // namespace

std::vector<Arrival> Unit::commands(UCHAR operation) const {
  std::vector<Arrival> result;
  for (const Arrival& one : arrivals)
    if (one.is_command(operation)) result.push_back(one);
  return result;
}

std::vector<Arrival> Unit::functions(UCHAR function) const {
  std::vector<Arrival> result;
  for (const Arrival& one : arrivals)
    if (one.is(function)) result.push_back(one);
  return result;
}

void Unit::answer(UCHAR operation, std::vector<Reply> replies) {
  script = [operation, replies, next = std::size_t{0}](const SCSI_REQUEST_BLOCK& srb) mutable -> std::optional<Reply> {
    if (srb.Function != SRB_FUNCTION_EXECUTE_SCSI || srb.Cdb[0] != operation || next == replies.size()) return {};
    return replies[next++];
  };
}

void Unit::answer_all(UCHAR operation, Reply reply) {
  script = [operation, reply](const SCSI_REQUEST_BLOCK& srb) -> std::optional<Reply> {
    if (srb.Function != SRB_FUNCTION_EXECUTE_SCSI || srb.Cdb[0] != operation) return {};
    return reply;
  };
}

void Unit::finish(Reply reply) {
  ASSERT_FALSE(held.empty());
  IRP* irp = held.front();
  held.erase(held.begin());
  end_srb(*this, irp, reply);
}

DiskRig::DiskRig(std::function<std::unique_ptr<machine::Strategy>()> strategy) {
  machine::MachineConfig config;
  config.strategy = std::move(strategy);
  machine_ = machine::Machine::create(config).value();
  ntos::install_kernel(*machine_);
  machine_->enter([this] {
    unit_ = new Unit;
    unit_->medium.resize(4 << 20);
    auto& kernel = machine_->part<ntos::Kernel>(machine::PartId::Kernel);
    class_::disk::install_disk(kernel);
    kernel.pnp->store().add(ntos::pnp::Service{.name = u"unit", .load = load, .stays_loaded = true});
    kernel.pnp->store().add(ntos::pnp::DriverPackage{
        .service = u"disk", .ids = {u"TEST\\Disk"}, .class_name = u"DiskDrive", .lower_filters = {u"unit"}});
  });
}

void DiskRig::run(const std::function<void()>& body) {
  the_unit = unit_;
  const machine::Outcome outcome = machine_->run([&] {
    ntos::pnp::Manager& manager = ntos::pnp::manager();
    manager.add_root_device({.device_id = u"TEST\\Disk", .instance_id = u"0", .hardware_ids = {u"TEST\\Disk"}});
    manager.enumerate_root();
    body();
  });
  EXPECT_EQ(outcome.kind, machine::OutcomeKind::Completed);
  for (const machine::Finding& finding : machine_->findings()) ADD_FAILURE() << finding.rule << ": " << finding.summary;
}

ntos::pnp::Devnode& DiskRig::devnode() {
  return *ntos::pnp::manager().find_id(u"TEST\\Disk");
}

void DiskRig::pull() {
  unit_->pnp_state = PNP_DEVICE_FAILED;
  ntos::pnp::IoInvalidateDeviceState(unit_->pdo);
  ntos::pnp::manager().wait_until_settled();
}

NTSTATUS DiskRig::set_power(POWER_STATE_TYPE type, LONG state) {
  DEVICE_OBJECT* top = io::IoGetAttachedDevice(unit_->pdo);
  return user::send(top, IRP_MJ_POWER, IRP_MN_SET_POWER,
                    [&](IRP* irp, IO_STACK_LOCATION* location) {
                      irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
                      location->Parameters.Power.Type = type;
                      location->Parameters.Power.State.SystemState = static_cast<SYSTEM_POWER_STATE>(state);
                    })
      .status;
}

void DiskRig::expect_even_account(std::size_t disk) {
  EXPECT_EQ(account(disk).requests_outstanding(), 0u);
  EXPECT_EQ(account(disk).packets_outstanding(), 0u);
}

std::vector<std::byte> pattern(std::size_t bytes, unsigned seed) {
  std::vector<std::byte> result(bytes);
  for (std::size_t i = 0; i < bytes; ++i) result[i] = static_cast<std::byte>(i + (i / kBlock) * 7 + seed);
  return result;
}

void sleep(machine::Duration duration) {
  LARGE_INTEGER due;
  due.QuadPart = -duration / machine::k100ns;
  ntos::KeDelayExecutionThread(KernelMode, FALSE, &due);
}

}  // namespace drydock::tests::disk
