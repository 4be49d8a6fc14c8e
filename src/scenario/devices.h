#pragma once
// What steps need to know of the board's devices in the device tree.

#include <string>
#include <vector>

#include "ntos/pnp/manager.h"
#include "scenario/stage.h"

namespace drydock::scenario {

/// The devnode that an adapter has now; null if it has none with a stack.
ntos::pnp::Devnode* devnode_of(const Adapter& adapter);
/// The devnode in the adapter's slot, whether or not it has a stack; null if the bus does not show it.
ntos::pnp::Devnode* devnode_in(bus::board::Slot slot);
/// Notes which devnode serves which slot now.
void find_adapters(Stage& stage);
/// Every adapter runs and every disk has a device; handles to disks and interfaces are open. What does not run is a
/// finding, unless the board lets devices fail: then the run ends early and this is false.
bool require_running(Stage& stage);
/// The same without opening anything.
bool require_started(Stage& stage);
/// A stack that has enabled no interface takes requests too, by the name of its PDO; one that refuses gets none.
void open_by_name(Stage& stage);
/// "1 adapter started, 2 disks, 128 MiB"
std::string running_text(Stage& stage);
/// No adapter under test has a stack any more, and no request is on its way.
void require_gone(Stage& stage, std::string_view after);
/// Fails if a request waits in a driver: `when` is for the message ("after the removal").
void require_no_requests(Stage& stage, std::string_view when);
/// A line for each device of the tree.
std::vector<std::string> tree_lines();
/// "STATUS_DEVICE_BUSY (0x80000011), vetoed by 2 open handles on devnode#4"
std::string change_text(const ntos::pnp::Change& change);

}  // namespace drydock::scenario
