#pragma once
// What the steps of scenarios do. Each runs on a machine thread at PASSIVE_LEVEL.

namespace drydock::scenario {

class Stage;

// loading.cpp
void load_driver(Stage& stage);
void remove_and_unload(Stage& stage);

// adapters.cpp
void start_adapters(Stage& stage);
void find_disks(Stage& stage);
void remove_adapters(Stage& stage);
void re_add_adapters(Stage& stage);
void plug_adapters_back(Stage& stage);

// load_steps.cpp
void mixed_io(Stage& stage);
void verify_data(Stage& stage);
void reset_bus_under_load(Stage& stage);
void pull_adapters_under_load(Stage& stage);

// own_devices.cpp
void use_own_devices(Stage& stage);

}  // namespace drydock::scenario
