// WDFSTRING: a counted string in the framework's keeping.

#include <cstring>

#include "wdf/create.h"
#include "wdf/driver.h"
#include "wdf/driver_memory.h"
#include "wdf/functions.h"
#include "wdf/string.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::exactly;

String::~String() {
  if (text_.Buffer) free_for_driver(client(), text_.Buffer);
}

NTSTATUS String::assign(const UNICODE_STRING& text) {
  PWCHAR buffer = nullptr;
  if (text.Length) {
    // Readers that look for a zero find one.
    buffer = static_cast<PWCHAR>(allocate_for_driver(client(), NonPagedPool, text.Length + sizeof(WCHAR), client().tag));
    if (!buffer) return STATUS_INSUFFICIENT_RESOURCES;
    std::memcpy(buffer, text.Buffer, text.Length);
    buffer[text.Length / sizeof(WCHAR)] = 0;
  }
  if (text_.Buffer) free_for_driver(client(), text_.Buffer);
  text_ = {text.Length, static_cast<USHORT>(buffer ? text.Length + sizeof(WCHAR) : 0), buffer};
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI WdfStringCreate(WDF_DRIVER_GLOBALS* DriverGlobals, PCUNICODE_STRING UnicodeString,
                               WDF_OBJECT_ATTRIBUTES* StringAttributes, WDFSTRING* Handle) {
  Client& client = framework().client(DriverGlobals);
  require_pointer(Handle, "WdfStringCreate's String");
  *Handle = nullptr;
  if (const NTSTATUS status = check_attributes(StringAttributes); !NT_SUCCESS(status)) return status;
  auto string = std::make_unique<String>(client);
  if (UnicodeString)
    if (const NTSTATUS status = string->assign(*UnicodeString); !NT_SUCCESS(status)) return status;
  return commit_new(std::move(string), StringAttributes, Handle);
}

/// The buffer stays the object's: it goes with it.
VOID NTAPI WdfStringGetUnicodeString(WDF_DRIVER_GLOBALS*, WDFSTRING Handle, PUNICODE_STRING UnicodeString) {
  require_pointer(UnicodeString, "WdfStringGetUnicodeString's UnicodeString");
  *UnicodeString = object_as<String>(Handle).text();
}

// clang-format off
const image::ExportFamily kStringApi{kFrameworkModule, {
    // name                       entry                      caller's IRQL
    {"WdfStringCreate",           WdfStringCreate,           exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfStringGetUnicodeString", WdfStringGetUnicodeString, exactly(PASSIVE_LEVEL)},
}, "wdf/string"};
// clang-format on

}  // namespace drydock::wdf
