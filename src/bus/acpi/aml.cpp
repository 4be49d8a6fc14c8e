#include "bus/acpi/aml.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <string_view>
#include <vector>

#include "host/child_process.h"
#include "host/whole_file.h"

namespace drydock::bus::acpi {

using host::error;
using host::Result;
using host::Status;

namespace {

constexpr std::size_t kTableBytesMax = 1u << 20;
constexpr std::size_t kHeaderBytes = 36;
constexpr auto kLimit = std::chrono::seconds(20);
constexpr std::string_view kHostBridges[] = {"080AD041", "030AD041"};  // PNP0A08, PNP0A03 as EISA ids

/// acpiexec itself repairs and ignores a good deal, so the table's own checks come first.
Status check_table(const std::string& file) {
  const std::vector<std::byte> table = TRY(host::read_whole_file(file, kTableBytesMax));
  if (table.size() < kHeaderBytes)
    return error(file, ": this is no AML table: it has ", table.size(), " bytes, and a header alone has 36");
  const std::string_view text(reinterpret_cast<const char*>(table.data()), table.size());
  if (const std::string_view signature = text.substr(0, 4); signature != "SSDT" && signature != "DSDT")
    return error(file, ": this is no AML table: at offset 0 it must say SSDT or DSDT (compile the source with iasl)");
  std::uint32_t length = 0;
  for (unsigned i = 0; i < 4; ++i) length |= std::to_integer<std::uint32_t>(table[4 + i]) << 8 * i;
  if (length != table.size())
    return error(file, ": this AML table is damaged: at offset 4 it says that it has ", length, " bytes, but it has ",
                 table.size());
  const unsigned sum = std::accumulate(table.begin(), table.end(), 0u, [](unsigned so_far, std::byte each) {
    return so_far + std::to_integer<unsigned>(each);
  });
  if (sum & 0xFF)
    return error(file, ": this AML table is damaged: its bytes do not add up to the checksum at offset 9");
  return {};
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t start = line.find_first_not_of(" \t\n");
    if (start == std::string_view::npos) return words;
    line.remove_prefix(start);
    const std::size_t end = line.find_first_of(" \t\n");
    words.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return words;
    line.remove_prefix(end);
  }
}

template <class Number>
std::optional<Number> number_in(std::string_view text, int base) {
  Number number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return failure == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

/// A node of the namespace, as acpiexec lists it.
struct Node {
  std::string path;     ///< "\_SB_.PCI0.EDU0"
  std::string type;     ///< "Device"
  std::string address;  ///< "0x558045bed7e0": what references are printed with
  std::string value;    ///< of an integer: 16 hexadecimal digits
};

std::vector<Node> namespace_of(std::string_view output) {
  std::vector<Node> nodes;
  std::vector<std::string> path;
  for (std::string_view line : lines_of(output)) {
    // " 2      PRRA Power        0x558045bf3b50 002 ..."
    const std::vector<std::string_view> words = words_of(line);
    const auto depth = words.size() >= 4 ? number_in<unsigned>(words[0], 10) : std::nullopt;
    if (!depth || words[1].size() != 4 || !words[3].starts_with("0x") || *depth > path.size()) continue;
    path.resize(*depth);
    path.emplace_back(words[1]);
    Node node{.path = "\\", .type = std::string(words[2]), .address = std::string(words[3]), .value = {}};
    for (const std::string& each : path) node.path += (node.path.size() > 1 ? "." : "") + each;
    if (words.size() >= 7 && words[5] == "=") node.value = words[6];
    nodes.push_back(std::move(node));
  }
  return nodes;
}

class Table {
 public:
  Table(const std::string& file, const BusBehind& bus_behind) : file_(file), bus_behind_(bus_behind) {}

  Result<Firmware> read() {
    TRY(check_table(file_));
    nodes_ = namespace_of(TRY(run("namespace")));
    TRY(evaluate());
    for (const Node& node : nodes_)
      if (is_host_bridge(node)) TRY(read_children(node, 0));
    TRY(try_methods());
    return std::move(firmware_);
  }

 private:
  Result<std::string> run(const std::string& commands) const {
    auto output = host::run_program("acpiexec", {"-b", commands, file_}, kLimit);
    if (!output)
      return error(file_, ": this AML table cannot be read: ", output.failure().message,
                   " (acpiexec is in Debian's package acpica-tools)");
    for (std::string_view line : lines_of(output->text))
      if (const std::size_t at = line.find("ACPI Error"); at != std::string_view::npos)
        return error(file_, ": ACPICA refuses this AML table: ", line.substr(at));
    if (output->exit_code != 0) return error(file_, ": ACPICA refuses this AML table");
    return std::move(output->text);
  }

  const Node* node_at(std::string_view path) const {
    for (const Node& node : nodes_)
      if (node.path == path) return &node;
    return nullptr;
  }
  const Node* child(const Node& node, std::string_view name) const {
    return node_at(node.path + "." + std::string(name));
  }

  bool is_host_bridge(const Node& node) const {
    const Node* id = node.type == "Device" ? child(node, "_HID") : nullptr;
    if (!id || id->value.size() < 8) return false;
    const std::string_view last = std::string_view(id->value).substr(id->value.size() - 8);
    return last == kHostBridges[0] || last == kHostBridges[1];
  }

  /// One run of acpiexec for all: references are printed with addresses that only hold for that run.
  Status evaluate() {
    std::string commands = "namespace";
    for (const Node& node : nodes_) {
      const std::string_view name = std::string_view(node.path).substr(node.path.rfind('.') + 1);
      if (name == "_ADR" || name == "_PRR" || name == "_PR3" || name == "_UPC" || name == "_PLD")
        commands += ";evaluate " + node.path;
      if (node.path == "\\_SB_._OSC")  // the platform-wide capabilities, bit 2 asked for
        commands += ";evaluate " + node.path +
                    " (6E B0 11 08 27 4A F9 44 8D 60 3C BB C2 2E 7B 48) 1 2 (00 00 00 00 04 00 00 00)";
    }
    const std::string output = TRY(run(commands));
    nodes_ = namespace_of(output);
    std::string* answer = nullptr;
    for (std::string_view line : lines_of(output)) {
      if (line.starts_with("Evaluating ")) {
        answer = &answers_[std::string(words_of(line)[1])];
      } else if (answer) {
        answer->append(line).push_back('\n');
      }
    }
    firmware_.acknowledges_pr3 = acknowledged(answers_["\\_SB_._OSC"]);  // false if there is none (RST-172)
    return {};
  }

  /// "  [Buffer] Length 08 =     0000: 00 00 00 00 04 00 00 00  // ...": the second double word, bit 2.
  static bool acknowledged(const std::string& answer) {
    const std::vector<std::string_view> words = words_of(answer);
    const auto start = std::find(words.begin(), words.end(), "0000:");
    return words.end() - start > 5 && (number_in<unsigned>(start[5], 16).value_or(0) & 4);
  }

  std::string answer(const Node& node, std::string_view name) const {
    const auto found = answers_.find(node.path + "." + std::string(name));
    return found == answers_.end() ? std::string() : found->second;
  }

  /// "    [Object Reference] = 0x55e6a80b5b50 <Node>            Name PRRA Power 0x..."
  Result<std::vector<std::string>> references(const Node& device, std::string_view name) {
    std::vector<std::string> names;
    for (std::string_view line : lines_of(answer(device, name))) {
      if (line.find("[Object Reference]") == std::string_view::npos) continue;
      const std::vector<std::string_view> words = words_of(line);
      const Node* target = nullptr;
      for (const Node& node : nodes_)
        if (std::find(words.begin(), words.end(), node.address) != words.end()) target = &node;
      if (!target || target->type != "Power")
        return error(file_, ": ", device.path, ".", name, " names something that is no power resource");
      add_resource(*target);
      names.push_back(target->path);
    }
    return names;
  }

  void add_resource(const Node& node) {
    if (firmware_.resource(node.path)) return;
    PowerResource resource{.name = node.path, .rst = {}, .on = {}, .off = {}};
    if (child(node, "_RST")) resource.rst = Method{};
    firmware_.resources.push_back(std::move(resource));
  }

  Status read_children(const Node& bridge, unsigned bus) {
    for (const Node& node : nodes_) {
      if (node.type != "Device" || node.path.rfind('.') != bridge.path.size() || !node.path.starts_with(bridge.path))
        continue;
      const std::optional<std::uint64_t> address = integer(answer(node, "_ADR"));
      if (!address) continue;
      const Slot slot{bus, static_cast<unsigned>(*address >> 16 & 0x1F), static_cast<unsigned>(*address & 7)};
      TRY(read_device(node, slot));
      if (const unsigned behind = bus_behind_(slot)) TRY(read_children(node, behind));
    }
    return {};
  }

  static std::optional<std::uint64_t> integer(const std::string& answer) {
    for (std::string_view line : lines_of(answer))
      if (const std::size_t at = line.find("[Integer] = "); at != std::string_view::npos)
        return number_in<std::uint64_t>(line.substr(at + 12), 16);
    return std::nullopt;
  }

  Status read_device(const Node& node, Slot slot) {
    DeviceObject object;
    if (child(node, "_RST")) {
      object.rst = Method{};
      methods_.push_back({node.path + "._RST", [this, slot]() -> Method& { return *firmware_.devices[slot].rst; }});
    }
    const std::vector<std::string> line = TRY(references(node, "_PRR"));
    if (line.size() > 1) return error(file_, ": ", node.path, "._PRR must name one power resource, not ", line.size());
    if (!line.empty()) {
      object.prr = line.front();
      for (const char* method : {"_RST", "_ON_", "_OFF", "_STA"})
        if (!node_at(object.prr + "." + method))
          return error(file_, ": ", node.path, "._PRR names ", object.prr, ", which has no ", method);
    }
    object.pr3 = TRY(references(node, "_PR3"));
    if (child(node, "_UPC")) object.upc = static_cast<std::uint8_t>(integer(answer(node, "_UPC")).value_or(0));
    for (std::string_view text : lines_of(answer(node, "_PLD")))
      if (const std::vector<std::string_view> words = words_of(text);
          words.size() >= 3 && words[0] == "PLD_UserVisible")
        object.user_visible = words[2] != "0";
    if (!object.empty()) firmware_.devices[slot] = std::move(object);
    return {};
  }

  /// Success of a _RST is that it runs to its end (RST-165): one that does not will not do so on the board either.
  Status try_methods() {
    for (const PowerResource& resource : firmware_.resources)
      if (resource.rst)
        methods_.push_back({resource.name + "._RST",
                            [this, name = resource.name]() -> Method& { return *firmware_.resource(name)->rst; }});
    for (const auto& [path, method] : methods_) {
      auto output = host::run_program("acpiexec", {"-b", "execute " + path, file_}, kLimit);
      if (!output) return error(file_, ": ", path, ": ", output.failure().message);
      if (output->text.find("ACPI Error") != std::string::npos) method().fails = ~0u;
    }
    return {};
  }

  struct Tried {
    std::string path;
    std::function<Method&()> method;
  };

  const std::string& file_;
  const BusBehind& bus_behind_;
  std::vector<Node> nodes_;
  std::map<std::string, std::string> answers_;  ///< by path
  std::vector<Tried> methods_;
  Firmware firmware_;
};

}  // namespace

Result<Firmware> read_aml(const std::string& file, const BusBehind& bus_behind) {
  return Table(file, bus_behind).read();
}

}  // namespace drydock::bus::acpi
