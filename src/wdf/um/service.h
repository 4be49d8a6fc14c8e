#pragma once
// What user-mode drivers may call, and what is looked at before it is done for them.

#include <cstdint>
#include <string_view>

#include "machine/guest_call.h"
#include "nt/exception.h"

namespace drydock::image {
class ExportIndex;
}

namespace drydock::wdf::um {

class HostProcess;

/// Fills in what the call, with these registers, raises (exceptions.h). Throws Misuse as ArgumentCheck does.
using RaisedRecord = void (*)(const HostProcess& process, const machine::TrapFrame& registers,
                              nt::EXCEPTION_RECORD& record);

/// `words` are the arguments as the driver passed them. Throws Misuse for a pointer that the driver could not use itself.
using ArgumentCheck = void (*)(const HostProcess& process, const std::uint64_t* words);

struct Service {
  const char* name = "";
  void* entry = nullptr;     ///< NTAPI function of ours; null: it is not there
  const char* why = "";      ///< then
  ArgumentCheck check = nullptr;
  unsigned words = 4;        ///< arguments, at least four
  RaisedRecord raise = nullptr;  ///< it never returns
};

/// A function of the user-mode framework by its name; one without entry and without `why` if drivers have no such function.
Service find_service(const image::ExportIndex& exports, std::string_view name);

/// A system call of user-mode code, as ntdll.dll exports it; one without entry if there is none of the name.
Service system_service(std::string_view name);

/// [address, address + bytes) must be the driver's; null passes.
void require_range(const HostProcess& process, std::uint64_t address, std::size_t bytes, bool write, const char* what);

}  // namespace drydock::wdf::um
