#include "wdf/um/service.h"

#include <type_traits>

#include <fmt/format.h>

#include "image/export_table.h"
#include "wdf/functions.h"
#include "wdf/um/functions.h"
#include "wdf/um/host_process.h"
#include "wdf/wdf_exports.h"

// A pointer of a user-mode driver is good if the driver itself could use it: the framework would otherwise read or write
// the kernel's memory on its behalf. What a function takes is read off its declaration; what its structures point to,
// and which untyped pointer is a buffer of which length, is said here.

namespace drydock::wdf::um {

void require_range(const HostProcess& process, std::uint64_t address, std::size_t bytes, bool write, const char* what) {
  if (address == 0 || process.accessible(address, bytes, write)) return;
  throw Misuse{fmt::format("gives the framework {} at {:#x}, where it has no {} bytes{}", what, address, bytes,
                           write ? " to write" : "")};
}

namespace {

class Checker {
 public:
  explicit Checker(const HostProcess& process) : process_(process) {}

  template <class... F>
  void code(F*... functions) const {
    (code_at(reinterpret_cast<std::uint64_t>(functions)), ...);
  }
  void buffer(const void* address, std::size_t bytes, bool write = false) const {
    require_range(process_, reinterpret_cast<std::uint64_t>(address), bytes, write, "a buffer");
  }
  /// What a structure holds beyond its own bytes.
  void inside(const UNICODE_STRING& string) const { buffer(string.Buffer, string.Length); }
  void inside(const WDF_OBJECT_CONTEXT_TYPE_INFO& type) const {
    constexpr std::size_t kNameBytes = 1;
    buffer(type.ContextName, kNameBytes);
    if (type.Size >= sizeof type) code(type.EvtDriverGetUniqueContextType);
  }
  void inside(const WDF_OBJECT_ATTRIBUTES& a) const {
    code(a.EvtCleanupCallback, a.EvtDestroyCallback);
    if (!a.ContextTypeInfo) return;
    buffer(a.ContextTypeInfo, sizeof *a.ContextTypeInfo);
    inside(*a.ContextTypeInfo);
  }
  void inside(const WDF_DRIVER_CONFIG& c) const { code(c.EvtDriverDeviceAdd, c.EvtDriverUnload); }
  void inside(const WDF_PNPPOWER_EVENT_CALLBACKS& c) const {
    code(c.EvtDeviceD0Entry, c.EvtDeviceD0EntryPostInterruptsEnabled, c.EvtDeviceD0Exit,
         c.EvtDeviceD0ExitPreInterruptsDisabled, c.EvtDevicePrepareHardware, c.EvtDeviceReleaseHardware,
         c.EvtDeviceSelfManagedIoCleanup, c.EvtDeviceSelfManagedIoFlush, c.EvtDeviceSelfManagedIoInit,
         c.EvtDeviceSelfManagedIoSuspend, c.EvtDeviceSelfManagedIoRestart, c.EvtDeviceSurpriseRemoval,
         c.EvtDeviceQueryRemove, c.EvtDeviceQueryStop, c.EvtDeviceUsageNotification, c.EvtDeviceRelationsQuery);
    if (c.Size >= sizeof c) code(c.EvtDeviceUsageNotificationEx);
  }
  void inside(const WDF_POWER_POLICY_EVENT_CALLBACKS& c) const {
    code(c.EvtDeviceArmWakeFromS0, c.EvtDeviceDisarmWakeFromS0, c.EvtDeviceWakeFromS0Triggered,
         c.EvtDeviceArmWakeFromSx, c.EvtDeviceDisarmWakeFromSx, c.EvtDeviceWakeFromSxTriggered);
    if (c.Size >= sizeof c) code(c.EvtDeviceArmWakeFromSxWithReason);
  }
  void inside(const WDF_FILEOBJECT_CONFIG& c) const { code(c.EvtDeviceFileCreate, c.EvtFileClose, c.EvtFileCleanup); }
  void inside(const WDF_IO_QUEUE_CONFIG& c) const {
    code(c.EvtIoDefault, c.EvtIoRead, c.EvtIoWrite, c.EvtIoDeviceControl, c.EvtIoInternalDeviceControl, c.EvtIoStop,
         c.EvtIoResume, c.EvtIoCanceledOnQueue);
  }
  void inside(const WDF_INTERRUPT_CONFIG& c) const {
    code(c.EvtInterruptIsr, c.EvtInterruptDpc, c.EvtInterruptEnable, c.EvtInterruptDisable, c.EvtInterruptWorkItem);
    buffer(c.InterruptRaw, sizeof *c.InterruptRaw);
    buffer(c.InterruptTranslated, sizeof *c.InterruptTranslated);
  }
  void inside(const WDF_TIMER_CONFIG& c) const { code(c.EvtTimerFunc); }
  void inside(const WDF_WORKITEM_CONFIG& c) const { code(c.EvtWorkItemFunc); }
  void inside(const WDF_REQUEST_REUSE_PARAMS& p) const {
    if (p.NewIrp) throw Misuse{"gives the framework an IRP, which no user-mode driver has"};
  }
  void inside(const WDF_MEMORY_DESCRIPTOR& d) const {
    if (d.Type == WdfMemoryDescriptorTypeBuffer) buffer(d.u.BufferType.Buffer, d.u.BufferType.Length);
    if (d.Type == WdfMemoryDescriptorTypeMdl) throw Misuse{"gives the framework an MDL, which no user-mode driver has"};
    if (d.Type == WdfMemoryDescriptorTypeHandle && d.u.HandleType.Offsets)
      buffer(d.u.HandleType.Offsets, sizeof(WDFMEMORY_OFFSET));
  }
  void inside(const WDF_IO_TARGET_OPEN_PARAMS& p) const {
    code(p.EvtIoTargetQueryRemove, p.EvtIoTargetRemoveCanceled, p.EvtIoTargetRemoveComplete);
    if (p.TargetDeviceObject || p.TargetFileObject)
      throw Misuse{"opens an I/O target by a kernel object, which no user-mode driver has"};
    inside(p.TargetDeviceName);
    buffer(p.EaBuffer, p.EaBufferLength);
  }
  void inside(const WDF_DEVICE_PROPERTY_DATA& p) const { buffer(p.PropertyKey, sizeof(DEVPROPKEY)); }
  template <class T>
  void inside(const T&) const {}

  template <class T>
  void argument(std::uint64_t value) const {
    if constexpr (std::is_pointer_v<T>) {
      using Target = std::remove_pointer_t<T>;
      if constexpr (std::is_function_v<Target>) {
        code_at(value);
      } else if constexpr (!std::is_void_v<Target> && requires { sizeof(Target); }) {
        require_range(process_, value, sizeof(Target), !std::is_const_v<Target>, "a structure");
        // A string that is written to need not hold anything yet.
        if (value && !std::is_same_v<Target, UNICODE_STRING>) inside(*reinterpret_cast<const Target*>(value));
      }
    }
  }

 private:
  void code_at(std::uint64_t address) const {
    if (address == 0 || process_.in_window(address)) return;
    throw Misuse{fmt::format("gives the framework a callback at {:#x}, outside of its process", address)};
  }
  const HostProcess& process_;
};

template <class... P>
void check_arguments(const HostProcess& process, const std::uint64_t* words) {
  const Checker checker(process);
  ++words;  // the globals: known, or the call ends
  (checker.argument<P>(*words++), ...);
}

struct Row {
  const char* name;
  ArgumentCheck check;
  unsigned words;
};
template <class R, class... P>
constexpr Row row(const char* name, R(NTAPI*)(PWDF_DRIVER_GLOBALS, P...)) {
  return {name, check_arguments<P...>, sizeof...(P) + 1};
}

constexpr Row kRows[] = {
#define WDF_FUNCTION(index, result, name, parameters, arguments) row(#name, static_cast<decltype(&name)>(nullptr)),
#define WDF_FUNCTION_KM(index, result, name, parameters, arguments)
#define WDF_FUNCTION_BY_NAME(index, name)
#define WDF_FUNCTION_UM(result, name, parameters, arguments) row(#name, static_cast<decltype(&name)>(nullptr)),
#include <wdf/wdffunctions.inc>
#include <wdf/wdffunctions_um.inc>
#undef WDF_FUNCTION
#undef WDF_FUNCTION_BY_NAME
#undef WDF_FUNCTION_UM
};

/// An untyped pointer that is a buffer: its argument, that of its length, and whether the framework writes there.
struct Buffer {
  std::string_view function;
  unsigned pointer, length;
  bool written;
};
constexpr Buffer kBuffers[] = {
    {"WdfDeviceQueryProperty", 4, 3, true},       {"WdfDeviceQueryPropertyEx", 4, 3, true},
    {"WdfFdoInitQueryProperty", 4, 3, true},      {"WdfFdoInitQueryPropertyEx", 4, 3, true},
    {"WdfIoTargetQueryTargetProperty", 4, 3, true}, {"WdfObjectQuery", 4, 3, true},
    {"WdfRegistryQueryValue", 4, 3, true},        {"WdfRegistryAssignValue", 5, 4, false},
    {"WdfDeviceAssignProperty", 5, 4, false},     {"WdfMemoryCreatePreallocated", 2, 3, true},
    {"WdfMemoryAssignBuffer", 2, 3, true},        {"WdfMemoryCopyToBuffer", 3, 4, true},
    {"WdfMemoryCopyFromBuffer", 3, 4, false},
};

template <std::size_t I>
void check_buffer(const HostProcess& process, const std::uint64_t* words) {
  constexpr Buffer kBuffer = kBuffers[I];
  for (const Row& each : kRows)
    if (each.name == kBuffer.function) each.check(process, words);
  require_range(process, words[kBuffer.pointer], static_cast<std::uint32_t>(words[kBuffer.length]), kBuffer.written,
                "a buffer");
}
template <std::size_t... I>
constexpr auto buffer_checks(std::index_sequence<I...>) {
  struct Checks {
    ArgumentCheck of[sizeof...(I)];
  };
  return Checks{{check_buffer<I>...}};
}
constexpr auto kBufferChecks = buffer_checks(std::make_index_sequence<std::size(kBuffers)>());

/// The header that says whose context it is lies before it.
void check_context_pointer(const HostProcess& process, const std::uint64_t* words) {
  require_range(process, words[1] ? words[1] - 16 : 0, 16, false, "a context");
}

/// The string's buffer is the driver's, and is filled.
void check_query_string(const HostProcess& process, const std::uint64_t* words) {
  for (const Row& each : kRows)
    if (each.name == std::string_view("WdfRegistryQueryUnicodeString")) each.check(process, words);
  if (const auto* value = reinterpret_cast<const UNICODE_STRING*>(words[4]))
    require_range(process, reinterpret_cast<std::uint64_t>(value->Buffer), value->MaximumLength, true, "a string");
}

ArgumentCheck check_of(const Row& row) {
  const std::string_view name = row.name;
  for (std::size_t i = 0; i < std::size(kBuffers); ++i)
    if (kBuffers[i].function == name) return kBufferChecks.of[i];
  if (name == "WdfRegistryQueryUnicodeString") return check_query_string;
  return name == "WdfObjectContextGetObject" ? check_context_pointer : row.check;
}

}  // namespace

Service find_service(const image::ExportIndex& exports, std::string_view name) {
  for (const Row& each : kRows) {
    if (each.name != name) continue;
    Service service{each.name, nullptr, "this framework function is not built", check_of(each), each.words};
    const image::Export* found = exports.find(kUserModeModule, name);
    if (!found) found = exports.find(kFrameworkModule, name);
    if (found && found->kind == image::Export::Kind::Function) service.entry = found->slot.entry;
    if (found && found->kind == image::Export::Kind::NotBuilt) service.why = found->why;
    return service;
  }
  return {};
}

}  // namespace drydock::wdf::um
