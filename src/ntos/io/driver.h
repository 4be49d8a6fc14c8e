#pragma once
// Driver objects: those of loaded images and those of our own rooms.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "nt/irp.h"

namespace drydock::image {
class LoadedImage;
class PeImage;
}  // namespace drydock::image

namespace drydock::machine {
struct ExportSlot;
}

namespace drydock::ntos::io {
using namespace nt;

/// Our side of a DRIVER_OBJECT.
struct DriverRecord {
  std::uint32_t number = 0;  ///< of the object: 1, 2, ...
  DRIVER_OBJECT* object = nullptr;
  std::string service;       ///< "pvscsi"
  image::LoadedImage* image = nullptr;  ///< null for a driver of ours
  bool unloading = false;    ///< DriverUnload was called
  struct Extension {
    PVOID id;
    PVOID memory;  ///< pool
  };
  std::vector<Extension> extensions;
  struct Reinitialization {
    PDRIVER_REINITIALIZE routine;
    PVOID context;
  };
  std::vector<Reinitialization> reinitializations;
};

DriverRecord& record_of(const DRIVER_OBJECT* driver);

struct LoadOptions {
  /// Written below the service key before DriverEntry runs, as (value name, REG_SZ or REG_DWORD).
  std::vector<std::pair<std::u16string, std::u16string>> string_parameters;
  std::vector<std::pair<std::u16string, std::uint32_t>> dword_parameters;
};

/// What became of a load.
struct LoadResult {
  DRIVER_OBJECT* driver = nullptr;  ///< null unless DriverEntry succeeded
  NTSTATUS status = 0;              ///< DriverEntry's, or why it was never called
  std::string failure;              ///< then in a sentence
};

/// Maps the image, makes \Driver\<service> and its service key, calls DriverEntry. Runs on a machine thread at
/// PASSIVE_LEVEL. A failing DriverEntry unmaps the image again; what it left behind is a finding.
/// `file` must outlive the machine.
LoadResult load_driver(const image::PeImage& file, std::string_view service, const LoadOptions& options = {});

/// A driver that is our own code: fill() sets MajorFunction, AddDevice, DriverUnload as a DriverEntry would, with our
/// functions; drivers that read the table find addresses they can call.
DRIVER_OBJECT* create_host_driver(std::string_view service, const std::function<void(DRIVER_OBJECT*)>& fill);

struct UnloadResult {
  NTSTATUS status = 0;  ///< STATUS_INVALID_DEVICE_REQUEST without DriverUnload; STATUS_DEVICE_BUSY with devices in use
  std::vector<std::string> left_behind;  ///< empty: a clean unload. Each line is a finding, too
};
/// Calls DriverUnload, then unmaps the image unless devices still refer to the driver. On a machine thread, PASSIVE_LEVEL.
UnloadResult unload_driver(DRIVER_OBJECT* driver);

DRIVER_OBJECT* find_driver(std::string_view service);
/// In order of loading.
std::vector<DRIVER_OBJECT*> drivers();
/// AddDevice, through the border. STATUS_INVALID_DEVICE_REQUEST if there is none.
NTSTATUS add_device(DRIVER_OBJECT* driver, DEVICE_OBJECT* pdo);
/// Runs the routines of IoRegisterDriverReinitialization, as after boot.
void run_reinitializations();
std::string driver_name(const DRIVER_OBJECT* driver);

/// A driver-callable address for a function of ours, for interfaces and callbacks handed to drivers. Lives as long as
/// the machine.
PVOID guest_callable(void* ntapi_function, const char* name, unsigned argument_count);
template <class R, class... A>
auto guest_callable(R(NTAPI* function)(A...), const char* name) -> R(NTAPI*)(A...) {
  return reinterpret_cast<R(NTAPI*)(A...)>(guest_callable(reinterpret_cast<void*>(function), name, sizeof...(A)));
}

NTSTATUS NTAPI IoAllocateDriverObjectExtension(DRIVER_OBJECT* DriverObject, PVOID ClientIdentificationAddress,
                                               ULONG DriverObjectExtensionSize, PVOID* DriverObjectExtension);
PVOID NTAPI IoGetDriverObjectExtension(DRIVER_OBJECT* DriverObject, PVOID ClientIdentificationAddress);
void NTAPI IoRegisterDriverReinitialization(DRIVER_OBJECT* DriverObject, PDRIVER_REINITIALIZE DriverReinitializationRoutine,
                                            PVOID Context);
void NTAPI IoRegisterBootDriverReinitialization(DRIVER_OBJECT* DriverObject,
                                                PDRIVER_REINITIALIZE DriverReinitializationRoutine, PVOID Context);
/// The entry of every major function a driver leaves alone: completes with STATUS_INVALID_DEVICE_REQUEST.
NTSTATUS NTAPI IopInvalidDeviceRequest(DEVICE_OBJECT* DeviceObject, IRP* Irp);

}  // namespace drydock::ntos::io
