#pragma once
// A board made real: models plugged into a PCI fabric, the fabric installed in a machine.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bus/board/board.h"
#include "bus/board/model_catalogue.h"
#include "host/result.h"
#include "machine/machine.h"

namespace drydock::bus::board {

/// Processors and memory as the board has them; strategy and limits stay the caller's.
machine::MachineConfig machine_config(const Board& board);

/// What a machine keeps of its board (PartId::Board).
struct BoardPart {
  models::pci::PciFabric* fabric = nullptr;
  std::vector<Device> devices;
  std::map<Slot, Backings> backings;
};
/// The part of the machine that runs on this thread; null without a board.
BoardPart* board_part();

/// Plugs every device of `board`, installs the fabric, and tells the PnP manager of the host bridge if there is a
/// kernel. Call after install_kernel, while nothing runs.
host::Status build_board(machine::Machine& machine, const Board& board);

/// Takes the device in `slot` off the board at once (hot unplug) and has its bus look. On a machine thread.
bool unplug(machine::Machine& machine, Slot slot);
/// Takes the link behind a bridge down, or brings it up again, and has the buses look. False if the slot has no bridge.
bool set_link(machine::Machine& machine, Slot bridge, bool up);
/// Puts a new device of the same kind into a slot that `unplug` emptied.
host::Status plug(machine::Machine& machine, Slot slot);

/// Restarts the computer's hardware: every device as after power-on, bridges as the firmware leaves them, in QEMU by its
/// own system reset. Disks keep what they hold. False if QEMU refused. On a machine thread.
bool system_reset(machine::Machine& machine);

/// Has a fault of the device in `slot` strike at its next opportunity. False if there is no such device, or no such
/// fault, or its model strikes by decision only.
bool strike(machine::Machine& machine, Slot slot, std::string_view fault);
/// Of the strikes asked for with `strike`, how many have had no opportunity yet.
unsigned strikes_to_come(machine::Machine& machine, Slot slot, std::string_view fault);

/// Calls `action`, as hardware, at a moment of the nth request from now on (1: the next) that the device in `slot`
/// serves. It may have a fault strike, and must leave the board as it is. False if there is no such device, or its
/// model does not count requests.
bool watch_request(machine::Machine& machine, Slot slot, std::uint64_t nth, RequestMoment moment,
                   std::function<void()> action);

/// Names a board's `model` may have.
std::vector<std::string> model_names();

}  // namespace drydock::bus::board
