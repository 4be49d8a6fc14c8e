#include "scenario/scenario.h"

#include "scenario/driver_file.h"
#include "scenario/steps.h"

namespace drydock::scenario {
namespace {

constexpr Step kLoad{"load", "DriverEntry registers the driver", load_driver};
constexpr Step kStart{"start", "the bus finds the adapter, the driver finds and initialises it", start_adapters};
constexpr Step kEnumerate{"enumerate", "every disk on the board has a device", find_disks};
constexpr Step kIo{"I/O", "writes and reads, queued", mixed_io};
constexpr Step kVerify{"verify", "every sector ever written, by checksum", verify_data};
constexpr Step kResetBus{"reset bus", "IOCTL_STORAGE_RESET_BUS under load", reset_bus_under_load};
constexpr Step kVerifyReset{"verify", "every sector ever written, by checksum, after the reset", verify_data};
constexpr Step kRemove{"remove", "orderly removal", remove_adapters};
constexpr Step kReAdd{"re-add", "the adapter is started again", re_add_adapters};
constexpr Step kVerifyReAdd{"verify", "every sector ever written, by checksum, after re-adding", verify_data};
constexpr Step kSurprise{"surprise removal", "the adapter is pulled under load", pull_adapters_under_load};
constexpr Step kPlug{"plug back", "the adapter is put back into its slot", plug_adapters_back};
constexpr Step kVerifyPlug{"verify", "every sector ever written, by checksum, after plugging back", verify_data};
constexpr Step kUnload{"unload", "the driver goes and leaves nothing behind", remove_and_unload};

constexpr Step kLifecycle[] = {kLoad,   kStart, kEnumerate,   kIo,       kVerify, kResetBus,   kVerifyReset,
                               kRemove, kReAdd, kVerifyReAdd, kSurprise, kPlug,   kVerifyPlug, kUnload};
constexpr Step kLoadUnload[] = {kLoad, kUnload};
constexpr Step kStartOnly[] = {kLoad, kStart, kEnumerate, kUnload};
constexpr Step kIoOnly[] = {kLoad, kStart, kEnumerate, kIo, kVerify, kUnload};
constexpr Step kResetOnly[] = {kLoad, kStart, kEnumerate, kIo, kResetBus, kVerifyReset, kUnload};
constexpr Step kRemoveOnly[] = {kLoad, kStart, kEnumerate, kIo, kRemove, kReAdd, kVerifyReAdd, kUnload};
constexpr Step kSurpriseOnly[] = {kLoad, kStart, kEnumerate, kIo, kSurprise, kPlug, kVerifyPlug, kUnload};
constexpr Step kSoftware[] = {
    {"load", "DriverEntry succeeds", load_driver},
    {"open", "each device it made is opened, read, written, cancelled and closed", use_own_devices},
    {"unload", "the driver goes and leaves nothing behind", remove_and_unload},
};

constexpr Scenario kScenarios[] = {
    {"lifecycle", "start, I/O, bus reset, orderly removal, re-add, surprise removal, unload of a SCSI miniport",
     "pvscsi", kLifecycle},
    {"load-unload", "only load and unload, without a device", "empty", kLoadUnload},
    {"start", "start the adapters and find their disks", "pvscsi", kStartOnly},
    {"io", "mixed reads and writes, verified", "pvscsi", kIoOnly},
    {"reset-bus", "a bus reset under load", "pvscsi", kResetOnly},
    {"remove", "orderly removal and re-adding", "pvscsi", kRemoveOnly},
    {"surprise-removal", "the adapter is pulled under load and plugged back", "pvscsi", kSurpriseOnly},
    {"wdm", "load a software driver, use the devices it made, unload it", "empty", kSoftware},
};

}  // namespace

std::span<const Scenario> scenarios() {
  return kScenarios;
}

const Scenario* find_scenario(std::string_view name) {
  for (const Scenario& scenario : kScenarios)
    if (scenario.name == name) return &scenario;
  return nullptr;
}

const Scenario& scenario_for(const DriverFile& driver) {
  return *find_scenario(driver.imports_from("scsiport.sys") ? "lifecycle" : "wdm");
}

}  // namespace drydock::scenario
