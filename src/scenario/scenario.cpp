// The built-in scenarios, in the words of step_words.cpp.

#include "scenario/scenario.h"

#include "scenario/driver_file.h"

namespace drydock::scenario {

namespace {

constexpr std::string_view kNone = {};

constexpr BuiltInScenario kScenarios[] = {
    // name, meaning, board of a miniport, board of a function driver, steps
    {"lifecycle", "start, I/O, bus reset, orderly removal, re-adding, surprise removal, unload of a SCSI miniport",
     "pvscsi", kNone, "io, verify, reset bus, verify, remove, scan, verify, unplug, plug, verify"},
    {"lifecycle", "the whole life of a function driver of a device with an interface, WDM or KMDF", kNone, "edu",
     "io, rebalance, io, rebalance new, io, cancel-stop, cancel-remove, sleep, wake, io, disable, enable, io, remove, "
     "scan, io, unplug, plug, io"},
    {"load-unload", "only load and unload, without a device", "empty", "empty", "load, unload"},
    {"start", "start the devices and find their disks", "pvscsi", "edu", "load, start, enumerate"},
    {"io", "mixed requests, verified", "pvscsi", "edu", "io, verify"},
    {"reset-bus", "a bus reset under load", "pvscsi", "rail", "io, reset bus, verify"},
    {"reset-function", "the device hangs under load and is reset by itself", "pvscsi", "edu",
     "io, verify, hang, verify, reset function, verify, io"},
    {"reset-platform", "everything on the device's rail is taken down, reset and rebuilt", "rail", "rail",
     "io, verify, reset platform, verify, io, verify"},
    {"reset-ladder", "the device hangs for good: watchdog, function-level reset, then the whole rail", "rail", "rail",
     "io, verify, reset ladder, verify, io, verify"},
    {"reset-storm", "1,000 resets of random kind while I/O, removal and sleep go on", "rail", "rail",
     "io, reset storm, verify, io, verify"},
    {"remove", "orderly removal and re-adding", "pvscsi", "edu", "io, remove, scan, verify"},
    {"surprise-removal", "the device is pulled under load and plugged back", "pvscsi", "edu",
     "io, unplug, plug, verify, io, verify"},
    {"cancel-remove", "a removal that is called off, under load", "pvscsi", "edu",
     "io, cancel-remove, verify, io, cancel-remove, verify"},
    {"disable-enable", "the device is disabled and enabled", "pvscsi", "edu",
     "io, disable, enable, verify, io, verify"},
    {"eject", "the device is ejected, taken out and put back", "pvscsi", "edu", "io, eject, plug, verify, io, verify"},
    {"cancel-stop", "a rebalance that is called off, under load", "pvscsi", "edu",
     "io, cancel-stop, verify, io, cancel-stop, verify"},
    {"rebalance", "stop and start with the same resources, under load", "pvscsi", "edu",
     "io, rebalance, verify, rebalance, io, verify"},
    {"rebalance-new-resources", "stop and start with other resources, under load", "pvscsi", "edu",
     "io, rebalance new, verify, rebalance new, io, verify"},
    {"rebalance-fail-restart", "stopped under load and never started again, then brought back", "pvscsi", "edu",
     "io, rebalance fail, restart, verify, io, verify"},
    {"sleep-wake", "each sleep state once, with nothing on its way and with requests", "pvscsi", "edu",
     "io, sleep idle, wake, verify, sleep S1, wake, sleep S2, wake, sleep S3, wake, sleep S4, wake, verify"},
    {"sleep-with-io", "sleep and wake under load, again and again", "pvscsi", "edu",
     "io, sleep, wake, sleep, wake, sleep, wake, verify"},
    {"failed-start", "a start that fails at each of its steps", "pvscsi", "edu", "load, failed-start"},
    {"failed-power", "idleness, sleep and wake that fail at each of their steps", kNone, "edu", "load, failed-power"},
    {"wdm", "load a software driver, use the devices it made, unload it", "empty", "empty", "load, open, unload"},
};

}  // namespace

std::span<const BuiltInScenario> built_in_scenarios() {
  return kScenarios;
}

DriverKind kind_of(const DriverFile& driver) {
  if (driver.imports_from("scsiport.sys")) return DriverKind::ScsiMiniport;
  // Who attaches to a stack has a device of the board's to serve. For framework drivers the framework does.
  if (driver.imports_from("wdfldr.sys") || driver.image->user_mode()) return DriverKind::Function;
  for (const image::Import& import : driver.image->imports())
    if (import.name.starts_with("IoAttachDeviceToDeviceStack")) return DriverKind::Function;
  return DriverKind::Software;
}

}  // namespace drydock::scenario
