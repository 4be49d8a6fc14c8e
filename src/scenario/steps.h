#pragma once
// What the steps of scenarios do. Each runs on a machine thread at PASSIVE_LEVEL.

namespace drydock::scenario {

class Stage;

// loading.cpp
void load_driver(Stage& stage);
void remove_and_unload(Stage& stage);

// own_devices.cpp
void use_own_devices(Stage& stage);

// io_steps.cpp
void start_devices(Stage& stage);
void enumerate(Stage& stage);
void mixed_io(Stage& stage);
void verify_data(Stage& stage);
void reset_bus(Stage& stage);
void wait_a_while(Stage& stage);
/// IOCTL_STORAGE_RESET_BUS for each adapter of the driver; how many were asked.
unsigned ask_for_bus_resets(Stage& stage);

// request_fault_steps.cpp
void hang_request(Stage& stage);
void delay_request(Stage& stage);
void lose_interrupt_of_request(Stage& stage);
void unplug_at_request(Stage& stage);
void reset_at_request(Stage& stage);

// removal_steps.cpp
void remove_devices(Stage& stage);
void scan(Stage& stage);
void restart(Stage& stage);
void disable(Stage& stage);
void enable(Stage& stage);
void cancel_remove(Stage& stage);
void unplug(Stage& stage);
void plug(Stage& stage);
void eject(Stage& stage);

// rebalance_steps.cpp
void rebalance(Stage& stage);
void rebalance_new_resources(Stage& stage);
void rebalance_fail_restart(Stage& stage);
void cancel_stop(Stage& stage);

// power_steps.cpp
void sleep_s1(Stage& stage);
void sleep_s2(Stage& stage);
void sleep_s3(Stage& stage);
void sleep_s4(Stage& stage);
void sleep_idle(Stage& stage);
void wake(Stage& stage);

// reset_steps.cpp
void hang(Stage& stage);
void reset_function(Stage& stage);
void reset_platform(Stage& stage);
void reset_ladder(Stage& stage);
// reset_storm.cpp
void reset_storm(Stage& stage);

// failed_start_steps.cpp
void fail_each_start(Stage& stage);
void fail_each_power_change(Stage& stage);

}  // namespace drydock::scenario
