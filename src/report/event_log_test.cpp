// Entries of the event log in words.

#include "report/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nt/irp_codes.h"
#include "nt/srb_codes.h"
#include "nt/status.h"
#include "port/scsiport/error_log.h"

namespace drydock::report {
namespace {

using namespace port::scsiport;
using testing::Contains;
using testing::HasSubstr;

ntos::io::ErrorLogEvent miniports(ULONG code) {
  ntos::io::ErrorLogEvent event;
  event.source = "\\Device\\ScsiPort0";
  event.error_code = static_cast<std::uint32_t>(event_of(code));
  event.unique_value = 0x1234;
  event.final_status = STATUS_IO_DEVICE_ERROR;
  event.major = IRP_MJ_SCSI;
  event.dump_data.assign(kLogDumpWords, 0);
  event.dump_data[kLogAddress] = 0x000102;
  event.dump_data[kLogCode] = code;
  event.dump_data[kLogUniqueId] = 0x1234;
  event.dump_data[kLogStatus] = SRB_STATUS_TIMEOUT << 8;
  event.dump_data[kLogCdb] = 0x28;
  return event;
}

TEST(EventLog, AnEntryOfScsiPortLogErrorHasItsCodeAddressUniqueIdAndRequest) {
  const EventLogEntry entry = entry_of(miniports(SP_REQUEST_TIMEOUT));
  EXPECT_EQ(entry.event_id, 9u);
  EXPECT_EQ(entry.severity, "error");
  EXPECT_EQ(entry.text, "SP_REQUEST_TIMEOUT (7): a request did not end in time");
  EXPECT_THAT(entry.details, Contains("device 0:1:2, unique id 0x1234"));
  EXPECT_THAT(entry.details, Contains(HasSubstr("READ 0:1:2, CDB 28 00")));
  EXPECT_THAT(entry.details, Contains(HasSubstr("SrbStatus TIMEOUT")));
  EXPECT_THAT(entry.details, Contains(HasSubstr("IO_ERR_TIMEOUT, final status STATUS_IO_DEVICE_ERROR")));
  EXPECT_THAT(entry.details, Contains(HasSubstr("dump data: ")));
}

TEST(EventLog, EveryCodeOfSrbHHasItsName) {
  for (ULONG code = SP_BUS_PARITY_ERROR; code <= SP_LOST_WMI_MINIPORT_REQUEST; ++code)
    EXPECT_TRUE(entry_of(miniports(code)).text.starts_with("SP_")) << code;
  EXPECT_THAT(entry_of(miniports(99)).text, HasSubstr("99, which srb.h does not define"));
}

TEST(EventLog, AnEntryOfADriversOwnKeepsItsStringsAndData) {
  ntos::io::ErrorLogEvent event;
  event.source = "\\Driver\\mine";
  event.error_code = 0x60AA0007;
  event.strings = {u"bay 4"};
  event.dump_data = {0xCAFE, 1};
  const EventLogEntry entry = entry_of(event);
  EXPECT_EQ(entry.event_id, 7u);
  EXPECT_EQ(entry.severity, "information");
  EXPECT_THAT(entry.details, Contains("text: bay 4"));
  EXPECT_THAT(entry.details, Contains("dump data: 0000cafe 00000001"));
}

}  // namespace
}  // namespace drydock::report
