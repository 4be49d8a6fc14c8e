#pragma once
// What stands in the kernel for user-mode drivers: their driver objects, which device goes to which host process, and
// what becomes of a device when its process ends (contract, section 21).

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "machine/remote.h"
#include "ntos/io/driver.h"
#include "wdf/framework.h"

namespace drydock::image {
class PeImage;
}

namespace drydock::wdf {
class Device;
}

namespace drydock::wdf::um {

class HostProcess;

inline constexpr LONGLONG kNoProgressSeconds = 60;  ///< WDF-425
inline constexpr ULONG kHostRestartsMax = 5;        ///< WDF-426
inline constexpr LONGLONG kHostRestartPeriod_100ns = 30ll * 60 * 10'000'000;

/// Told of host processes as they come and go; on a machine thread at PASSIVE_LEVEL.
class HostProcessWatch {
 public:
  virtual ~HostProcessWatch() = default;
  virtual void loaded(HostProcess&) {}   ///< the driver's image is there, none of it has run
  virtual void ended(HostProcess&) {}    ///< against its driver's will: the memory stays as it is
  virtual void closing(HostProcess&) {}  ///< its memory is about to go
};

/// A user-mode driver as a service: one driver object of the reflector's, any number of host processes.
struct UserModeService {
  std::string service;                      ///< "edu_um"
  const image::PeImage* dll = nullptr;
  DRIVER_OBJECT* driver_object = nullptr;
  bool unloading = false;
  std::string name() const;
};

class UserMode final : public machine::RemoteCode {
 public:
  UserMode();

  std::uint64_t call(const void* function, const std::uint64_t* args, unsigned count) override;

  std::vector<std::unique_ptr<UserModeService>> services;
  std::vector<std::unique_ptr<HostProcess>> processes;  ///< in order of starting; those done with stay
  HostProcessWatch* watch = nullptr;

  /// Null if all are taken.
  std::byte* take_window();
  void give_back_window(const std::byte* window);
  UserModeService* service_of(const DRIVER_OBJECT* driver_object);

 private:
  static constexpr std::size_t kWindows = 8;
  std::byte* region_ = nullptr;
  bool taken_[kWindows] = {};
};

/// Of the running machine; made when first asked for.
UserMode& user_mode();
/// The process whose window `address` lies in; null if none.
HostProcess* process_at(const void* address);

/// Whether a host process offers drivers an import.
bool offers_import(std::string_view module, std::string_view name);
/// Whether an image is a UMDF 2 driver that can be loaded: else a sentence.
host::Status check_driver(const image::PeImage& dll);
/// The service's driver object, which starts a host process for its first device. `dll` outlives the machine.
NTSTATUS load_driver(const image::PeImage& dll, std::string_view service, DRIVER_OBJECT** driver_object);

/// After a process has ended: its requests are completed, its devices started anew or failed (WDF-424, WDF-426, WDF-427).
void bury(HostProcess& process);
/// A device of the driver has left its stack: with the last one the driver is done with (WDF-430).
void device_left(Client& client);
/// A PnP, power or cancel request has begun: the driver is to make progress (WDF-425).
void expect_progress(Client& client);
/// WDF-183's counterpart: a device whose host process ended is failed or asks its bus for a new instance, once.
void host_is_gone(Device& device);

}  // namespace drydock::wdf::um
