#include "contract/scsiport/puppet_rig.h"

#include <gtest/gtest.h>

#include <cstring>

#include <fmt/format.h>

#include "image/loader.h"
#include "machine/processor.h"
#include "nt/pnp.h"
#include "nt/storage.h"
#include "ntos/cm/registry.h"
#include "ntos/exports.h"
#include "ntos/io/device.h"
#include "ntos/io/irp.h"
#include "ntos/kernel.h"
#include "ntos/pnp/devnode.h"
#include "ntos/pnp/manager.h"
#include "port/scsiport/kernel.h"
#include "port/scsiport/scsiport_exports.h"

namespace drydock::tests::scsiport {

namespace kernel = port::scsiport;  // the exports a driver of ours calls
namespace user = ntos::io::user;

namespace {

constexpr LONGLONG kSwitchOn100ns = 133'801'632'000'000'000;
constexpr ULONG kTag = 0x54736353;

const image::ExportIndex& exports() {
  static const image::ExportIndex index = [] {
    image::ExportIndex made;
    ntos::add_ntos_exports(made);
    port::scsiport::add_scsiport_exports(made);
    return made;
  }();
  return index;
}

void* pool(std::size_t bytes) {
  void* block = kernel::ExAllocatePoolWithTag(NonPagedPool, bytes, kTag);
  std::memset(block, 0, bytes);
  return block;
}

/// A memory range, a port range and a message interrupt.
CM_RESOURCE_LIST* resources(std::uint32_t vector) {
  const std::size_t bytes = sizeof(CM_RESOURCE_LIST) + 2 * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR);
  auto* list = static_cast<CM_RESOURCE_LIST*>(pool(bytes));
  list->Count = 1;
  CM_FULL_RESOURCE_DESCRIPTOR& full = list->List[0];
  full.InterfaceType = PCIBus;
  full.PartialResourceList.Version = full.PartialResourceList.Revision = 1;
  full.PartialResourceList.Count = 3;
  CM_PARTIAL_RESOURCE_DESCRIPTOR* descriptors = full.PartialResourceList.PartialDescriptors;
  descriptors[0].Type = CmResourceTypeMemory;
  descriptors[0].u.Memory.Start.QuadPart = 0xF0000000;
  descriptors[0].u.Memory.Length = 0x1000;
  descriptors[1].Type = CmResourceTypePort;
  descriptors[1].Flags = CM_RESOURCE_PORT_IO;
  descriptors[1].u.Port.Start.QuadPart = 0xC000;
  descriptors[1].u.Port.Length = 0x40;
  descriptors[2].Type = CmResourceTypeInterrupt;
  descriptors[2].Flags = CM_RESOURCE_INTERRUPT_MESSAGE | CM_RESOURCE_INTERRUPT_LATCHED;
  descriptors[2].u.MessageInterrupt.Translated.Level = machine::irql_of_vector(vector);
  descriptors[2].u.MessageInterrupt.Translated.Vector = vector;
  descriptors[2].u.MessageInterrupt.Translated.Affinity = 1;
  return list;
}

}  // namespace

PuppetRig::PuppetRig(unsigned processors, std::function<std::unique_ptr<machine::Strategy>()> strategy,
                     const char* miniport, machine::PhysicalAddress ram_above_4gb, bool refusals)
    : miniport_(miniport) {
  machine::MachineConfig config;
  config.ram_above_4gb = ram_above_4gb;
  config.processors = processors;
  config.strategy = std::move(strategy);
  config.refusals = refusals;  // the rig's own calls expect none
  const image::ExportIndex& index = exports();
  image_ = &guest("test/" + miniport_);  // parsed on the host's heap, which outlives the machine
  machine_ = machine::Machine::create(config).value();
  machine_->enter([&] { image::Images::attach(*machine_, index); });
  ntos::install_kernel(*machine_);
}

port::scsiport::Settings& PuppetRig::settings() {
  port::scsiport::Settings* result = nullptr;
  machine_->enter([&] { result = &port::scsiport::port().settings; });
  return *result;
}

void PuppetRig::set(PUPPET_SCRIPT& script, Orders orders) {
  ASSERT_LE(orders.size(), static_cast<std::size_t>(PUPPET_ORDERS));
  script = PUPPET_SCRIPT{};
  std::copy(orders.begin(), orders.end(), script.Orders);
}

void* PuppetRig::symbol(const char* name) const {
  return ntos::io::record_of(driver_).image->find_symbol(name);
}

NTSTATUS PuppetRig::load_driver() {
  const auto loaded = ntos::io::load_driver(*image_, miniport_);
  driver_ = loaded.driver;
  return loaded.status;
}

NTSTATUS PuppetRig::load_miniport() {
  const std::u16string service(miniport_.begin(), miniport_.end());
  ntos::cm::registry().service_parameters(service).create(u"PnpInterface").set_dword(u"5", 1);
  const NTSTATUS loaded = load_driver();
  if (!driver_) return loaded;
  vector_ = machine::allocate_message_vector();
  // A device that the root reports and no driver package matches: the rest of its life is the test's.
  ntos::pnp::Manager& manager = ntos::pnp::manager();
  manager.add_root_device(
      {.device_id = u"ROOT\\PUPPET", .instance_id = u"0", .hardware_ids = {u"ROOT\\PUPPET"}, .description = u"Puppet"});
  manager.enumerate_root();
  ntos::pnp::Devnode* node = manager.find_id(u"ROOT\\PUPPET");
  EXPECT_NE(node, nullptr);
  pdo_ = node->pdo;
  EXPECT_EQ(ntos::io::add_device(driver_, pdo_), STATUS_SUCCESS);
  fdo_ = ntos::io::IoGetAttachedDevice(pdo_);
  return loaded;
}

void PuppetRig::load() {
  ASSERT_EQ(load_miniport(), STATUS_SUCCESS);
  prepare_puppet();
}

void PuppetRig::prepare_puppet() {
  if (miniport_ != "scsi_puppet") return;
  puppet_ = static_cast<PUPPET*>(symbol("Puppet"));
  ASSERT_NE(puppet_, nullptr);
  PUPPET& p = *puppet_;
  p.FindAdapterResult = SP_RETURN_FOUND;
  p.NumberOfBuses = 1;
  p.InitiatorId = 7;
  p.Targets = 2;
  p.Luns = 1;
  p.MapBuffers = p.AutoSense = TRUE;
  p.SrbExtensionSize = 64;
  p.LuExtensionSize = 32;
  p.MaximumTransferLength = 0x10000;
  p.Controls = 1u << ScsiQuerySupportedControlTypes | 1u << ScsiStopAdapter | 1u << ScsiRestartAdapter;
  p.Units[0] = 0;
  p.Units[1] = ~0u;
  script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_SUCCESS, 0}, {PuppetNextRequest, 0, 0}});
  script(PuppetResetBus,
         {{PuppetSweep, 0xFFFFFF, SRB_STATUS_BUS_RESET}, {PuppetForgetHeld, 0, 0}, {PuppetNextRequest, 0, 0}});
  reset_srb_script({{PuppetCallOwnReset, 0, 0}});
}

machine::OutcomeKind PuppetRig::run(const std::function<void()>& body) {
  return machine_
      ->run([&] {
        load();
        if (!testing::Test::HasFatalFailure()) body();
      })
      .kind;
}

machine::OutcomeKind PuppetRig::run_started(const std::function<void()>& body) {
  return run([&] {
    ASSERT_EQ(start(), STATUS_SUCCESS);
    ASSERT_EQ(enumerate(), STATUS_SUCCESS);
    puppet_->LogCount = 0;
    std::memset(puppet_->Calls, 0, sizeof(puppet_->Calls));
    body();
  });
}

machine::OutcomeKind PuppetRig::run_plugged(const std::function<void()>& body, const std::function<void()>& configure) {
  using ntos::pnp::Resource;
  using ntos::pnp::ResourceKind;
  return machine_
      ->run([&] {
        const std::u16string service(miniport_.begin(), miniport_.end());
        ntos::cm::registry().service_parameters(service).create(u"PnpInterface").set_dword(u"5", 1);
        ntos::pnp::Manager& manager = ntos::pnp::manager();
        manager.store().add(ntos::pnp::Service{.name = service, .load = [&](DRIVER_OBJECT** driver) {
                                                 const NTSTATUS status = load_driver();
                                                 *driver = driver_;
                                                 if (!driver_) return status;
                                                 prepare_puppet();
                                                 if (configure) configure();
                                                 return status;
                                               }});
        manager.store().add(
            ntos::pnp::DriverPackage{.service = service, .ids = {u"ROOT\\PUPPET"}, .class_name = u"SCSIAdapter"});
        manager.add_root_device(
            {.device_id = u"ROOT\\PUPPET",
             .instance_id = u"0",
             .hardware_ids = {u"ROOT\\PUPPET"},
             .description = u"Puppet",
             .resources = {Resource{.kind = ResourceKind::Memory, .start = 0xF0000000, .length = 0x1000},
                           Resource{.kind = ResourceKind::Port, .start = 0xC000, .length = 0x40},
                           Resource{.kind = ResourceKind::Message,
                                    .flags = CM_RESOURCE_INTERRUPT_MESSAGE | CM_RESOURCE_INTERRUPT_LATCHED,
                                    .messages = 1}}});
        manager.enumerate_root();
        ntos::pnp::Devnode* node = manager.find_id(u"ROOT\\PUPPET");
        ASSERT_NE(node, nullptr);
        ASSERT_NE(driver_, nullptr) << "the miniport was not loaded";
        pdo_ = node->pdo;
        fdo_ = ntos::io::IoGetAttachedDevice(pdo_);
        if (!port::scsiport::port().adapters.empty()) vector_ = adapter().translated_vector;
        body();
      })
      .kind;
}

const PUPPET_CALL* PuppetRig::call(PuppetRoutine routine, unsigned n) const {
  for (unsigned i = 0; i < puppet_->LogCount && i < PUPPET_LOG; ++i)
    if (puppet_->Log[i].Routine == static_cast<PU32>(routine) && n-- == 0) return &puppet_->Log[i];
  return nullptr;
}

machine::Time PuppetRig::time_of(PuppetRoutine routine, unsigned n) const {
  const PUPPET_CALL* one = call(routine, n);
  EXPECT_NE(one, nullptr) << "no call " << n << " of routine " << routine;
  return one ? machine::k100ns * (static_cast<LONGLONG>(one->Time) - kSwitchOn100ns) : machine::Time{};
}

NTSTATUS PuppetRig::start() {
  CM_RESOURCE_LIST* list = resources(vector_);
  const auto result = user::send(fdo_, IRP_MJ_PNP, IRP_MN_START_DEVICE, [&](IRP*, IO_STACK_LOCATION* stack) {
    stack->Parameters.StartDevice.AllocatedResources = list;
    stack->Parameters.StartDevice.AllocatedResourcesTranslated = list;
  });
  kernel::ExFreePoolWithTag(list, kTag);
  return result.status;
}

NTSTATUS PuppetRig::enumerate() {
  const auto result = user::send(fdo_, IRP_MJ_PNP, IRP_MN_QUERY_DEVICE_RELATIONS, [](IRP*, IO_STACK_LOCATION* stack) {
    stack->Parameters.QueryDeviceRelations.Type = BusRelations;
  });
  if (auto* relations = reinterpret_cast<DEVICE_RELATIONS*>(result.information); relations && result.ok()) {
    for (ULONG i = 0; i < relations->Count; ++i) ntos::ob::ObfDereferenceObject(relations->Objects[i]);
    kernel::ExFreePoolWithTag(relations, 0);
  }
  return result.status;
}

NTSTATUS PuppetRig::pnp(UCHAR minor) {
  return user::send(fdo_, IRP_MJ_PNP, minor, [](IRP*, IO_STACK_LOCATION*) {}).status;
}

namespace {

struct PowerDone {
  KEVENT event;
  NTSTATUS status;
};

void NTAPI power_done(DEVICE_OBJECT*, UCHAR, POWER_STATE, PVOID context, IO_STATUS_BLOCK* io_status) {
  auto* done = static_cast<PowerDone*>(context);
  done->status = io_status->Status;
  kernel::KeSetEvent(&done->event, IO_NO_INCREMENT, FALSE);
}

}  // namespace

NTSTATUS PuppetRig::set_power(DEVICE_POWER_STATE state) {
  auto* done = static_cast<PowerDone*>(pool(sizeof(PowerDone)));
  kernel::KeInitializeEvent(&done->event, NotificationEvent, FALSE);
  POWER_STATE power;
  power.DeviceState = state;
  const NTSTATUS asked = kernel::PoRequestPowerIrp(pdo_, IRP_MN_SET_POWER, power, power_done, done, nullptr);
  if (asked != STATUS_PENDING) return asked;
  kernel::KeWaitForSingleObject(&done->event, Executive, KernelMode, FALSE, nullptr);
  const NTSTATUS status = done->status;
  kernel::ExFreePoolWithTag(done, kTag);
  return status;
}

Adapter& PuppetRig::adapter() {
  return *port::scsiport::port().adapters.at(0);
}

LogicalUnit& PuppetRig::unit(UnitAddress address) {
  LogicalUnit* found = port::scsiport::find_unit(adapter(), address);
  EXPECT_NE(found, nullptr);
  return *found;
}

NTSTATUS PuppetRig::ioctl(DEVICE_OBJECT* device, ULONG code, std::span<const std::byte> input,
                          std::span<std::byte> output) {
  const std::size_t bytes = std::max<std::size_t>({input.size(), output.size(), 1});
  void* buffer = pool(bytes);
  if (!input.empty()) std::memcpy(buffer, input.data(), input.size());
  const auto result = user::send(device, IRP_MJ_DEVICE_CONTROL, 0, [&](IRP* irp, IO_STACK_LOCATION* stack) {
    irp->AssociatedIrp.SystemBuffer = buffer;
    stack->Parameters.DeviceIoControl.IoControlCode = code;
    stack->Parameters.DeviceIoControl.InputBufferLength = static_cast<ULONG>(input.size());
    stack->Parameters.DeviceIoControl.OutputBufferLength = static_cast<ULONG>(output.size());
  });
  if (!output.empty()) std::memcpy(output.data(), buffer, std::min<std::size_t>(output.size(), bytes));
  kernel::ExFreePoolWithTag(buffer, kTag);
  return result.status;
}

NTSTATUS PuppetRig::reset_bus_by_ioctl(UCHAR path) {
  const STORAGE_BUS_RESET_REQUEST request{path};
  return ioctl(fdo_, IOCTL_STORAGE_RESET_BUS, std::as_bytes(std::span(&request, 1)));
}

namespace {

struct Completion {
  Sent* sent;
  PUPPET* puppet;
  unsigned* completed;
};

NTSTATUS NTAPI request_done(DEVICE_OBJECT*, IRP* irp, PVOID context) {
  auto* completion = static_cast<Completion*>(context);
  Sent& sent = *completion->sent;
  sent.done = true;
  ++sent.completions;
  sent.status = irp->IoStatus.Status;
  sent.information = irp->IoStatus.Information;
  sent.done_at = machine::Machine::current().now();
  sent.place = ++*completion->completed;
  sent.irql = machine::current_irql();
  if (completion->puppet) sent.callbacks_running = completion->puppet->Running;
  return STATUS_MORE_PROCESSING_REQUIRED;
}

}  // namespace

Sent& PuppetRig::send(const Srb& what, UnitAddress address) {
  return send_to(unit(address).pdo, what, address);
}

Sent& PuppetRig::send_to_adapter(const Srb& what, UnitAddress address) {
  return send_to(fdo_, what, address);
}

Sent& PuppetRig::send_to(DEVICE_OBJECT* device, const Srb& what, UnitAddress address) {
  Sent& sent = sent_.emplace_back();
  sent.srb = static_cast<SCSI_REQUEST_BLOCK*>(pool(sizeof(SCSI_REQUEST_BLOCK)));
  sent.data = what.length ? static_cast<std::byte*>(pool(what.length)) : nullptr;
  sent.sense = static_cast<UCHAR*>(pool(255));
  SCSI_REQUEST_BLOCK& srb = *sent.srb;
  srb.Length = sizeof(srb);
  srb.Function = what.function;
  srb.PathId = address.path;
  srb.TargetId = address.target;
  srb.Lun = address.lun;
  srb.SrbFlags = what.flags;
  srb.TimeOutValue = what.timeout_s;
  srb.QueueSortKey = what.sort_key;
  srb.QueueAction = SRB_SIMPLE_TAG_REQUEST;
  srb.Cdb[0] = what.operation;
  srb.Cdb[5] = what.block;
  srb.CdbLength = 10;
  if (what.length >= sizeof(what.word)) std::memcpy(sent.data, &what.word, sizeof(what.word));
  srb.DataTransferLength = what.length;
  srb.DataBuffer = sent.data;
  srb.SenseInfoBuffer = what.sense_length ? sent.sense : nullptr;
  srb.SenseInfoBufferLength = what.sense_length;
  srb.NextSrb = what.next;
  sent.irp = ntos::io::IoAllocateIrp(2, FALSE);
  srb.OriginalRequest = sent.irp;
  if (what.length) {
    sent.irp->MdlAddress = kernel::IoAllocateMdl(sent.data, what.length, FALSE, FALSE, nullptr);
    if (what.unmapped)
      ntos::MmProbeAndLockPages(sent.irp->MdlAddress, KernelMode, IoWriteAccess);
    else
      ntos::MmBuildMdlForNonPagedPool(sent.irp->MdlAddress);
  }
  IO_STACK_LOCATION* stack = IoGetNextIrpStackLocation(sent.irp);
  stack->MajorFunction = IRP_MJ_SCSI;
  stack->MinorFunction = IRP_MN_SCSI_CLASS;
  stack->Parameters.Scsi.Srb = sent.srb;
  auto* completion = new Completion{&sent, puppet_, &completed_};
  IoSetCompletionRoutine(sent.irp, request_done, completion, true, true, true);
  sent.sent_at = now();
  kernel::IofCallDriver(device, sent.irp);
  return sent;
}

void PuppetRig::release_queue(UnitAddress address) {
  Srb release;
  release.function = SRB_FUNCTION_RELEASE_QUEUE;
  release.flags = 0;
  release.length = 0;
  EXPECT_TRUE(send(release, address).done);
}

void PuppetRig::advance(machine::Duration duration) {
  LARGE_INTEGER due;
  due.QuadPart = -static_cast<LONGLONG>(duration / machine::k100ns);
  ntos::KeDelayExecutionThread(KernelMode, FALSE, &due);
}

void PuppetRig::interrupt() {
  const unsigned before = calls(PuppetInterrupt);
  machine::send_interrupt_message(vector_);
  for (unsigned i = 0; i < 100 && calls(PuppetInterrupt) == before; ++i) advance(1us);
  EXPECT_GT(calls(PuppetInterrupt), before);
}

bool PuppetRig::found(std::string_view rule) const {
  for (const machine::Finding& finding : findings())
    if (finding.rule == rule) return true;
  return false;
}

std::string PuppetRig::what_happened() const {
  std::string result;
  for (const machine::Finding& finding : findings()) {
    result += fmt::format("{}: {}\n", finding.rule, finding.summary);
    for (const std::string& detail : finding.details) result += "    " + detail + "\n";
    for (const machine::StackFrame& frame : finding.stack) result += "  at " + frame.symbol + "\n";
  }
  return result;
}

std::uint64_t PuppetRig::stop_parameter(unsigned index) const {
  for (const machine::Finding& finding : findings())
    if (finding.bug_check) return finding.bug_check->parameters[index];
  return 0;
}

}  // namespace drydock::tests::scsiport
