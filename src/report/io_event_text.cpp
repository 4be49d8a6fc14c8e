// IRPs, devnodes, power and resets of devices in words.

#include <fmt/format.h>

#include "nt/interface.h"
#include "nt/ioctl.h"
#include "nt/irp.h"
#include "nt/power.h"
#include "nt/status.h"
#include "ntos/pnp/devnode.h"
#include "ntos/pnp/devnode_table.h"
#include "ntos/pnp/platform_reset.h"
#include "report/event_text.h"

namespace drydock::report {

using namespace nt;
using machine::Event;
using machine::Thing;
using machine::TraceRecord;

namespace {

struct ControlCodeName {
  ULONG code;
  const char* name;
};
constexpr ControlCodeName kControlCodes[] = {
    {IOCTL_STORAGE_RESET_BUS, "IOCTL_STORAGE_RESET_BUS"},
    {IOCTL_STORAGE_RESET_DEVICE, "IOCTL_STORAGE_RESET_DEVICE"},
    {IOCTL_STORAGE_BREAK_RESERVATION, "IOCTL_STORAGE_BREAK_RESERVATION"},
    {IOCTL_STORAGE_CHECK_VERIFY, "IOCTL_STORAGE_CHECK_VERIFY"},
    {IOCTL_STORAGE_CHECK_VERIFY2, "IOCTL_STORAGE_CHECK_VERIFY2"},
    {IOCTL_STORAGE_GET_DEVICE_NUMBER, "IOCTL_STORAGE_GET_DEVICE_NUMBER"},
    {IOCTL_STORAGE_QUERY_PROPERTY, "IOCTL_STORAGE_QUERY_PROPERTY"},
    {IOCTL_DISK_GET_DRIVE_GEOMETRY, "IOCTL_DISK_GET_DRIVE_GEOMETRY"},
    {IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, "IOCTL_DISK_GET_DRIVE_GEOMETRY_EX"},
    {IOCTL_DISK_GET_LENGTH_INFO, "IOCTL_DISK_GET_LENGTH_INFO"},
    {IOCTL_DISK_VERIFY, "IOCTL_DISK_VERIFY"},
    {IOCTL_DISK_IS_WRITABLE, "IOCTL_DISK_IS_WRITABLE"},
    {IOCTL_SCSI_PASS_THROUGH, "IOCTL_SCSI_PASS_THROUGH"},
    {IOCTL_SCSI_PASS_THROUGH_DIRECT, "IOCTL_SCSI_PASS_THROUGH_DIRECT"},
    {IOCTL_SCSI_MINIPORT, "IOCTL_SCSI_MINIPORT"},
    {IOCTL_SCSI_GET_INQUIRY_DATA, "IOCTL_SCSI_GET_INQUIRY_DATA"},
    {IOCTL_SCSI_GET_CAPABILITIES, "IOCTL_SCSI_GET_CAPABILITIES"},
    {IOCTL_SCSI_GET_ADDRESS, "IOCTL_SCSI_GET_ADDRESS"},
    {IOCTL_SCSI_RESCAN_BUS, "IOCTL_SCSI_RESCAN_BUS"},
};

std::string control_code(std::uint64_t code) {
  for (const ControlCodeName& each : kControlCodes)
    if (each.code == code) return each.name;
  return fmt::format("IRP_MJ_DEVICE_CONTROL {:#x}", code);
}

std::string power_state(std::uint64_t type_and_state) {
  const auto state = static_cast<int>(type_and_state & 0xFF);
  if (type_and_state >> 8 == DevicePowerState) return fmt::format("D{}", state - PowerDeviceD0);
  constexpr const char* kSystem[] = {"?", "S0", "S1", "S2", "S3", "S4", "S5"};
  return state >= 0 && state < 7 ? kSystem[state] : "?";
}

std::string function_of(const Reading::Irp& irp) {
  if (irp.major == IRP_MJ_DEVICE_CONTROL) return control_code(irp.value);
  if (irp.major == IRP_MJ_SCSI) return "IRP_MJ_SCSI";
  const char* minor = irp_minor_name(irp.major, irp.minor);
  const char* major = irp_major_name(irp.major);
  std::string text = minor && (irp.major == IRP_MJ_PNP || irp.major == IRP_MJ_POWER) ? minor : major ? major : "?";
  if (irp.major == IRP_MJ_POWER && (irp.minor == IRP_MN_SET_POWER || irp.minor == IRP_MN_QUERY_POWER))
    text += " " + power_state(irp.value);
  return text;
}

/// What PnP asks about a device is noise beside what it does to it.
bool is_pnp_step(std::uint8_t minor) {
  switch (minor) {
    case IRP_MN_START_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_EJECT:
      return true;
    default:
      return false;
  }
}

Weight weight_of(const Reading::Irp& irp) {
  switch (irp.major) {
    case IRP_MJ_PNP:
      return is_pnp_step(irp.minor) ? Weight::Step : Weight::Fine;
    case IRP_MJ_POWER:
      return Weight::Step;
    case IRP_MJ_DEVICE_CONTROL:
      return irp.value == IOCTL_STORAGE_RESET_BUS || irp.value == IOCTL_STORAGE_RESET_DEVICE ? Weight::Step
                                                                                             : Weight::Fine;
    default:
      return irp.failed || irp.sent_again ? Weight::Request : Weight::Fine;
  }
}

void about(Line& line, std::uint64_t irp) {
  line.object_kind = "irp";
  line.object = line.irp = irp;
}

void write_sent(Reading& reading, const TraceRecord& record, Line& line) {
  Reading::Irp& irp = reading.irps[record.a];
  irp.major = static_cast<std::uint8_t>(record.b >> 8);
  irp.minor = static_cast<std::uint8_t>(record.b);
  irp.device = record.c;
  irp.sent_again = irp.major == IRP_MJ_SCSI && !irp.hopeless && (irp.failed || irp.sent_again);
  irp.failed = irp.hopeless = false;
  about(line, record.a);
  line.weight = weight_of(irp);
  const std::string device = reading.name_of(Thing::Device, record.c, "dev#");
  line.who = "to " + device;
  line.what = function_of(irp) + (irp.sent_again ? " again" : "");
  if (irp.major == IRP_MJ_SCSI || irp.major == IRP_MJ_READ || irp.major == IRP_MJ_WRITE)
    line.many = line.what + ", {} requests";
}

void write_completed(Reading& reading, const TraceRecord& record, Line& line) {
  Reading::Irp& irp = reading.irps[record.a];
  const auto status = static_cast<NTSTATUS>(record.b);
  irp.failed = status < 0;
  irp.hopeless = status == STATUS_NO_SUCH_DEVICE || status == STATUS_DEVICE_DOES_NOT_EXIST;
  about(line, record.a);
  line.weight = weight_of(irp);
  line.who = reading.name_of(Thing::Device, irp.device, "dev#");
  line.what = function_of(irp) + " completed";
  if (irp.major == IRP_MJ_SCSI || irp.major == IRP_MJ_READ || irp.major == IRP_MJ_WRITE)
    line.many = function_of(irp) + ", {} completed";
  line.status = status_word(record.b);
  if (!irp.failed) irp.sent_again = false;
}

/// "pvscsi (devnode#4)"
/// What happened to a devnode: an event of its table, or a problem code that came or went.
std::string devnode_text(std::uint64_t event) {
  if (!(event & ntos::pnp::kProblemChanged))
    return std::string(ntos::pnp::event_name(static_cast<ntos::pnp::DevnodeEvent>(event)));
  const auto problem = static_cast<ntos::pnp::Problem>(event & 0xFF);
  return problem == ntos::pnp::Problem::None ? "has no problem any more"
                                             : "has " + std::string(ntos::pnp::problem_name(problem));
}

std::string devnode_lane(const Reading& reading, std::uint64_t id) {
  return fmt::format("devnode#{} {}", id, reading.name_of(Thing::Devnode, id, "devnode"));
}

/// What a bus does to a device, or a step of whoever asked for it.
void write_reset(Reading& reading, const TraceRecord& record, Line& line) {
  using ntos::pnp::ResetStepKind;
  if (record.b < ntos::pnp::kResetStepsInTrace) {
    const bool function = record.b == FunctionLevelDeviceReset;
    line.who = function ? "pci" : "firmware";
    line.what =
        function ? fmt::format("resets {}", reading.name_of(Thing::Device, record.a, "dev#")) : "resets the rail";
    return;
  }
  const auto kind = static_cast<ResetStepKind>(record.b - ntos::pnp::kResetStepsInTrace);
  const std::uint64_t devnode = record.c >> 32;
  line.who = "PnP manager";
  line.what = record.a == 0 ? std::string() : fmt::format("reset #{}: ", record.a);
  line.what += ntos::pnp::step_name(kind);
  if (devnode != 0) line.what += ", " + devnode_lane(reading, devnode);
  if (static_cast<std::uint32_t>(record.c) != 0) line.status = status_word(record.c & 0xFFFFFFFF);
  if (kind == ResetStepKind::FunctionBegun || kind == ResetStepKind::Requested) line.weight = Weight::Opens;
  if (kind == ResetStepKind::FunctionEnded || kind == ResetStepKind::GivenUp || kind == ResetStepKind::Over)
    line.weight = Weight::Closes;
}

constexpr EventText kTexts[] = {
    {Event::IrpSent, Weight::Fine, write_sent},
    {Event::IrpCompleted, Weight::Fine, write_completed},
    {Event::IrpParameters, Weight::Fine,
     [](Reading& reading, const TraceRecord& record, Line& line) {
       Reading::Irp& irp = reading.irps[record.a];
       irp.value = record.c;
       irp.major = static_cast<std::uint8_t>(record.b >> 8);
       irp.minor = static_cast<std::uint8_t>(record.b);
       about(line, record.a);
       line.who = "I/O manager";
       line.what = "parameters: " + function_of(irp);
     }},
    {Event::DevnodeState, Weight::Step,
     [](Reading& reading, const TraceRecord& record, Line& line) {
       line.who = "PnP manager";
       line.what = devnode_text(record.c);
       line.lane = devnode_lane(reading, record.a);
       line.state_before = reading.devnodes[record.a];
       line.state = std::string(ntos::pnp::state_name(static_cast<ntos::pnp::DevnodeState>(record.b)));
       reading.devnodes[record.a] = line.state;
     }},
    {Event::PowerState, Weight::Step,
     [](Reading& reading, const TraceRecord& record, Line& line) {
       line.who = "PoSetPowerState";
       line.what =
           fmt::format("{} is in {}", devnode_lane(reading, record.a), power_state(DevicePowerState << 8 | record.b));
     }},
    {Event::DeviceReset, Weight::Step, write_reset},
    {Event::DeviceUnplugged, Weight::Opens,
     [](Reading&, const TraceRecord& record, Line& line) {
       line.who = "board";
       line.what =
           fmt::format("the device in slot {}:{}.{} is pulled", record.a >> 8, record.a >> 3 & 31, record.a & 7);
     }},
};

}  // namespace

std::span<const EventText> io_event_texts() {
  return kTexts;
}

}  // namespace drydock::report
