#pragma once
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace drydock::architecture {

/// One room as cmake/rooms.cmake declares it.
struct Room {
  std::set<std::string> may_include;
  std::set<std::string> never_sees;
  bool knows_linux = false;
};
using Rooms = std::map<std::string, Room>;

/// Reads what the build wrote from cmake/rooms.cmake: `name | rooms | rooms | linux` a line.
Rooms read_rooms(const std::filesystem::path& list);

/// Every breach of the include rule in a source tree, as `room/file.h:12: sentence`, in path order.
std::vector<std::string> breaches(const std::filesystem::path& src, const Rooms& rooms);

}  // namespace drydock::architecture
