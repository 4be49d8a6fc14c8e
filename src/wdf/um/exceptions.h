#pragma once
// Structured exceptions of user-mode drivers: what ntdll.dll does with them, done from here, since all that it needs is
// in the window. Filters and termination handlers are the driver's, and run in its process.

#include <string_view>

#include "machine/guest_call.h"
#include "nt/exception.h"

namespace drydock::wdf::um {

using namespace nt;

class HostProcess;
struct Service;

/// An exception of the driver's, `registers` as they are at a fault or right after the call that raised it. Offers it to
/// the handlers of the frames outwards, as far as the driver was called from here.
/// True: one took it; the driver goes on at `registers`. False: nobody did, or the process has ended meanwhile.
bool dispatch_exception(HostProcess& process, machine::TrapFrame& registers, EXCEPTION_RECORD record);

/// A fault's record; ExceptionCode 0 if it is none that drivers handle. `trap`: the processor's number.
EXCEPTION_RECORD record_of_fault(unsigned trap, std::uint64_t error_code, std::uint64_t address);

/// RtlRaiseStatus, RtlRaiseException and __C_specific_handler; one without entry for any other name.
Service exception_service(std::string_view name);

}  // namespace drydock::wdf::um
