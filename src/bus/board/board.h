#pragma once
// A board: which devices sit in which slots, what hangs behind them, how much memory and how many processors there are.
// Written as TOML; see boards/*.toml for the built-in ones.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bus/acpi/firmware.h"
#include "bus/slot.h"
#include "host/result.h"
#include "machine/time.h"

namespace drydock::machine {
class Tape;
}
namespace drydock::models::qemu {
class Computer;
}

namespace drydock::bus::board {

using bus::Slot;
using bus::to_text;

/// A disk behind a SCSI adapter: `file` empty means in memory, of `size_bytes`, zeroed.
struct Disk {
  unsigned target = 0;
  unsigned lun = 0;
  std::uint64_t size_bytes = 0;
  unsigned block_bytes = 512;
  std::string file;
  bool read_only = false;
  int descriptor = -1;  ///< of `file`, while open_disk_files() holds it open
};

/// A registry value that an INF or a class installer writes: a text, or a number.
struct RegistryValue {
  std::string name;
  std::string text;
  std::optional<std::uint32_t> number;
  bool operator==(const RegistryValue&) const = default;
};

/// What an INF says of devices that a driver of the run finds: whoever has one of the ids is served by `driver`.
struct Package {
  int line = 0;
  std::vector<std::string> ids;
  std::string driver;  ///< "toaster.sys"
  std::vector<RegistryValue> hardware_key;
};

struct Device {
  Slot slot;
  std::string model;
  int line = 0;        ///< in the board's file
  std::string driver;  ///< "pvscsi.sys": who serves it if none of a run's drivers does; "": nobody
  std::vector<std::string> lower_filters, upper_filters;  ///< "edu_filter.sys", nearest to the bus first
  std::vector<RegistryValue> hardware_key;                ///< under Device Parameters
  std::vector<Disk> disks;
  std::optional<machine::Duration> latency;        ///< of each request; the model's own if absent
  std::optional<machine::Duration> reset_latency;  ///< how long a bus reset takes
  std::map<std::string, unsigned> faults;          ///< how often each may strike, by the model's names ("hang")
  unsigned secondary = 0;                          ///< of a bridge: the bus behind it; 0: it is no bridge
  bool message_interrupts = true;                  ///< false: the function lacks MSI and MSI-X
  bool function_level_reset = true;                ///< false: a function that has it goes without
  std::string qemu_type;        ///< of model "qemu": the device as QEMU calls it
  std::string qemu_properties;  ///< ",key=value..." as on QEMU's command line
  std::vector<std::string> qemu_arguments;  ///< further words of that command line: what the device refers to
  models::qemu::Computer* qemu = nullptr;  ///< the board's, while it runs
  unsigned qemu_number = 0;                ///< which of its devices this is
};

/// A value that tunes one of Windows' parts, by its name in [settings] ("scsiport.reset_holdoff").
enum class SettingKind { Duration, Number, Flag };
struct SettingInfo {
  std::string_view name;
  SettingKind kind;
  std::int64_t ordinary;  ///< ns for durations
  std::string_view meaning;
};
std::span<const SettingInfo> setting_infos();

struct Board {
  std::string name;
  std::string description;
  std::string file;  ///< "" for a built-in one
  unsigned processors = 1;
  std::uint64_t memory_bytes = 64 << 20;
  std::uint64_t ram_above_4gb_bytes = 0;
  std::vector<Device> devices;
  std::vector<Package> packages;
  acpi::Firmware firmware;                       ///< rails and reset lines
  std::map<std::string, std::int64_t> settings;  ///< only those the board sets
  std::shared_ptr<models::qemu::Computer> qemu;  ///< once start_qemu() has started it

  /// Whether machines on it run in live mode, on the wall's clock.
  bool is_live() const { return qemu != nullptr; }

  /// The board's value, or the ordinary one.
  std::int64_t setting(std::string_view setting_name) const;
  machine::Duration duration(std::string_view setting_name) const { return machine::Duration{setting(setting_name)}; }
};

/// Reads a board. `file` is for messages ("rail.toml:7: ..."); disk files are taken relative to `directory`.
host::Result<Board> parse_board(std::string_view text, const std::string& file, const std::string& directory = {});
/// Opens the files behind the board's disks; on failure none stays open. Call outside a machine.
host::Status open_disk_files(Board& board);
void close_disk_files(Board& board);
/// Starts QEMU if the board has devices of it. Call outside a machine, before any sandbox. With a tape, which outlives the
/// board, the run that comes is recorded on it, or made again from it without QEMU and without the files of its disks.
host::Status start_qemu(Board& board, machine::Tape* tape = nullptr);

/// A built-in board by its name, or a TOML file by its path.
host::Result<Board> load_board(const std::string& name_or_path);

struct BuiltInBoard {
  std::string_view name;
  std::string_view text;
};
std::span<const BuiltInBoard> built_in_boards();

}  // namespace drydock::bus::board
