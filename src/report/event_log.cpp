#include "report/event_log.h"

#include <span>

#include <fmt/format.h>

#include "nt/irp_codes.h"
#include "nt/scsi.h"
#include "nt/srb_codes.h"
#include "port/scsiport/error_log.h"
#include "port/scsiport/reset.h"
#include "report/event_text.h"
#include "report/table.h"

namespace drydock::report {

using namespace nt;
using namespace port::scsiport;
using ntos::io::ErrorLogEvent;

namespace {

struct Code {
  std::uint32_t number;
  const char* name;
  const char* text;
};

/// What ScsiPortLogError may be given (srb.h).
constexpr Code kLogCodes[] = {
    {SP_BUS_PARITY_ERROR, "SP_BUS_PARITY_ERROR", "a parity error on the bus"},
    {SP_UNEXPECTED_DISCONNECT, "SP_UNEXPECTED_DISCONNECT", "a target left the bus unexpectedly"},
    {SP_INVALID_RESELECTION, "SP_INVALID_RESELECTION", "a target reselected without a request to go on with"},
    {SP_BUS_TIME_OUT, "SP_BUS_TIME_OUT", "the bus did not answer in time"},
    {SP_PROTOCOL_ERROR, "SP_PROTOCOL_ERROR", "a target broke the protocol of the bus"},
    {SP_INTERNAL_ADAPTER_ERROR, "SP_INTERNAL_ADAPTER_ERROR", "an error inside the adapter"},
    {SP_REQUEST_TIMEOUT, "SP_REQUEST_TIMEOUT", "a request did not end in time"},
    {SP_IRQ_NOT_RESPONDING, "SP_IRQ_NOT_RESPONDING", "the adapter's interrupt does not come"},
    {SP_BAD_FW_WARNING, "SP_BAD_FW_WARNING", "the firmware is old, but will do"},
    {SP_BAD_FW_ERROR, "SP_BAD_FW_ERROR", "the firmware cannot be used"},
    {SP_LOST_WMI_MINIPORT_REQUEST, "SP_LOST_WMI_MINIPORT_REQUEST", "a WMI request of the miniport was lost"},
};

/// Status codes of entries (ntiologc.h).
constexpr Code kEntryCodes[] = {
    {0x80040022, "IO_RECOVERED_VIA_ECC", "data was recovered by its check code"},
    {0x80040081, "IO_WARNING_RESET", "a reset was issued"},
    {0xC0040001, "IO_ERR_RETRY_SUCCEEDED", "a retry succeeded"},
    {0xC0040002, "IO_ERR_INSUFFICIENT_RESOURCES", "resources ran out"},
    {0xC0040003, "IO_ERR_CONFIGURATION_ERROR", "the configuration is wrong"},
    {0xC0040004, "IO_ERR_DRIVER_ERROR", "the driver found an error of its own"},
    {0xC0040005, "IO_ERR_PARITY", "a parity error"},
    {0xC0040006, "IO_ERR_SEEK_ERROR", "a seek failed"},
    {0xC0040007, "IO_ERR_BAD_BLOCK", "a block is bad"},
    {0xC0040008, "IO_ERR_OVERRUN_ERROR", "an overrun"},
    {0xC0040009, "IO_ERR_TIMEOUT", "no answer in time"},
    {0xC004000A, "IO_ERR_SEQUENCE", "something came out of its order"},
    {0xC004000B, "IO_ERR_CONTROLLER_ERROR", "the adapter reports an error"},
    {0xC004000F, "IO_ERR_NOT_READY", "the device is not ready"},
    {0xC0040010, "IO_ERR_INVALID_REQUEST", "a request was invalid"},
    {0xC0040011, "IO_ERR_VERSION", "a version does not fit"},
};

template <std::size_t N>
const Code* find(const Code (&codes)[N], std::uint32_t number) {
  for (const Code& code : codes)
    if (code.number == number) return &code;
  return nullptr;
}

constexpr const char* kSeverities[] = {"success", "information", "warning", "error"};

std::string hex_words(std::span<const std::uint32_t> words) {
  std::string text;
  for (std::uint32_t word : words) text += fmt::format("{}{:08x}", text.empty() ? "" : " ", word);
  return text;
}

std::string bytes_of(std::span<const std::uint32_t> words) {
  std::string text;
  for (std::uint32_t word : words)
    for (unsigned byte = 0; byte < 4; ++byte)
      text += fmt::format("{}{:02x}", text.empty() ? "" : " ", word >> 8 * byte & 0xFF);
  return text;
}

/// Whether the SCSI port driver laid the dump data out (port/scsiport/error_log.h).
bool is_of_the_port(const ErrorLogEvent& event) {
  return event.major == IRP_MJ_SCSI && event.dump_data.size() == kLogDumpWords &&
         event.source.starts_with("\\Device\\ScsiPort");
}

void describe_port_entry(const ErrorLogEvent& event, EventLogEntry& entry) {
  const std::vector<std::uint32_t>& dump = event.dump_data;
  const std::uint32_t address = dump[kLogAddress], code = dump[kLogCode];
  const std::string unit = fmt::format("{}:{}:{}", address >> 16 & 0xFF, address >> 8 & 0xFF, address & 0xFF);
  const std::span<const std::uint32_t> cdb = std::span(dump).subspan(kLogCdb, 4);
  const auto operation = static_cast<UCHAR>(cdb[0]);
  std::string request;
  if (operation != 0 || dump[kLogStatus] != 0) {
    const char* name = scsi_operation_name(operation);
    request = fmt::format("{} {}, CDB {}", name ? name : "request", unit, bytes_of(cdb));
  }
  if (event.error_code == static_cast<std::uint32_t>(kEventReset)) {
    entry.text = fmt::format("bus {} of \\Device\\ScsiPort{} was reset: {}", address >> 16 & 0xFF, dump[kLogPort],
                             cause_name(static_cast<ResetCause>(code)));
    if (event.unique_value != 0)
      entry.details.push_back(fmt::format("request: srb#{} {}", event.unique_value, request));
    return;
  }
  const Code* known = find(kLogCodes, code);
  entry.text = known ? fmt::format("{} ({}): {}", known->name, code, known->text)
                     : fmt::format("error code {}, which srb.h does not define", code);
  entry.details.push_back(fmt::format("device {}, unique id {:#x}", unit, dump[kLogUniqueId]));
  if (!request.empty()) {
    const char* status = srb_status_name(static_cast<UCHAR>(dump[kLogStatus] >> 8));
    entry.details.push_back(fmt::format("request: {}, SrbStatus {}, ScsiStatus {:#x}", request, status ? status : "?",
                                        dump[kLogStatus] & 0xFF));
  }
}

std::string plain(const std::u16string& text) {
  std::string narrow;
  for (char16_t c : text) narrow += c >= 0x20 && c < 0x7F ? static_cast<char>(c) : '?';
  return narrow;
}

}  // namespace

EventLogEntry entry_of(const ErrorLogEvent& event) {
  EventLogEntry entry;
  entry.event_id = event.error_code & 0xFFFF;
  entry.severity = kSeverities[event.error_code >> 30];
  entry.source = event.source;
  const Code* known = find(kEntryCodes, event.error_code);
  if (is_of_the_port(event)) {
    describe_port_entry(event, entry);
  } else {
    entry.text = known ? known->text : "a code of the driver's own";
    if (event.unique_value != 0) entry.details.push_back(fmt::format("unique id {:#x}", event.unique_value));
  }
  entry.details.insert(entry.details.begin(), fmt::format("code 0x{:08X}{}{}, final status {}", event.error_code,
                                                          known ? " " : "", known ? known->name : "",
                                                          status_word(static_cast<std::uint32_t>(event.final_status))));
  for (const std::u16string& each : event.strings) entry.details.push_back("text: " + plain(each));
  if (!event.dump_data.empty()) entry.details.push_back("dump data: " + hex_words(event.dump_data));
  return entry;
}

std::string event_log_text(const std::vector<ErrorLogEvent>& events, const Look& look) {
  if (events.empty()) return "event log: empty\n\n";
  std::string text = look.paint(Tone::Strong, fmt::format("event log: {} {}", events.size(),
                                                          events.size() == 1 ? "entry" : "entries")) +
                     "\n";
  for (const ErrorLogEvent& event : events) {
    const EventLogEntry entry = entry_of(event);
    const Tone tone = entry.severity == "error" ? Tone::Bad : entry.severity == "warning" ? Tone::Warn : Tone::Plain;
    text += fmt::format("\n  {:<12} {}  event {}  {}\n", short_time(event.at), look.paint(tone, entry.severity),
                        entry.event_id, entry.source);
    text += fmt::format("    {}\n", look.paint(Tone::Strong, entry.text));
    for (const std::string& each : entry.details)
      for (const std::string& line : wrap(each, look.columns - 4)) text += "    " + line + "\n";
  }
  return text + "\n";
}

}  // namespace drydock::report
