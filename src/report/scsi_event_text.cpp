// SCSI requests, what port and miniport say to each other, and bus resets in words.

#include <fmt/format.h>

#include "nt/scsi.h"
#include "nt/srb.h"
#include "port/scsiport/request.h"
#include "port/scsiport/reset_table.h"
#include "report/event_text.h"

namespace drydock::report {

using namespace nt;
using machine::Event;
using machine::TraceRecord;
using port::scsiport::Routine;

namespace {

std::string address_text(std::uint64_t bits) {
  return fmt::format("{}:{}:{}", bits >> 16 & 0xFF, bits >> 8 & 0xFF, bits & 0xFF);
}

std::string bytes_text(std::uint64_t bytes) {
  return bytes % 1024 == 0 ? fmt::format("{} KiB", bytes / 1024) : fmt::format("{} bytes", bytes);
}

/// "WRITE 0:1:0, block 96, 4 KiB"
std::string request_text(const Reading::Srb& srb, std::uint64_t function, std::uint64_t address) {
  if (function != SRB_FUNCTION_EXECUTE_SCSI) {
    const char* name = srb_function_name(static_cast<UCHAR>(function));
    return fmt::format("{} {}", name ? name : "?", address_text(address));
  }
  const auto operation = static_cast<UCHAR>(srb.contents >> 56);
  const char* name = scsi_operation_name(operation);
  std::string text =
      fmt::format("{} {}", name ? name : fmt::format("operation {:#x}", operation), address_text(address));
  const std::uint64_t bytes = srb.contents >> 32 & 0xFFFFFF, block = srb.contents & 0xFFFFFFFF;
  if (operation == SCSIOP_READ || operation == SCSIOP_WRITE) text += fmt::format(", block {}", block);
  if (bytes != 0) text += ", " + bytes_text(bytes);
  return text;
}

std::string srb_status(std::uint64_t both) {
  const auto status = static_cast<UCHAR>(both >> 8);
  const char* name = srb_status_name(status);
  std::string text = name ? fmt::format("SRB_STATUS_{}", name) : fmt::format("SrbStatus {:#x}", status);
  if (const auto scsi = static_cast<UCHAR>(both); scsi == SCSISTAT_CHECK_CONDITION)
    text += ", CHECK CONDITION";
  else if (scsi != SCSISTAT_GOOD)
    text += fmt::format(", ScsiStatus {:#x}", scsi);
  if (status & SRB_STATUS_QUEUE_FROZEN) text += ", frozen";
  return text;
}

void about(const Reading& reading, Line& line, std::uint64_t number) {
  line.object_kind = "srb";
  line.object = number;
  if (const auto srb = reading.srbs.find(number); srb != reading.srbs.end()) line.irp = srb->second.irp;
}

std::string text_of(const Reading& reading, std::uint64_t number) {
  const auto srb = reading.srbs.find(number);
  return srb == reading.srbs.end() ? fmt::format("srb#{}", number) : srb->second.text;
}

Routine routine_of(std::uint64_t id) {
  return static_cast<Routine>(id & 0xFF);
}

void write_call(Reading& reading, const TraceRecord& record, Line& line) {
  const Routine routine = routine_of(record.a);
  reading.calls[record.processor].push_back({routine, record.a >> 8});
  line.who = reading.adapter_name(record.a >> 8);
  line.what = port::scsiport::routine_name(routine);
  switch (routine) {
    case Routine::StartIo:
      about(reading, line, record.b);
      line.weight = Weight::Request;
      line.what += ": " + text_of(reading, record.b);
      line.many = "HwScsiStartIo: {} requests";
      break;
    case Routine::ResetBus:
      line.what += fmt::format(", bus {}", record.b);
      break;
    case Routine::Interrupt:
    case Routine::Timer:
    case Routine::EnableInterrupts:
    case Routine::DisableInterrupts:
      line.weight = Weight::Fine;
      break;
    case Routine::AdapterControl: {
      constexpr const char* kTypes[] = {"ScsiQuerySupportedControlTypes", "ScsiStopAdapter", "ScsiRestartAdapter",
                                        "ScsiSetBootConfig", "ScsiSetRunningConfig"};
      line.what += record.b < std::size(kTypes) ? fmt::format(", {}", kTypes[record.b]) : fmt::format(", {}", record.b);
      break;
    }
    default:
      break;
  }
}

void write_return(Reading& reading, const TraceRecord& record, Line& line) {
  const Routine routine = routine_of(record.a);
  auto& calls = reading.calls[record.processor];
  if (!calls.empty()) calls.pop_back();
  line.who = reading.adapter_name(record.a >> 8);
  line.what = fmt::format("{} returns", port::scsiport::routine_name(routine));
  switch (routine) {
    case Routine::FindAdapter:
      line.status = record.b == SP_RETURN_FOUND       ? "SP_RETURN_FOUND"
                    : record.b == SP_RETURN_NOT_FOUND ? "SP_RETURN_NOT_FOUND"
                                                      : fmt::format("{}", record.b);
      break;
    case Routine::AdapterControl:
      line.status = record.b == ScsiAdapterControlSuccess ? "Success" : "Unsuccessful";
      break;
    case Routine::StartIo:
    case Routine::Interrupt:
    case Routine::Initialize:
    case Routine::ResetBus:
      line.status = record.b ? "TRUE" : "FALSE";
      if (routine == Routine::Interrupt || (routine == Routine::StartIo && record.b)) line.weight = Weight::Fine;
      break;
    default:
      line.weight = Weight::Fine;
      break;
  }
}

void write_notification(Reading& reading, const TraceRecord& record, Line& line) {
  constexpr std::uint64_t kCompleteRequest = 0x100;  // ScsiPortCompleteRequest, which is no notification
  const auto& calls = reading.calls[record.processor];
  line.who = calls.empty() ? "miniport" : reading.adapter_name(calls.back().adapter);
  const bool resetting = !calls.empty() && calls.back().routine == Routine::ResetBus;
  if (record.a == kCompleteRequest) {
    auto part = [](std::uint64_t number) { return number == SP_UNTAGGED ? std::string("*") : std::to_string(number); };
    line.weight = Weight::Step;
    line.what = fmt::format("ScsiPortCompleteRequest {}:{}:{}", part(record.b >> 24 & 0xFF),
                            part(record.b >> 16 & 0xFF), part(record.b >> 8 & 0xFF));
    line.status = srb_status((record.b & 0xFF) << 8);
    return;
  }
  const auto type = static_cast<SCSI_NOTIFICATION_TYPE>(record.a);
  const char* name = scsi_notification_name(type);
  line.what = name ? name : fmt::format("notification {}", record.a);
  switch (type) {
    case RequestComplete:
      about(reading, line, record.b);  // SrbGivenBack says it with the status
      break;
    case ResetDetected:
    case BusChangeDetected:
      line.weight = Weight::Step;
      break;
    case NextRequest:
      if (resetting) line.weight = Weight::Step;
      break;
    case NextLuRequest:
      line.what += " " + address_text(record.b);
      break;
    case RequestTimerCall:
      line.what += fmt::format(" in {} us", record.b);
      break;
    default:
      break;
  }
}

constexpr EventText kTexts[] = {
    {Event::SrbContents, Weight::Fine,
     [](Reading& reading, const TraceRecord& record, Line& line) {
       Reading::Srb& srb = reading.srbs[record.a];
       srb = {.irp = record.b, .text = {}, .contents = record.c};
       about(reading, line, record.a);
       line.who = "scsiport";
       line.what = record.b ? fmt::format("takes it from irp#{}", record.b) : std::string("a request of its own");
     }},
    {Event::SrbStarted, Weight::Fine,
     [](Reading& reading, const TraceRecord& record, Line& line) {
       Reading::Srb& srb = reading.srbs[record.a];
       srb.text = request_text(srb, record.b, record.c);
       about(reading, line, record.a);
       line.who = "scsiport";
       line.what = "starts " + srb.text;
     }},
    {Event::SrbGivenBack, Weight::Request,
     [](Reading& reading, const TraceRecord& record, Line& line) {
       about(reading, line, record.a);
       line.who = reading.adapter_name(record.c >> 8);
       line.what = "gives back " + text_of(reading, record.a);
       line.many = "gives back {} requests";
       line.status = srb_status(record.b);
     }},
    {Event::SrbCompleted, Weight::Fine,
     [](Reading& reading, const TraceRecord& record, Line& line) {
       about(reading, line, record.a);
       line.who = "scsiport";
       line.what = "takes back " + text_of(reading, record.a);
       line.status = srb_status(record.b);
     }},
    {Event::MiniportCall, Weight::Step, write_call},
    {Event::MiniportReturn, Weight::Step, write_return},
    {Event::Notification, Weight::Fine, write_notification},
    {Event::AdapterState, Weight::Step,
     [](Reading&, const TraceRecord& record, Line& line) {
       using port::scsiport::ResetState;
       const auto before = static_cast<ResetState>(record.b >> 8), after = static_cast<ResetState>(record.b & 0xFF);
       line.who = "scsiport";
       line.what = port::scsiport::event_name(static_cast<port::scsiport::ResetEvent>(record.c));
       line.lane = fmt::format("adapter {}", record.a);
       line.state_before = port::scsiport::state_name(before);
       line.state = port::scsiport::state_name(after);
       if (before == ResetState::Running && (after == ResetState::Resetting || after == ResetState::HoldOff))
         line.weight = Weight::Opens;
       else if (before == ResetState::HoldOff || before == ResetState::Resetting)
         if (after != ResetState::HoldOff && after != ResetState::Resetting) line.weight = Weight::Closes;
     }},
};

}  // namespace

std::span<const EventText> scsi_event_texts() {
  return kTexts;
}

}  // namespace drydock::report
