// The built-in scenarios, in the words of step_words.cpp.

#include "scenario/scenario.h"

#include "scenario/driver_file.h"

namespace drydock::scenario {

namespace {

constexpr BuiltInScenario kScenarios[] = {
    {"lifecycle", "start, I/O, bus reset, orderly removal, re-adding, surprise removal, unload of a SCSI miniport",
     "pvscsi", "io, verify, reset bus, verify, remove, scan, verify, unplug, plug, verify"},
    {"load-unload", "only load and unload, without a device", "empty", "load, unload"},
    {"start", "start the devices and find their disks", "pvscsi", "load, start, enumerate"},
    {"io", "mixed requests, verified", "pvscsi", "io, verify"},
    {"reset-bus", "a bus reset under load", "pvscsi", "io, reset bus, verify"},
    {"reset-function", "the device hangs under load and is reset by itself", "edu",
     "io, verify, hang, verify, reset function, verify, io"},
    {"reset-platform", "everything on the device's rail is taken down, reset and rebuilt", "rail",
     "io, verify, reset platform, verify, io, verify"},
    {"reset-ladder", "the device hangs for good: watchdog, function-level reset, then the whole rail", "rail",
     "io, verify, reset ladder, verify, io, verify"},
    {"reset-storm", "1,000 resets of random kind while I/O, removal and sleep go on", "rail",
     "io, reset storm, verify, io, verify"},
    {"remove", "orderly removal and re-adding", "pvscsi", "io, remove, scan, verify"},
    {"surprise-removal", "the device is pulled under load and plugged back", "pvscsi",
     "io, unplug, plug, verify, io, verify"},
    {"cancel-remove", "a removal that is called off, under load", "pvscsi",
     "io, cancel-remove, verify, io, cancel-remove, verify"},
    {"disable-enable", "the device is disabled and enabled", "pvscsi", "io, disable, enable, verify, io, verify"},
    {"eject", "the device is ejected, taken out and put back", "pvscsi", "io, eject, plug, verify, io, verify"},
    {"cancel-stop", "a rebalance that is called off, under load", "pvscsi",
     "io, cancel-stop, verify, io, cancel-stop, verify"},
    {"rebalance", "stop and start with the same resources, under load", "pvscsi",
     "io, rebalance, verify, rebalance, io, verify"},
    {"rebalance-new-resources", "stop and start with other resources, under load", "pvscsi",
     "io, rebalance new, verify, rebalance new, io, verify"},
    {"rebalance-fail-restart", "stopped under load and never started again, then brought back", "pvscsi",
     "io, rebalance fail, restart, verify, io, verify"},
    {"sleep-wake", "each sleep state once, with nothing on its way and with requests", "pvscsi",
     "io, sleep idle, wake, verify, sleep S1, wake, sleep S2, wake, sleep S3, wake, sleep S4, wake, verify"},
    {"sleep-with-io", "sleep and wake under load, again and again", "pvscsi",
     "io, sleep, wake, sleep, wake, sleep, wake, verify"},
    {"failed-start", "a start that fails at each of its steps", "pvscsi", "load, failed-start"},
    {"device", "the whole life of a WDM function driver of a device with an interface", "edu",
     "io, rebalance, io, rebalance new, io, cancel-stop, cancel-remove, sleep, wake, io, disable, enable, io, remove, "
     "scan, io, unplug, plug, io"},
    {"wdm", "load a software driver, use the devices it made, unload it", "empty", "load, open, unload"},
};

}  // namespace

std::span<const BuiltInScenario> built_in_scenarios() {
  return kScenarios;
}

std::string_view scenario_for(const DriverFile& driver) {
  if (driver.imports_from("scsiport.sys")) return "lifecycle";
  // Who attaches to a stack has a device of the board's to serve.
  for (const image::Import& import : driver.image->imports())
    if (import.name.starts_with("IoAttachDeviceToDeviceStack")) return "device";
  return "wdm";
}

}  // namespace drydock::scenario
