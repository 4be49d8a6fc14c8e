#pragma once
// What a miniport may not do: every check by its name, its rule and what Windows does about it (bug check 0xF1).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nt/base.h"

namespace drydock::machine {
struct TrapFrame;
}

namespace drydock::port::scsiport {
using namespace nt;

struct Adapter;
struct RequestHistory;

enum class Check : std::uint8_t {
  InitBadArguments,
  StallTooLong,
  StallOverMillisecond,
  CallbackTooSlow,
  CallbackTooSlowAtStart,
  RequestCompletedTwice,
  RequestCompletedAfterSweep,
  RequestNotOurs,
  BadSrbStatus,
  DoubtfulSrbStatus,
  NextLuWhileUntagged,
  BadVirtualAddress,
  RequestsLeftAfterReset,
  ResetReturnedEarly,
  NoNextRequestAfterReset,
  ResetWrongStatus,
  ResetFailed,
  ResetFailedUnlogged,
  ResetHitOtherBus,
  ResetLoop,
  ResetNotReported,
  NextRequestForgotten,
  RequestLost,
  TouchAfterComplete,
  DataBufferTouched,
  DmaAfterComplete,
  LogErrorAfterComplete,
  CalledFromWrongRoutine,
  WrongIrql,
  UncachedExtensionTwice,
  ConfigChangedAfterUncached,
  UnassignedRange,
  MappingLeft,
  SrbFieldChanged,
  LengthGrew,
  StartIoReturnedFalse,
  BadNotification,
  InterruptsLeftOff,
  InterruptCallbackFailed,
  InterruptNotCleared,
  ClaimedForeignInterrupt,
  ActiveAfterStop,
  ControlListOverrun,
  ForeignImport,
  UnknownLogCode,
  StopFailed,
  NoBuses,
  MultipleRequestsWithoutAutosense,
  InterruptNotAccepted,
  InitializeFailedUnlogged,
  InterruptOver50Microseconds,
  AgainWithoutEnd,
  EntryStatusNotReturned,
  RangeNotValidated,
  WmiEventDropped,
  ErrorNotLogged,
  LogCodeDoesNotFit,
  PhysicalAddressNotAskedFor,
  CallbackDoesNotReturn,
  Count
};

enum class Level : std::uint8_t {
  Stop,         ///< ends the run, mostly as Windows' SCSI verification would; without verification a finding
  Finding,      ///< no stop in Windows
  Warning,      ///< does not change the verdict
  Information,  ///< in the verbose trace only
};

struct CheckInfo {
  Check check;
  const char* name;
  const char* rule;
  Level level;
  std::uint16_t stop;  ///< first parameter of bug check 0xF1; 0 for none
};

inline constexpr std::uint32_t kScsiVerifierDetectedViolation = 0xF1;

// clang-format off
inline constexpr CheckInfo kChecks[] = {
    {Check::InitBadArguments,           "ScsiInitBadArguments",           "SP-338", Level::Stop,        0x1000},
    {Check::StallTooLong,               "ScsiStallTooLong",               "SP-339", Level::Stop,        0x1001},
    {Check::StallOverMillisecond,       "ScsiStallOverMillisecond",       "SP-339", Level::Warning,     0},
    {Check::CallbackTooSlow,            "ScsiCallbackTooSlow",            "SP-340", Level::Stop,        0x1002},
    {Check::CallbackTooSlowAtStart,     "ScsiCallbackTooSlow",            "SP-340", Level::Warning,     0x1002},
    {Check::RequestCompletedTwice,      "ScsiRequestCompletedTwice",      "SP-341", Level::Stop,        0x1003},
    {Check::RequestCompletedAfterSweep, "ScsiRequestCompletedAfterSweep", "SP-342", Level::Stop,        0x1003},
    {Check::RequestNotOurs,             "ScsiRequestNotOurs",             "SP-343", Level::Finding,     0},
    {Check::BadSrbStatus,               "ScsiBadSrbStatus",               "SP-344", Level::Stop,        0x1004},
    {Check::DoubtfulSrbStatus,          "ScsiBadSrbStatus",               "SP-344", Level::Finding,     0},
    {Check::NextLuWhileUntagged,        "ScsiNextLuWhileUntagged",        "SP-345", Level::Warning,     0x1005},
    {Check::BadVirtualAddress,          "ScsiBadVirtualAddress",          "SP-346", Level::Stop,        0x1006},
    {Check::RequestsLeftAfterReset,     "ScsiRequestsLeftAfterReset",     "SP-347", Level::Stop,        0x1007},
    {Check::ResetReturnedEarly,         "ScsiResetReturnedEarly",         "SP-348", Level::Information, 0},
    {Check::NoNextRequestAfterReset,    "ScsiNoNextRequestAfterReset",    "SP-349", Level::Finding,     0},
    {Check::ResetWrongStatus,           "ScsiResetWrongStatus",           "SP-350", Level::Finding,     0},
    {Check::ResetFailed,                "ScsiResetFailed",                "SP-351", Level::Warning,     0},
    {Check::ResetFailedUnlogged,        "ScsiResetFailed",                "SP-351", Level::Finding,     0},
    {Check::ResetHitOtherBus,           "ScsiResetHitOtherBus",           "SP-352", Level::Information, 0},
    {Check::ResetLoop,                  "ScsiResetLoop",                  "SP-353", Level::Stop,        0},
    {Check::ResetNotReported,           "ScsiResetNotReported",           "SP-354", Level::Finding,     0},
    {Check::NextRequestForgotten,       "ScsiNextRequestForgotten",       "SP-355", Level::Finding,     0},
    {Check::RequestLost,                "ScsiRequestLost",                "SP-356", Level::Finding,     0},
    {Check::TouchAfterComplete,         "ScsiTouchAfterComplete",         "SP-357", Level::Finding,     0},
    {Check::DataBufferTouched,          "ScsiDataBufferTouched",          "SP-358", Level::Finding,     0},
    {Check::DmaAfterComplete,           "ScsiDmaAfterComplete",           "SP-359", Level::Finding,     0},
    {Check::LogErrorAfterComplete,      "ScsiLogErrorAfterComplete",      "SP-360", Level::Finding,     0},
    {Check::CalledFromWrongRoutine,     "ScsiCalledFromWrongRoutine",     "SP-361", Level::Finding,     0},
    {Check::WrongIrql,                  "ScsiWrongIrql",                  "SP-362", Level::Finding,     0},
    {Check::UncachedExtensionTwice,     "ScsiUncachedExtensionTwice",     "SP-363", Level::Finding,     0},
    {Check::ConfigChangedAfterUncached, "ScsiConfigChangedAfterUncached", "SP-363", Level::Finding,     0},
    {Check::UnassignedRange,            "ScsiUnassignedRange",            "SP-364", Level::Finding,     0},
    {Check::MappingLeft,                "ScsiMappingLeft",                "SP-365", Level::Warning,     0},
    {Check::SrbFieldChanged,            "ScsiSrbFieldChanged",            "SP-366", Level::Finding,     0},
    {Check::LengthGrew,                 "ScsiLengthGrew",                 "SP-367", Level::Finding,     0},
    {Check::StartIoReturnedFalse,       "ScsiStartIoReturnedFalse",       "SP-368", Level::Finding,     0},
    {Check::BadNotification,            "ScsiBadNotification",            "SP-369", Level::Finding,     0},
    {Check::InterruptsLeftOff,          "ScsiInterruptsLeftOff",          "SP-370", Level::Finding,     0},
    {Check::InterruptCallbackFailed,    "ScsiInterruptCallbackFailed",    "SP-142", Level::Warning,     0},
    {Check::InterruptNotCleared,        "ScsiInterruptNotCleared",        "SP-371", Level::Finding,     0},
    {Check::ClaimedForeignInterrupt,    "ScsiClaimedForeignInterrupt",    "SP-372", Level::Information, 0},
    {Check::ActiveAfterStop,            "ScsiActiveAfterStop",            "SP-373", Level::Finding,     0},
    {Check::ControlListOverrun,         "ScsiControlListOverrun",         "SP-374", Level::Finding,     0},
    {Check::ForeignImport,              "ScsiForeignImport",              "SP-375", Level::Information, 0},
    {Check::UnknownLogCode,             "ScsiUnknownLogCode",             "SP-287", Level::Warning,     0},
    {Check::StopFailed,                 "ScsiStopFailed",                 "SP-275", Level::Warning,     0},
    {Check::NoBuses,                    "ScsiNoBuses",                    "SP-033", Level::Warning,     0},
    {Check::MultipleRequestsWithoutAutosense, "ScsiMultipleRequestsWithoutAutosense", "SP-038", Level::Warning, 0},
    {Check::InterruptNotAccepted,       "ScsiInterruptNotAccepted",       "SP-032", Level::Finding,     0},
    {Check::InitializeFailedUnlogged,   "ScsiInitializeFailedUnlogged",   "SP-043", Level::Warning,     0},
    {Check::InterruptOver50Microseconds, "ScsiInterruptOver50Microseconds", "SP-116", Level::Information, 0},
    {Check::AgainWithoutEnd,            "ScsiAgainWithoutEnd",            "SP-035", Level::Finding,     0},
    {Check::EntryStatusNotReturned,     "ScsiEntryStatusNotReturned",     "SP-010", Level::Finding,     0},
    {Check::RangeNotValidated,          "ScsiRangeNotValidated",          "SP-030", Level::Warning,     0},
    {Check::WmiEventDropped,            "ScsiWmiEventDropped",            "SP-143", Level::Warning,     0},
    {Check::ErrorNotLogged,             "ScsiErrorNotLogged",             "SP-283", Level::Information, 0},
    {Check::LogCodeDoesNotFit,          "ScsiLogCodeDoesNotFit",          "SP-285", Level::Information, 0},
    {Check::PhysicalAddressNotAskedFor, "ScsiPhysicalAddressNotAskedFor", "SP-308", Level::Information, 0},
    {Check::CallbackDoesNotReturn,      "ScsiCallbackDoesNotReturn",      "SP-268", Level::Stop,        0x1002},
};
// clang-format on

namespace detail {
constexpr bool each_check_in_its_place() {
  for (unsigned i = 0; i < static_cast<unsigned>(Check::Count); ++i)
    if (static_cast<unsigned>(kChecks[i].check) != i) return false;
  return std::size(kChecks) == static_cast<std::size_t>(Check::Count);
}
}  // namespace detail
static_assert(detail::each_check_in_its_place());

constexpr const CheckInfo& info_of(Check check) {
  return kChecks[static_cast<unsigned>(check)];
}

/// What Windows' stop shows besides its first parameter, as each check's own line in section 14 says.
struct StopParameters {
  std::uint64_t second = 0, third = 0, fourth = 0;
};

/// The miniport broke a rule: raised now, with the history of `request` if there is one. Returns unless it is a stop
/// and verification is on. `trap`: where the driver faulted, if that is how it was noticed. Any IRQL.
void violation(Adapter* adapter, Check check, std::string summary, StopParameters parameters = {},
               const RequestHistory* request = nullptr, std::vector<std::string> details = {},
               const machine::TrapFrame* trap = nullptr);

/// SP-362: `routine` was called at an IRQL of at most `highest`, or it is a violation.
void check_irql(Adapter& adapter, const char* routine, KIRQL highest);

}  // namespace drydock::port::scsiport
