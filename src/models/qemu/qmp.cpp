#include "models/qemu/qmp.h"

#include "host/socket.h"

namespace drydock::models::qemu {

using host::error;
using host::Status;

namespace {

/// The text of a member `"key": "text"` of an answer, without looking at its structure.
std::string member(const std::string& line, std::string_view key) {
  const std::string start = "\"" + std::string(key) + "\": \"";
  const std::size_t at = line.find(start);
  if (at == std::string::npos) return line;
  const std::size_t begin = at + start.size();
  return line.substr(begin, line.find('"', begin) - begin);
}

}  // namespace

/// One byte at a time: answers are short and few, and nothing may be kept between calls.
bool Qmp::next_line(std::string& line) {
  line.clear();
  char byte;
  host::Received got;
  while ((got = host::receive(socket_, &byte, 1, true)).bytes == 1) {
    if (byte == '\n') return true;
    if (byte != '\r') line.push_back(byte);
  }
  gone_ = true;
  stands_still_ = !got.ended;
  return false;
}

Status Qmp::greet() {
  std::string line;
  if (!next_line(line)) return error("QEMU ended before it said anything");
  return command(R"({"execute": "qmp_capabilities"})");
}

Status Qmp::command(std::string_view json) {
  const std::string request = std::string(json) + "\n";
  if (!host::send_all(socket_, request.data(), request.size())) return error("QEMU has gone");
  std::string line;
  while (next_line(line)) {
    if (line.starts_with("{\"return\"")) return {};
    if (line.starts_with("{\"error\"")) return error("QEMU refuses: ", member(line, "desc"));
  }
  return error("QEMU has gone");
}

}  // namespace drydock::models::qemu
