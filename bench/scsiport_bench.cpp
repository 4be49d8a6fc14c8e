// What the SCSI port driver costs: a 4 KiB request to a unit of a miniport that ends everything at once, and back.

#include <benchmark/benchmark.h>

#include <places.h>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

#include "class/disk/disk_driver.h"
#include "image/loader.h"
#include "machine/machine.h"
#include "ntos/cm/registry.h"
#include "ntos/exports.h"
#include "ntos/io/user.h"
#include "ntos/kernel.h"
#include "ntos/pnp/manager.h"
#include "port/scsiport/fdo.h"
#include "port/scsiport/kernel.h"
#include "port/scsiport/scsiport_exports.h"

namespace drydock::port::scsiport {
namespace {

const image::ExportIndex& exports() {
  static const image::ExportIndex index = [] {
    image::ExportIndex made;
    ntos::add_ntos_exports(made);
    add_scsiport_exports(made);
    return made;
  }();
  return index;
}

std::unique_ptr<const image::PeImage> read_guest(const char* name) {
  const std::string path = std::string(DRYDOCK_BUILD_DIR "/guest/test/") + name + ".sys";
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  auto image = image::PeImage::parse(std::as_bytes(std::span(bytes)), name);
  if (!image) throw std::runtime_error(image.failure().message);
  return std::move(image).value();
}

NTSTATUS NTAPI keep(DEVICE_OBJECT*, IRP*, PVOID context) {
  ++*static_cast<std::uint64_t*>(context);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

/// The first unit of the adapter that `service` drives.
LogicalUnit* start_unit(const image::PeImage& image, const char* service, const char16_t* wide_service) {
  ntos::cm::registry().service_parameters(wide_service).create(u"PnpInterface").set_dword(u"5", 1);
  DRIVER_OBJECT* driver = ntos::io::load_driver(image, service).driver;
  ntos::pnp::Manager& manager = ntos::pnp::manager();
  manager.add_root_device({.device_id = u"ROOT\\NULLSCSI", .instance_id = u"0", .hardware_ids = {u"ROOT\\NULLSCSI"}});
  manager.enumerate_root();
  ntos::io::add_device(driver, manager.find_id(u"ROOT\\NULLSCSI")->pdo);
  Adapter& adapter = *port().adapters.at(0);
  namespace user = ntos::io::user;
  user::send(adapter.fdo, IRP_MJ_PNP, IRP_MN_START_DEVICE, [](IRP*, IO_STACK_LOCATION*) {});
  user::send(adapter.fdo, IRP_MJ_PNP, IRP_MN_QUERY_DEVICE_RELATIONS,
             [](IRP*, IO_STACK_LOCATION* stack) { stack->Parameters.QueryDeviceRelations.Type = BusRelations; });
  return adapter.units.empty() ? nullptr : adapter.units[0];
}

void srb_through_port_and_null_miniport(benchmark::State& state) {
  const auto image = read_guest("scsi_null");
  const image::ExportIndex& index = exports();
  auto machine = machine::Machine::create({}).value();
  machine->enter([&] { image::Images::attach(*machine, index); });
  ntos::install_kernel(*machine);
  machine->run([&] {
    LogicalUnit* unit = start_unit(*image, "scsi_null", u"scsi_null");
    if (!unit) return state.SkipWithError("no unit was found");
    constexpr ULONG kBytes = 4096;
    auto* data = static_cast<std::byte*>(ExAllocatePoolWithTag(NonPagedPool, kBytes, kPoolTag));
    auto* srb =
        static_cast<SCSI_REQUEST_BLOCK*>(ExAllocatePoolWithTag(NonPagedPool, sizeof(SCSI_REQUEST_BLOCK), kPoolTag));
    IRP* irp = ntos::io::IoAllocateIrp(2, FALSE);
    irp->MdlAddress = IoAllocateMdl(data, kBytes, FALSE, FALSE, nullptr);
    ntos::MmBuildMdlForNonPagedPool(irp->MdlAddress);
    std::uint64_t sent = 0, done = 0;
    for (auto _ : state) {
      std::memset(static_cast<void*>(srb), 0, sizeof(*srb));
      srb->Length = sizeof(*srb);
      srb->SrbFlags = SRB_FLAGS_DATA_IN | SRB_FLAGS_QUEUE_ACTION_ENABLE | SRB_FLAGS_NO_QUEUE_FREEZE;
      srb->QueueAction = SRB_SIMPLE_TAG_REQUEST;
      srb->TimeOutValue = 10;
      srb->Cdb[0] = SCSIOP_READ;
      srb->CdbLength = 10;
      srb->DataBuffer = data;
      srb->DataTransferLength = kBytes;
      IO_STACK_LOCATION* stack = IoGetNextIrpStackLocation(irp);
      stack->MajorFunction = IRP_MJ_SCSI;
      stack->Parameters.Scsi.Srb = srb;
      IoSetCompletionRoutine(irp, keep, &done, true, true, true);
      IofCallDriver(unit->pdo, irp);
      if (done != ++sent) state.SkipWithError("a request did not end");
    }
  });
  if (!machine->findings().empty()) state.SkipWithError(machine->findings()[0].summary.c_str());
}
BENCHMARK(srb_through_port_and_null_miniport);

/// The same as an application's read: disk.sys makes the SRB, and the PnP manager has built all the stacks.
void read_through_disk_port_and_null_miniport(benchmark::State& state) {
  const auto image = read_guest("scsi_null");
  const image::ExportIndex& index = exports();
  auto machine = machine::Machine::create({}).value();
  machine->enter([&] { image::Images::attach(*machine, index); });
  ntos::install_kernel(*machine);
  machine->enter([&] {
    class_::disk::install_disk(ntos::kernel());
    ntos::cm::registry().service_parameters(u"scsi_null").create(u"PnpInterface").set_dword(u"5", 1);
    ntos::pnp::DriverStore& store = ntos::pnp::manager().store();
    store.add(ntos::pnp::Service{.name = u"scsi_null", .load = [&image](DRIVER_OBJECT** loaded) {
                                   const ntos::io::LoadResult result = ntos::io::load_driver(*image, "scsi_null");
                                   *loaded = result.driver;
                                   return result.status;
                                 }});
    store.add(
        ntos::pnp::DriverPackage{.service = u"scsi_null", .ids = {u"ROOT\\NULLSCSI"}, .class_name = u"SCSIAdapter"});
  });
  machine->run([&] {
    ntos::pnp::Manager& manager = ntos::pnp::manager();
    manager.add_root_device({.device_id = u"ROOT\\NULLSCSI", .instance_id = u"0", .hardware_ids = {u"ROOT\\NULLSCSI"}});
    manager.enumerate_root();
    manager.wait_until_settled();
    ntos::io::user::File file = ntos::io::user::open(u"\\\\.\\PhysicalDrive0");
    if (!file) return state.SkipWithError("there is no disk");
    DEVICE_OBJECT* disk = file.object()->DeviceObject;
    constexpr ULONG kBytes = 4096;
    auto* data = static_cast<std::byte*>(ExAllocatePoolWithTag(NonPagedPool, kBytes, kPoolTag));
    IRP* irp = ntos::io::IoAllocateIrp(disk->StackSize, FALSE);
    irp->MdlAddress = IoAllocateMdl(data, kBytes, FALSE, FALSE, nullptr);
    ntos::MmBuildMdlForNonPagedPool(irp->MdlAddress);
    std::uint64_t sent = 0, done = 0;
    for (auto _ : state) {
      IO_STACK_LOCATION* stack = IoGetNextIrpStackLocation(irp);
      stack->MajorFunction = IRP_MJ_READ;
      stack->Parameters.Read.Length = kBytes;
      stack->Parameters.Read.ByteOffset.QuadPart = 0;
      stack->FileObject = file.object();
      IoSetCompletionRoutine(irp, keep, &done, true, true, true);
      IofCallDriver(disk, irp);
      if (done != ++sent || irp->IoStatus.Status != 0 || irp->IoStatus.Information != kBytes)
        return state.SkipWithError("a read did not end well");
    }
  });
  if (!machine->findings().empty()) state.SkipWithError(machine->findings()[0].summary.c_str());
}
BENCHMARK(read_through_disk_port_and_null_miniport);

}  // namespace
}  // namespace drydock::port::scsiport
