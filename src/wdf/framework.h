#pragma once
// The framework in one machine: what Wdf01000.sys keeps, found from any of its functions through framework().

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "machine/machine.h"
#include "machine/wires.h"
#include "wdf/function_table.h"
#include "wdf/object.h"
#include "wdf/structures.h"

namespace drydock::wdf {

class Driver;
namespace um {
class HostProcess;
class UserMode;
}  // namespace um

inline constexpr ULONG kMajorVersion = 1;
inline constexpr ULONG kMinorVersion = 33;  ///< of the library

/// A bound driver: one call of WdfVersionBind (WDF-397 to WDF-400).
struct Client {
  WDF_DRIVER_GLOBALS* globals = nullptr;  ///< in pool; the driver's until unbind
  WDF_VERSION version{};                  ///< what it was built for
  ULONG function_count = 0;
  DRIVER_OBJECT* driver_object = nullptr;
  std::u16string registry_path;
  Driver* driver = nullptr;  ///< null until WdfDriverCreate
  ULONG tag = 0;             ///< of its contexts
  std::string name;          ///< "edu.sys", for reports
  um::HostProcess* host = nullptr;  ///< a user-mode driver's (section 21)

  /// Whether it was built for 1.`minor` or later: where versions differ, this decides (WDF-401).
  bool built_for(ULONG minor) const { return version.Minor >= minor; }
};

/// What a board or a test may choose about the framework; names are those of [settings] in a board's file.
struct Settings {
  /// As KmdfVerifier does: checks that Windows makes only under the framework's verifier also change what happens.
  bool verifier = false;
};
/// False if there is no setting of that name ("wdf.verifier").
bool set(Settings& settings, std::string_view name, std::int64_t value);

class Device;
struct WDFDEVICE_INIT;

/// How often each row of the machines' tables was walked.
struct TableVisits;
class PagedCode;

class Framework {
 public:
  Framework();
  ~Framework();

  Settings settings;
  Handles handles;
  std::deque<std::unique_ptr<Client>> clients;  ///< in order of binding
  FunctionTable functions;
  SIZE_T* structure_sizes = nullptr;  ///< made for the first driver that asks
  std::deque<std::unique_ptr<WDFDEVICE_INIT>> inits;
  std::unordered_map<const DEVICE_OBJECT*, Device*> devices;  ///< looked up, never iterated
  std::unique_ptr<TableVisits> visits;
  std::unique_ptr<PagedCode> paged_code;                      ///< made for the first device that is not pageable
  std::unique_ptr<machine::DeviceWitness> hardware_witness;  ///< made for the first device that is prepared
  um::UserMode* user_mode = nullptr;  ///< once a user-mode driver is loaded

  /// The client whose globals these are; anything else ends the run.
  Client& client(const WDF_DRIVER_GLOBALS* globals);
};

/// The framework of the machine that runs on this thread; made when first asked for.
Framework& framework();

// ---- from a handle to an object ----

/// WDF-437: stops with 0x10D/5 unless `handle` is one of a `type` object of any driver.
Object& object_from(WDFOBJECT handle, ObjectType type);
/// Any type.
Object& object_from(WDFOBJECT handle);
template <class T>
T& object_as(WDFOBJECT handle) {
  return static_cast<T&>(object_from(handle, T::kType));
}
/// The object `attributes` name as parent, else `otherwise`.
Object* parent_from(const WDF_OBJECT_ATTRIBUTES* attributes, Object* otherwise);
/// WDF-437: stops with 0x10D/4 for a null pointer where one is required.
void require_pointer(const void* pointer, const char* what);

}  // namespace drydock::wdf
