#include "bus/board/board.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>

#include <toml++/toml.h>

#include "bus/acpi/aml.h"
#include "bus/board/model_catalogue.h"
#include "bus/board/nearest_name.h"
#include "bus/board/quantity.h"
#include "host/disk_file.h"

namespace drydock::bus::board {

using host::error;
using host::Result;
using host::Status;

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

/// More would not leave each of them a window.
constexpr std::int64_t kBusesMax = 30;

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
                  {"name", "description", "processors", "memory", "ram_above_4gb", "settings", "device", "package", "rail",
                   "firmware", "acpi"}));

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
    TRY(read_rails(top, board));
    TRY(read_devices(top, board));
    TRY(read_packages(top, board));
    TRY(check_buses(board));
    if (top.contains("acpi"))
      TRY(read_table(top, board));
    else
      TRY(read_firmware(top, board));
    share_rails_among_functions(board);
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

  /// A list of texts; `such_as` for who writes something else.
  Result<std::vector<std::string>> texts_of(const toml::table& table, std::string_view key,
                                            std::string_view such_as) const {
    std::vector<std::string> texts;
    const toml::node* node = table.get(key);
    if (!node) return texts;
    const auto wrong = [&](const toml::node& at) {
      return wrong_type(at, key, fmt::format("a list of texts such as {}", such_as));
    };
    if (!node->as_array()) return wrong(*node);
    for (const toml::node& each : *node->as_array()) {
      auto value = each.value_exact<std::string>();
      if (!value) return wrong(each);
      texts.push_back(*value);
    }
    return texts;
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
        const bool alike = other.model == device.model && other.qemu_type == device.qemu_type;
        if (alike && other.hardware_key != device.hardware_key)
          return at(*entry.as_table(), fmt::format("the {} of line {} has another hardware_key: it is what the package "
                                                   "of its driver writes for all devices of a kind",
                                                   other.model, other.line));
        if (alike &&
            (other.lower_filters != device.lower_filters || other.upper_filters != device.upper_filters))
          return at(*entry.as_table(),
                    fmt::format("the {} of line {} has other filters: they belong to the package of its driver, which is "
                                "one for all devices of a kind",
                                other.model, other.line));
        if (other.slot != device.slot) continue;
        return complain(*entry.as_table(), "slot",
                        fmt::format("slot {} is taken by the {} of line {}: give one of them another slot",
                                    to_text(device.slot), other.model, other.line));
      }
      if (acpi::DeviceObject object = TRY(read_methods(*entry.as_table(), board.firmware));
          !object.empty() || object.separate_power)
        board.firmware.devices[device.slot] = std::move(object);
      board.devices.push_back(std::move(device));
    }
    return {};
  }

  Result<std::vector<RegistryValue>> registry_values_of(const toml::table& table, std::string_view key) const {
    constexpr std::int64_t kDwordMax = 0xFFFFFFFF;
    std::vector<RegistryValue> values;
    const toml::node* node = table.get(key);
    if (!node) return values;
    if (!node->as_table()) return wrong_type(*node, key, "values such as { PortName = \"COM1\", Size = 16 }");
    for (auto&& [name, each] : *node->as_table()) {
      RegistryValue value{.name = std::string(name.str()), .text = {}, .number = {}};
      const auto number = each.value_exact<std::int64_t>();
      if (auto text = each.value_exact<std::string>())
        value.text = *text;
      else if (number && *number >= 0 && *number <= kDwordMax)
        value.number = static_cast<std::uint32_t>(*number);
      else
        return wrong_type(each, value.name, "a text, or a number from 0 to 0xFFFFFFFF");
      values.push_back(std::move(value));
    }
    return values;
  }

  Status read_packages(const toml::table& top, Board& board) const {
    const toml::node* node = top.get("package");
    if (!node) return {};
    const toml::array* array = node->as_array();
    if (!array || !array->is_homogeneous(toml::node_type::table))
      return wrong_type(*node, "package", "written as [[package]], with double brackets");
    for (const toml::node& entry : *array) {
      const toml::table& table = *entry.as_table();
      TRY(only_keys(table, "a package", {"ids", "driver", "hardware_key"}));
      Package package;
      package.line = line_of(table);
      package.ids = TRY(texts_of(table, "ids", "['BUS\\Thing']"));
      package.driver = TRY(text_of(table, "driver", ""));
      if (package.ids.empty()) return at(table, "this package is for no device: add ids = ['BUS\\Thing']");
      if (package.driver.empty()) return at(table, "this package names no driver: add driver = \"thing.sys\"");
      package.hardware_key = TRY(registry_values_of(table, "hardware_key"));
      board.packages.push_back(std::move(package));
    }
    return {};
  }

  Result<Device> read_device(const toml::table& table) const {
    TRY(only_keys(table, "a device",
                  {"slot", "model", "device", "arguments", "driver", "lower_filters", "upper_filters", "hardware_key", "disk", "latency",
                   "reset_latency", "faults", "message_interrupts", "function_level_reset", "secondary", "_RST", "_PRR",
                   "_PR3", "_UPC", "_PLD", "separate_power"}));
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
    device.driver = TRY(text_of(table, "driver", ""));
    device.lower_filters = TRY(texts_of(table, "lower_filters", "[\"edu_filter.sys\"]"));
    device.upper_filters = TRY(texts_of(table, "upper_filters", "[\"edu_filter.sys\"]"));
    device.hardware_key = TRY(registry_values_of(table, "hardware_key"));
    if (model->is_bridge && !table.contains("secondary"))
      return at(table, fmt::format("this {} does not say which bus is behind it: add secondary = 1", model->name));
    if (!model->is_bridge && table.contains("secondary"))
      return complain(table, "secondary", fmt::format("a {} has no bus behind it: remove this key", model->name));
    device.secondary = static_cast<unsigned>(TRY(number_of(table, "secondary", 0, 1, kBusesMax)));
    device.message_interrupts = TRY(flag_of(table, "message_interrupts", true));
    TRY(read_qemu_device(table, device));
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

  // ---- the firmware ----

  /// A method is there (true), or there and takes its time ("5 ms"), or also fails a few times ({ takes = .., fails = 1
  /// }).
  Result<std::optional<acpi::Method>> method_of(const toml::table& table, std::string_view key) const {
    const toml::node* node = table.get(key);
    if (!node) return std::optional<acpi::Method>();
    acpi::Method method;
    if (auto flag = node->value_exact<bool>()) return *flag ? std::optional(method) : std::nullopt;
    if (const toml::table* parts = node->as_table()) {
      TRY(only_keys(*parts, "a method", {"takes", "fails"}));
      if (const toml::node* takes = parts->get("takes"))
        method.takes = machine::Duration{TRY(duration_of(*takes, "takes"))};
      method.fails = static_cast<unsigned>(TRY(number_of(*parts, "fails", 0, 0, 1'000'000)));
      return std::optional(method);
    }
    if (auto text = node->value_exact<std::string>())
      if (auto value = nanoseconds_of_text(*text)) {
        method.takes = machine::Duration{*value};
        return std::optional(method);
      }
    return wrong_type(*node, key, "true, a duration such as \"5 ms\", or { takes = \"5 ms\", fails = 1 }");
  }

  Status read_rails(const toml::table& top, Board& board) const {
    const toml::node* node = top.get("rail");
    if (!node) return {};
    const toml::array* array = node->as_array();
    if (!array || !array->is_homogeneous(toml::node_type::table))
      return wrong_type(*node, "rail", "written as [[rail]], with double brackets");
    for (const toml::node& entry : *array) {
      const toml::table& table = *entry.as_table();
      TRY(only_keys(table, "a rail", {"name", "_RST", "_ON", "_OFF"}));
      acpi::PowerResource resource;
      resource.line = line_of(table);
      resource.name = TRY(text_of(table, "name", ""));
      if (resource.name.empty()) return at(table, "this rail has no name: add name = \"PRRA\"");
      if (const acpi::PowerResource* other = board.firmware.resource(resource.name))
        return complain(table, "name", fmt::format("rail {} is there already, in line {}", other->name, other->line));
      resource.rst = TRY(method_of(table, "_RST"));
      resource.on = TRY(method_of(table, "_ON")).value_or(acpi::Method{});
      resource.off = TRY(method_of(table, "_OFF")).value_or(acpi::Method{});
      board.firmware.resources.push_back(std::move(resource));
    }
    return {};
  }

  Result<std::string> rail_named(const toml::node& node, std::string_view key, const acpi::Firmware& firmware) const {
    auto name = node.value_exact<std::string>();
    if (!name) return wrong_type(node, key, "the name of a rail in quotes");
    if (!firmware.resource(*name)) {
      std::vector<std::string_view> known;
      for (const acpi::PowerResource& each : firmware.resources) known.push_back(each.name);
      if (known.empty()) return at(node, fmt::format("there is no rail {}: describe it under [[rail]]", *name));
      return at(node, fmt::format("there is no rail {}{}", *name, suggestion(*name, known)));
    }
    return *name;
  }

  Result<acpi::DeviceObject> read_methods(const toml::table& table, const acpi::Firmware& firmware) const {
    acpi::DeviceObject object;
    object.rst = TRY(method_of(table, "_RST"));
    object.separate_power = TRY(flag_of(table, "separate_power", false));
    if (const toml::node* node = table.get("_PRR")) {
      object.prr = TRY(rail_named(*node, "_PRR", firmware));
      if (!firmware.resource(object.prr)->rst)
        return at(*node, fmt::format("_PRR names rail {}, which has no _RST: add _RST = true in line {}", object.prr,
                                     firmware.resource(object.prr)->line));
    }
    if (const toml::node* node = table.get("_PR3")) {
      const toml::array* names = node->as_array();
      if (!names) return wrong_type(*node, "_PR3", "a list of rails such as [\"PRRA\"]");
      for (const toml::node& name : *names) object.pr3.push_back(TRY(rail_named(name, "_PR3", firmware)));
    }
    if (table.contains("_UPC")) object.upc = static_cast<std::uint8_t>(TRY(number_of(table, "_UPC", 0, 0, 255)));
    if (const toml::node* node = table.get("_PLD")) {
      const toml::table* parts = node->as_table();
      if (!parts) return wrong_type(*node, "_PLD", "written as { user_visible = false }");
      TRY(only_keys(*parts, "_PLD", {"user_visible"}));
      object.user_visible = TRY(flag_of(*parts, "user_visible", false));
    }
    return object;
  }

  /// The firmware as a compiled table instead of as keys.
  Status read_table(const toml::table& top, Board& board) const {
    for (const char* key : {"rail", "firmware"})
      if (top.contains(key))
        return complain(top, key, fmt::format("this board leaves its rails to the table of acpi: remove {}", key));
    if (!board.firmware.devices.empty()) {
      const Slot described = board.firmware.devices.begin()->first;
      for (const Device& device : board.devices)
        if (device.slot == described)
          return error(file_, ":", device.line,
                       ": this board leaves its methods to the table of acpi: remove the keys of "
                       "this device that begin with _");
    }
    std::string table = TRY(text_of(top, "acpi", ""));
    if (table.empty()) return complain(top, "acpi", "acpi must be the name of a compiled table such as \"ssdt.aml\"");
    if (table.front() != '/' && !directory_.empty()) table = directory_ + "/" + table;
    auto firmware = acpi::read_aml(table, [&board](Slot slot) {
      for (const Device& device : board.devices)
        if (device.slot == slot) return device.secondary;
      return 0u;
    });
    if (!firmware) return complain(top, "acpi", firmware.failure().message);
    board.firmware = std::move(firmware).value();
    return {};
  }

  Status read_firmware(const toml::table& top, Board& board) const {
    const toml::node* node = top.get("firmware");
    if (node) {
      const toml::table* table = node->as_table();
      if (!table) return wrong_type(*node, "firmware", "a table ([firmware])");
      TRY(only_keys(*table, "firmware", {"_OSC_PR3"}));
      board.firmware.acknowledges_pr3 = TRY(flag_of(*table, "_OSC_PR3", true));
    }
    for (const acpi::PowerResource& resource : board.firmware.resources) {
      const bool used =
          std::any_of(board.firmware.devices.begin(), board.firmware.devices.end(), [&](const auto& each) {
            const std::vector<std::string>& pr3 = each.second.pr3;
            return each.second.prr == resource.name || std::find(pr3.begin(), pr3.end(), resource.name) != pr3.end();
          });
      if (!used)
        return error(file_, ":", resource.line, ": rail ", resource.name,
                     " names no device: give one of them _PRR or _PR3, or remove the rail");
    }
    return {};
  }

  /// The functions of one device usually hang on one rail (RST-122).
  static void share_rails_among_functions(Board& board) {
    for (const Device& device : board.devices) {
      const auto described = board.firmware.devices.find(device.slot);
      if (described == board.firmware.devices.end() || described->second.separate_power) continue;
      const acpi::DeviceObject object = described->second;
      for (const Device& other : board.devices) {
        if (other.slot == device.slot || other.slot.bus != device.slot.bus || other.slot.device != device.slot.device)
          continue;
        acpi::DeviceObject& sibling = board.firmware.devices[other.slot];
        if (sibling.separate_power || !sibling.prr.empty() || !sibling.pr3.empty()) continue;
        sibling.prr = object.prr;
        sibling.pr3 = object.pr3;
      }
    }
  }

  /// Every bus but 0 lies behind exactly one bridge, whose own bus has a lower number.
  Status check_buses(const Board& board) const {
    auto bridge_of = [&board](unsigned bus, const Device* other_than) -> const Device* {
      for (const Device& device : board.devices)
        if (&device != other_than && device.secondary == bus && bus != 0) return &device;
      return nullptr;
    };
    for (const Device& device : board.devices) {
      if (device.slot.bus != 0 && !bridge_of(device.slot.bus, nullptr))
        return error(file_, ":", device.line, ": no bridge has bus ", device.slot.bus,
                     " behind it: give a root-port secondary = ", device.slot.bus,
                     ", or the device a slot on another bus");
      if (device.secondary == 0) continue;
      if (const Device* other = bridge_of(device.secondary, &device))
        return error(file_, ":", device.line, ": bus ", device.secondary, " is behind the bridge of line ", other->line,
                     " already: give one of them another number");
      if (device.secondary <= device.slot.bus)
        return error(file_, ":", device.line,
                     ": the bus behind a bridge must have a higher number than its own, which is ", device.slot.bus);
    }
    return {};
  }

  /// device = "lsi53c895a,key=value": what would stand behind -device.
  Status read_qemu_device(const toml::table& table, Device& device) const {
    const std::string text = TRY(text_of(table, "device", ""));
    if (device.model != "qemu") {
      for (const char* key : {"device", "arguments"})
        if (table.contains(key))
          return complain(table, key, fmt::format("only model = \"qemu\" takes this key: remove {}", key));
      return {};
    }
    if (text.empty()) return at(table, "a qemu device needs its name: add device = \"pvscsi\"");
    const std::size_t comma = text.find(',');
    device.qemu_type = text.substr(0, comma);
    if (comma != std::string::npos) device.qemu_properties = text.substr(comma);
    for (std::string_view own : {",id=", ",bus=", ",addr=", ",drive="})
      if (device.qemu_properties.find(own) != std::string::npos)
        return complain(table, "device", fmt::format("{} is set by the board itself: leave it out", own.substr(1)));
    device.qemu_arguments = TRY(texts_of(table, "arguments", "[\"-object\", \"rng-random,id=r\"]"));
    if (table.contains("latency") || table.contains("reset_latency") || !device.message_interrupts)
      return complain(table, table.contains("latency") ? "latency" : "model",
                      "QEMU's devices have their own timing and interrupts: remove latency, reset_latency and "
                      "message_interrupts");
    return {};
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
    if (device.model == "qemu") continue;  // QEMU opens its own
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
