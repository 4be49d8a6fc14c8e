#pragma once
// What a framework driver may not do (contract, section 22): every mistake by its name and rule.

#include <string>
#include <vector>

#include "machine/machine.h"
#include "wdf/kernel.h"

namespace drydock::wdf {

/// Parameter 1 of WDF_VIOLATION (wdfbugcodes.h).
enum class Violation : std::uint32_t {
  PowerRoutineTimedOut = 0x1,
  RecursiveLock = 0x2,
  CompletedWithOutstandingReferences = 0x3,
  NullPointer = 0x4,
  InvalidHandle = 0x5,
  RequestFatalError = 0x6,
  ObjectError = 0x7,
  DmaFatalError = 0x8,
  InvalidLockOperation = 0xB,
  PnpFatalError = 0xC,
  PowerMultiplePowerPolicyOwners = 0xD,
  VerifierIrqlMismatch = 0xE,
  VerifierCriticalRegionMismatch = 0xF,
  ApiUnavailable = 0x10,
};

/// Ends the run with bug check 0x10D; on behalf of a user-mode driver its host process instead (WDF-424). `name` is the mistake's name in the contract.
[[noreturn]] void stop(Violation violation, const char* name, std::string summary, std::uint64_t p2 = 0,
                       std::uint64_t p3 = 0, std::uint64_t p4 = 0);
/// A finding; the run goes on as retail Windows would. `rule` as "WDF-463".
void record(const char* rule, const char* name, std::string summary, std::vector<std::string> details = {});
/// One that ends the run and has no code of Windows'.
[[noreturn]] void halt(const char* rule, const char* name, std::string summary);
/// One that does not change the verdict.
void warn(const char* rule, const char* name, std::string summary);

}  // namespace drydock::wdf
