#include "bus/board/board.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>

#include <toml++/toml.h>

#include "bus/board/model_catalogue.h"
#include "bus/board/nearest_name.h"
#include "bus/board/quantity.h"
#include "host/disk_file.h"

namespace drydock::bus::board {

using host::error;
using host::Result;
using host::Status;

std::string to_text(Slot slot) {
  return fmt::format("{}:{}.{}", slot.bus, slot.device, slot.function);
}

namespace {

constexpr SettingInfo kSettings[] = {
    {"scsiport.reset_holdoff", SettingKind::Duration, 4'000'000'000, "how long a bus rests after a reset"},
    {"scsiport.request_timeout", SettingKind::Duration, 10'000'000'000,
     "when a request without a limit of its own is late"},
    {"scsiport.timer_resolution", SettingKind::Duration, 10'000'000, "HwScsiTimer fires at the next multiple of it"},
    {"scsiport.initiator_bus_id", SettingKind::Number, 0xFF, "InitiatorBusId before HwScsiFindAdapter"},
    {"scsiport.uncached_extension_max", SettingKind::Number, 0, "largest uncached extension in bytes; 0 for no limit"},
    {"scsiport.verify", SettingKind::Flag, 1,
     "raise Windows' verifier stops; off, they are findings and the run goes on"},
    {"scsiport.guard_requests", SettingKind::Flag, 0, "a completed request's memory is taken from the miniport"},
};

const SettingInfo* find_setting(std::string_view name) {
  for (const SettingInfo& info : kSettings)
    if (info.name == name) return &info;
  return nullptr;
}

/// Reads the tables of one file; every complaint names file and line.
class Reader {
 public:
  Reader(std::string file, std::string directory) : file_(std::move(file)), directory_(std::move(directory)) {}

  Result<Board> read(std::string_view text) {
    toml::table top;
    try {
      top = toml::parse(text, std::string_view{file_});
    } catch (const toml::parse_error& failure) {
      return error(file_, ":", failure.source().begin.line, ": ", failure.description());
    }
    TRY(only_keys(top, "a board",
                  {"name", "description", "processors", "memory", "ram_above_4gb", "settings", "device"}));

    Board board;
    board.file = file_;
    board.name = TRY(text_of(top, "name", file_));
    board.description = TRY(text_of(top, "description", ""));
    board.processors = static_cast<unsigned>(TRY(number_of(top, "processors", 1, 1, 8)));
    board.memory_bytes = TRY(size_of(top, "memory", board.memory_bytes));
    board.ram_above_4gb_bytes = TRY(size_of(top, "ram_above_4gb", 0));
    if (board.memory_bytes < (16u << 20) || board.memory_bytes > (64ull << 30) || board.memory_bytes % 4096)
      return complain(top, "memory", "memory must be whole pages between 16 MiB and 64 GiB");
    if (board.ram_above_4gb_bytes > board.memory_bytes || board.ram_above_4gb_bytes % 4096)
      return complain(top, "ram_above_4gb", "ram_above_4gb must be whole pages and no more than memory");

    if (board.memory_bytes - board.ram_above_4gb_bytes > 0xE0000000)
      return complain(top, "memory",
                      "at most 3.5 GiB fit below the devices' addresses: put the rest into ram_above_4gb");

    TRY(read_settings(top, board));
    TRY(read_devices(top, board));
    return board;
  }

 private:
  int line_of(const toml::node& node) const { return static_cast<int>(node.source().begin.line); }

  host::Error at(const toml::node& node, const std::string& sentence) const {
    return error(file_, ":", line_of(node), ": ", sentence);
  }
  host::Error complain(const toml::table& table, std::string_view key, const std::string& sentence) const {
    const toml::node* node = table.get(key);
    return at(node ? *node : table, sentence);
  }
  host::Error wrong_type(const toml::node& node, std::string_view key, std::string_view wanted) const {
    return at(node, fmt::format("{} must be {}", key, wanted));
  }

  Status only_keys(const toml::table& table, std::string_view what, std::vector<std::string_view> known) const {
    for (auto&& [key, node] : table) {
      if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
      return error(file_, ":", key.source().begin.line, ": ", what, " has no key ", key.str(),
                   suggestion(key.str(), known));
    }
    return {};
  }

  Result<std::string> text_of(const toml::table& table, std::string_view key, std::string ordinary) const {
    const toml::node* node = table.get(key);
    if (!node) return ordinary;
    auto value = node->value_exact<std::string>();
    if (!value) return wrong_type(*node, key, "a text in quotes");
    return *value;
  }

  Result<bool> flag_of(const toml::table& table, std::string_view key, bool ordinary) const {
    const toml::node* node = table.get(key);
    if (!node) return ordinary;
    auto value = node->value_exact<bool>();
    if (!value) return wrong_type(*node, key, "true or false");
    return *value;
  }

  Result<std::int64_t> number_of(const toml::table& table, std::string_view key, std::int64_t ordinary,
                                 std::int64_t least, std::int64_t most) const {
    const toml::node* node = table.get(key);
    if (!node) return ordinary;
    auto value = node->value_exact<std::int64_t>();
    if (!value || *value < least || *value > most)
      return wrong_type(*node, key, fmt::format("a whole number from {} to {}", least, most));
    return *value;
  }

  Result<std::uint64_t> size_of(const toml::table& table, std::string_view key, std::uint64_t ordinary) const {
    const toml::node* node = table.get(key);
    if (!node) return ordinary;
    if (auto number = node->value_exact<std::int64_t>(); number && *number >= 0)
      return static_cast<std::uint64_t>(*number);
    if (auto text = node->value_exact<std::string>())
      if (auto size = size_of_text(*text)) return *size;
    return wrong_type(*node, key, "a size such as \"64 MiB\"");
  }

  Result<std::int64_t> duration_of(const toml::node& node, std::string_view key) const {
    if (auto text = node.value_exact<std::string>())
      if (auto value = nanoseconds_of_text(*text)) return *value;
    return wrong_type(node, key, "a duration such as \"250 ms\"");
  }

  Status read_settings(const toml::table& top, Board& board) const {
    const toml::node* node = top.get("settings");
    if (!node) return {};
    if (!node->is_table()) return wrong_type(*node, "settings", "a table ([settings])");
    return read_setting_table(*node->as_table(), "", board);
  }

  /// scsiport.reset_holdoff = ... arrives as a table in a table.
  Status read_setting_table(const toml::table& table, const std::string& prefix, Board& board) const {
    for (auto&& [key, node] : table) {
      std::string name = prefix + std::string(key.str());
      if (node.is_table()) {
        TRY(read_setting_table(*node.as_table(), name + ".", board));
        continue;
      }
      const SettingInfo* info = find_setting(name);
      if (!info) {
        std::vector<std::string_view> known;
        for (const SettingInfo& each : setting_infos()) known.push_back(each.name);
        return error(file_, ":", key.source().begin.line, ": there is no setting ", name, suggestion(name, known));
      }
      board.settings[name] = TRY(setting_value(*info, node));
    }
    return {};
  }

  Result<std::int64_t> setting_value(const SettingInfo& info, const toml::node& node) const {
    switch (info.kind) {
      case SettingKind::Duration:
        return duration_of(node, info.name);
      case SettingKind::Flag:
        if (auto value = node.value_exact<bool>()) return std::int64_t{*value};
        return wrong_type(node, info.name, "true or false");
      case SettingKind::Number:
        break;
    }
    if (auto value = node.value_exact<std::int64_t>(); value && *value >= 0) return *value;
    return wrong_type(node, info.name, "a whole number from 0");
  }

  Status read_devices(const toml::table& top, Board& board) const {
    const toml::node* node = top.get("device");
    if (!node) return {};
    const toml::array* array = node->as_array();
    if (!array || !array->is_homogeneous(toml::node_type::table))
      return wrong_type(*node, "device", "written as [[device]], with double brackets");
    for (const toml::node& entry : *array) {
      Device device = TRY(read_device(*entry.as_table()));
      for (const Device& other : board.devices) {
        if (other.slot != device.slot) continue;
        return complain(*entry.as_table(), "slot",
                        fmt::format("slot {} is taken by the {} of line {}: give one of them another slot",
                                    to_text(device.slot), other.model, other.line));
      }
      board.devices.push_back(std::move(device));
    }
    return {};
  }

  Result<Device> read_device(const toml::table& table) const {
    TRY(only_keys(
        table, "a device",
        {"slot", "model", "disk", "latency", "reset_latency", "faults", "message_interrupts", "function_level_reset"}));
    Device device;
    device.line = line_of(table);
    if (!table.contains("model")) return at(table, "this device names no model: add model = \"pvscsi\"");
    if (!table.contains("slot")) return at(table, "this device names no slot: add slot = \"0:3.0\"");

    device.model = TRY(text_of(table, "model", ""));
    const ModelInfo* model = find_model(device.model);
    if (!model) {
      std::vector<std::string_view> known;
      for (const ModelInfo& each : model_catalogue()) known.push_back(each.name);
      return complain(table, "model",
                      fmt::format("there is no model {}{}", device.model, suggestion(device.model, known)));
    }
    device.slot = TRY(read_slot(table));
    device.message_interrupts = TRY(flag_of(table, "message_interrupts", true));
    device.function_level_reset = TRY(flag_of(table, "function_level_reset", true));
    if (table.contains("function_level_reset") && !model->has_function_level_reset)
      return complain(table, "function_level_reset",
                      fmt::format("a {} has no function-level reset: remove this key", model->name));
    for (auto [key, value] : {std::pair{"latency", &device.latency}, std::pair{"reset_latency", &device.reset_latency}})
      if (const toml::node* node = table.get(key)) *value = machine::Duration{TRY(duration_of(*node, key))};
    device.faults = TRY(read_faults(table, *model));
    device.disks = TRY(read_disks(table, *model));
    return device;
  }

  Result<Slot> read_slot(const toml::table& table) const {
    std::string text = TRY(text_of(table, "slot", ""));
    std::array<unsigned, 3> parts{};
    const char* at_char = text.data();
    const char* end = at_char + text.size();
    bool well_formed = true;
    for (std::size_t i = 0; i < parts.size() && well_formed; ++i) {
      auto [rest, failure] = std::from_chars(at_char, end, parts[i]);
      well_formed = failure == std::errc{} && (i == 2 ? rest == end : rest != end && *rest == ":."[i]);
      at_char = rest + 1;
    }
    if (!well_formed || parts[0] > 255 || parts[1] > 31 || parts[2] > 7)
      return complain(table, "slot", fmt::format("slot \"{}\" is not bus:device.function, such as \"0:3.0\"", text));
    return Slot{parts[0], parts[1], parts[2]};
  }

  Result<std::map<std::string, unsigned>> read_faults(const toml::table& table, const ModelInfo& model) const {
    std::map<std::string, unsigned> faults;
    const toml::node* node = table.get("faults");
    if (!node) return faults;
    const toml::table* entries = node->as_table();
    if (!entries) return wrong_type(*node, "faults", "written as { hang = 1 }: how often each may strike");
    for (auto&& [key, entry] : *entries) {
      std::string name(key.str());
      if (!find_fault(model, name)) {
        std::vector<std::string_view> known;
        for (const FaultInfo& each : model.faults) known.push_back(each.name);
        return error(file_, ":", key.source().begin.line, ": ", model.name, " has no fault ", name,
                     suggestion(name, known));
      }
      faults[name] = static_cast<unsigned>(TRY(number_of(*entries, name, 0, 0, 1'000'000)));
    }
    return faults;
  }

  Result<std::vector<Disk>> read_disks(const toml::table& table, const ModelInfo& model) const {
    std::vector<Disk> disks;
    const toml::node* node = table.get("disk");
    if (!node) return disks;
    if (!model.takes_disks) return at(*node, fmt::format("a {} has no disks: remove this key", model.name));
    const toml::array* array = node->as_array();
    if (!array || !array->is_homogeneous(toml::node_type::table))
      return wrong_type(*node, "disk", "a list of tables ([[device.disk]])");
    for (const toml::node& entry : *array) {
      Disk disk = TRY(read_disk(*entry.as_table(), disks.size()));
      for (const Disk& other : disks)
        if (other.target == disk.target && other.lun == disk.lun)
          return at(entry, fmt::format("target {} lun {} is named twice: give one disk another target", disk.target,
                                       disk.lun));
      disks.push_back(std::move(disk));
    }
    return disks;
  }

  Result<Disk> read_disk(const toml::table& table, std::size_t index) const {
    TRY(only_keys(table, "a disk", {"target", "lun", "size", "file", "block", "read_only"}));
    Disk disk;
    disk.target = static_cast<unsigned>(TRY(number_of(table, "target", static_cast<std::int64_t>(index), 0, 63)));
    disk.lun = static_cast<unsigned>(TRY(number_of(table, "lun", 0, 0, 7)));
    disk.block_bytes = static_cast<unsigned>(TRY(number_of(table, "block", 512, 512, 4096)));
    disk.size_bytes = TRY(size_of(table, "size", 0));
    disk.file = TRY(text_of(table, "file", ""));
    disk.read_only = TRY(flag_of(table, "read_only", false));
    if (disk.file.empty() == (disk.size_bytes == 0))
      return at(table, "a disk needs either size = \"64 MiB\" (in memory) or file = \"disk.img\"");
    if (disk.block_bytes & (disk.block_bytes - 1)) return complain(table, "block", "block must be a power of two");
    if (disk.size_bytes % disk.block_bytes)
      return complain(table, "size", fmt::format("size must be whole blocks of {} bytes", disk.block_bytes));
    if (!disk.file.empty() && disk.file.front() != '/' && !directory_.empty()) disk.file = directory_ + "/" + disk.file;
    return disk;
  }

  std::string file_;
  std::string directory_;
};

}  // namespace

std::span<const SettingInfo> setting_infos() {
  return kSettings;
}

std::int64_t Board::setting(std::string_view setting_name) const {
  if (auto found = settings.find(std::string(setting_name)); found != settings.end()) return found->second;
  const SettingInfo* info = find_setting(setting_name);
  return info ? info->ordinary : 0;
}

Result<Board> parse_board(std::string_view text, const std::string& file, const std::string& directory) {
  return Reader(file, directory).read(text);
}

Status open_disk_files(Board& board) {
  for (Device& device : board.devices) {
    for (Disk& disk : device.disks) {
      if (disk.file.empty()) continue;
      Result<host::DiskFile> opened = host::open_disk_file(disk.file, disk.read_only);
      if (!opened) {
        close_disk_files(board);
        return std::move(opened).failure();
      }
      disk.descriptor = opened->descriptor;
      disk.size_bytes = opened->size_bytes / disk.block_bytes * disk.block_bytes;
    }
  }
  return {};
}

void close_disk_files(Board& board) {
  for (Device& device : board.devices)
    for (Disk& disk : device.disks) host::close_disk_file(std::exchange(disk.descriptor, -1));
}

Result<Board> load_board(const std::string& name_or_path) {
  for (const BuiltInBoard& built_in : built_in_boards()) {
    if (built_in.name != name_or_path) continue;
    Board board = TRY(parse_board(built_in.text, std::string(built_in.name)));
    board.name = built_in.name;
    board.file.clear();
    return board;
  }
  const bool is_path = name_or_path.find('/') != std::string::npos || name_or_path.ends_with(".toml");
  if (!is_path) {
    std::vector<std::string_view> known;
    for (const BuiltInBoard& each : built_in_boards()) known.push_back(each.name);
    return error("there is no board ", name_or_path, suggestion(name_or_path, known), "; a file's name ends in .toml");
  }
  std::ifstream stream(name_or_path, std::ios::binary);
  if (!stream) return error(name_or_path, ": this board cannot be read: does the file exist?");
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (stream.bad() || text.size() > (1u << 20)) return error(name_or_path, ": this is no board file");
  auto slash = name_or_path.rfind('/');
  return parse_board(text, name_or_path, slash == std::string::npos ? "." : name_or_path.substr(0, slash));
}

}  // namespace drydock::bus::board
