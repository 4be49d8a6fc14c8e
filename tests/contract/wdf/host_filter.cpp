#include "contract/wdf/host_filter.h"

#include <fmt/format.h>

#include "ntos/io/device.h"
#include "ntos/io/driver.h"
#include "ntos/io/irp.h"
#include "ntos/ob/names.h"
#include "ntos/po/power.h"

namespace drydock::test::wdf {

namespace io = ntos::io;

namespace {

struct Extension {
  HostFilter* filter;
  DEVICE_OBJECT* lower;
};

std::vector<HostFilter*>& filters() {
  static thread_local std::vector<HostFilter*> all;
  return all;
}

HostFilter& filter_of(const DRIVER_OBJECT* driver) {
  for (HostFilter* each : filters())
    if (each->driver == driver) return *each;
  std::abort();
}

NTSTATUS complete(IRP* irp, NTSTATUS status) {
  irp->IoStatus.Status = status;
  io::IofCompleteRequest(irp, 0);
  return status;
}

NTSTATUS pass(DEVICE_OBJECT* lower, IRP* irp) {
  IoSkipCurrentIrpStackLocation(irp);
  return io::IofCallDriver(lower, irp);
}

void note(HostFilter& filter, UCHAR minor) {
  std::string name(ntos::pnp::pnp_minor_name(minor));
  if (name.rfind("IRP_MN_", 0) == 0) name.erase(0, 7);
  if (name.ends_with("_DEVICE")) name.resize(name.size() - 7);
  filter.diary.push_back(name);
}

NTSTATUS NTAPI dispatch_pnp(DEVICE_OBJECT* device, IRP* irp) {
  const Extension extension = *static_cast<Extension*>(device->DeviceExtension);
  HostFilter& filter = *extension.filter;
  IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
  const UCHAR minor = location->MinorFunction;
  note(filter, minor);
  const auto refusal = filter.refuse.find(minor);
  if (refusal != filter.refuse.end() && minor != IRP_MN_START_DEVICE) return complete(irp, refusal->second);
  switch (minor) {
    case IRP_MN_START_DEVICE:
      if (filter.start)
        filter.start(location->Parameters.StartDevice.AllocatedResources,
                     location->Parameters.StartDevice.AllocatedResourcesTranslated);
      io::IoForwardIrpSynchronously(extension.lower, irp);
      return complete(irp, refusal != filter.refuse.end() ? refusal->second : irp->IoStatus.Status);
    case IRP_MN_QUERY_CAPABILITIES:
      io::IoForwardIrpSynchronously(extension.lower, irp);
      if (filter.capabilities) filter.capabilities(*location->Parameters.DeviceCapabilities.Capabilities);
      return complete(irp, irp->IoStatus.Status);
    case IRP_MN_FILTER_RESOURCE_REQUIREMENTS:
      if (filter.requirements)
        filter.requirements(location->Parameters.FilterResourceRequirements.IoResourceRequirementList);
      return pass(extension.lower, irp);
    case IRP_MN_REMOVE_DEVICE: {
      irp->IoStatus.Status = STATUS_SUCCESS;
      const NTSTATUS status = pass(extension.lower, irp);
      io::IoDetachDevice(extension.lower);
      io::IoDeleteDevice(device);
      return status;
    }
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
      irp->IoStatus.Status = STATUS_SUCCESS;
      break;
    default:
      break;
  }
  return pass(extension.lower, irp);
}

VOID NTAPI cancel_wake(DEVICE_OBJECT* device, IRP* irp) {
  io::IoReleaseCancelSpinLock(irp->CancelIrql);
  HostFilter& filter = *static_cast<Extension*>(device->DeviceExtension)->filter;
  filter.wake = nullptr;
  filter.diary.emplace_back("WAKE_CANCELLED");
  complete(irp, STATUS_CANCELLED);
}

NTSTATUS NTAPI dispatch_power(DEVICE_OBJECT* device, IRP* irp) {
  const Extension extension = *static_cast<Extension*>(device->DeviceExtension);
  HostFilter& filter = *extension.filter;
  const IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
  ntos::PoStartNextPowerIrp(irp);
  if (location->MinorFunction == IRP_MN_WAIT_WAKE) {
    filter.diary.emplace_back("WAIT_WAKE");
    if (filter.keeps_wake) {
      IoMarkIrpPending(irp);
      filter.wake = irp;
      io::IoSetCancelRoutine(irp, io::guest_callable(&cancel_wake, "HostFilter::cancel_wake"));
      return STATUS_PENDING;
    }
    if (filter.ends_wake) return complete(irp, *filter.ends_wake);
  } else if (location->MinorFunction == IRP_MN_SET_POWER && location->Parameters.Power.Type == DevicePowerState) {
    filter.diary.push_back(fmt::format("D{}", location->Parameters.Power.State.DeviceState - 1));
  }
  IoSkipCurrentIrpStackLocation(irp);
  return ntos::PoCallDriver(extension.lower, irp);
}

NTSTATUS NTAPI dispatch_other(DEVICE_OBJECT* device, IRP* irp) {
  return pass(static_cast<Extension*>(device->DeviceExtension)->lower, irp);
}

NTSTATUS NTAPI add_device(DRIVER_OBJECT* driver, DEVICE_OBJECT* pdo) {
  HostFilter& filter = filter_of(driver);
  const NTSTATUS status =
      io::IoCreateDevice(driver, sizeof(Extension), nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &filter.device);
  if (!NT_SUCCESS(status)) return status;
  filter.lower = io::IoAttachDeviceToDeviceStack(filter.device, pdo);
  *static_cast<Extension*>(filter.device->DeviceExtension) = {&filter, filter.lower};
  filter.device->Flags |= filter.lower->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE);
  filter.device->Flags &= ~DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}

}  // namespace

HostFilter::HostFilter(WdfRig& rig, std::string its_name) : name(std::move(its_name)) {
  filters().push_back(this);
  rig.machine().enter([&] {
    auto load = [this](DRIVER_OBJECT** made) {
      driver = io::create_host_driver(name, [](DRIVER_OBJECT* object) {
        for (PDRIVER_DISPATCH& each : object->MajorFunction) each = dispatch_other;
        object->MajorFunction[IRP_MJ_PNP] = dispatch_pnp;
        object->MajorFunction[IRP_MJ_POWER] = dispatch_power;
        object->DriverExtension->AddDevice = add_device;
      });
      *made = driver;
      return STATUS_SUCCESS;
    };
    rig.machine()
        .part<ntos::Kernel>(machine::PartId::Kernel)
        .pnp->store()
        .add(ntos::pnp::Service{.name = ntos::ob::widen(name), .load = load, .stays_loaded = true});
  });
}

HostFilter::~HostFilter() {
  std::erase(filters(), this);
}

std::string HostFilter::seen() const {
  std::string text;
  for (const std::string& each : diary) text += (text.empty() ? "" : " ") + each;
  return text;
}

void HostFilter::end_wake(NTSTATUS status) {
  IRP* irp = std::exchange(wake, nullptr);
  ASSERT_NE(irp, nullptr);
  if (!io::IoSetCancelRoutine(irp, nullptr)) return;
  complete(irp, status);
}

}  // namespace drydock::test::wdf
