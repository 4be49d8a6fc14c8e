// The words of scenarios.

#include "scenario/scenario.h"
#include "scenario/steps.h"

namespace drydock::scenario {

namespace {

using enum StepWord::Number;

constexpr StepWord kWords[] = {
    {"load", None, "DriverEntry registers the driver", load_driver},
    {"start", None, "the bus finds the devices, their drivers start them", start_devices},
    {"enumerate", None, "every disk on the board has a device; disks and device interfaces are opened", enumerate},
    {"open", None, "each device that a software driver made is opened, read, written, cancelled and closed",
     use_own_devices},
    {"io", Count, "requests of every kind the stack takes, queued; N instead of --requests", mixed_io},
    {"verify", None, "every sector ever written, by checksum", verify_data},
    {"wait", Duration, "time passes, 1 s if nothing is said", wait_a_while},
    {"reset bus", None, "IOCTL_STORAGE_RESET_BUS under load", reset_bus},
    {"hang request", Count, "the Nth request of the load, as the device takes them, never ends by itself",
     hang_request},
    {"delay request", Count, "the Nth request of the load ends 15 s late", delay_request},
    {"lose interrupt", Count, "the Nth request of the load ends, and nothing is signalled", lose_interrupt_of_request},
    {"reset at request", Count, "IOCTL_STORAGE_RESET_BUS while the Nth request of the load is out", reset_at_request},
    {"unplug at request", Count, "the device is pulled while it has the Nth request of the load", unplug_at_request},
    {"hang", None, "the device stops answering under load; its driver mends it, and no request fails", hang},
    {"reset function", None, "a function-level reset under load, asked for by somebody else in the stack",
     reset_function},
    {"reset platform", None, "a platform-level reset under load: all stacks on the rail are taken down and rebuilt",
     reset_platform},
    {"reset ladder", None, "the device hangs for good: watchdog, function-level reset, platform-level reset",
     reset_ladder},
    {"reset storm", Count, "N resets of random kind, 1,000 if nothing is said, while all else goes on", reset_storm},
    {"remove", None, "orderly removal: refused while handles are open, then done", remove_devices},
    {"scan", None, "the bus is asked again; what was removed is started", scan},
    {"restart", None, "orderly removal and start in one", restart},
    {"disable", None, "orderly removal that lasts: refused while handles are open, then done", disable},
    {"enable", None, "the end of disable", enable},
    {"cancel-remove", None, "query-remove, then cancel-remove, under load", cancel_remove},
    {"unplug", None, "the device is pulled under load", unplug},
    {"plug", None, "the device is put back into its slot", plug},
    {"eject", None, "orderly removal for good, then the device is taken out", eject},
    {"rebalance", None, "query-stop, stop and start under load", rebalance},
    {"rebalance new", None, "the same with other resources", rebalance_new_resources},
    {"rebalance fail", None, "stopped under load and not started again: a surprise removal", rebalance_fail_restart},
    {"cancel-stop", None, "query-stop, then cancel-stop, under load", cancel_stop},
    {"sleep", None, "the system goes to sleep (S3) under load, which goes on after wake", sleep_s3},
    {"sleep S1", None, "the same, S1", sleep_s1},
    {"sleep S2", None, "the same, S2", sleep_s2},
    {"sleep S3", None, "the same, S3", sleep_s3},
    {"sleep S4", None, "the same, hibernation", sleep_s4},
    {"sleep idle", None, "the system goes to sleep (S3) with nothing on its way", sleep_idle},
    {"wake", None, "the system wakes; what was on its way ends", wake},
    {"failed-start", None, "every call that may fail during a start fails once; after each, a good start",
     fail_each_start},
    {"failed-power", None,
     "every call that may fail while the devices are idle, the system sleeps and wakes fails once; after each, a good "
     "start",
     fail_each_power_change},
    {"unload", None, "the driver goes and leaves nothing behind", remove_and_unload},
};

}  // namespace

std::span<const StepWord> step_words() {
  return kWords;
}

}  // namespace drydock::scenario
