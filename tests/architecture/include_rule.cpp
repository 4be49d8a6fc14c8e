#include "architecture/include_rule.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>

namespace drydock::architecture {
namespace fs = std::filesystem;
namespace {

struct Include {
  int line;
  bool quoted;
  std::string target;
};

std::set<std::string> words(const std::string& text) {
  std::istringstream in(text);
  std::set<std::string> result;
  for (std::string word; in >> word;) result.insert(word);
  return result;
}

std::optional<Include> include_of(const std::string& text, int line) {
  auto at = text.find_first_not_of(" \t");
  if (at == std::string::npos || text[at] != '#') return {};
  at = text.find_first_not_of(" \t", at + 1);
  if (at == std::string::npos || text.compare(at, 7, "include") != 0) return {};
  const auto open = text.find_first_of("\"<", at + 7);
  if (open == std::string::npos) return {};
  const bool quoted = text[open] == '"';
  const auto close = text.find(quoted ? '"' : '>', open + 1);
  if (close == std::string::npos) return {};
  return Include{line, quoted, text.substr(open + 1, close - open - 1)};
}

std::vector<Include> includes_of(const fs::path& file) {
  std::ifstream in(file);
  std::vector<Include> result;
  int line = 0;
  for (std::string text; std::getline(in, text);)
    if (auto include = include_of(text, ++line)) result.push_back(*include);
  return result;
}

bool is_source(const fs::path& file) {
  static const std::set<std::string> kExtensions{".h", ".cpp", ".c", ".inc", ".S"};
  return kExtensions.count(file.extension().string()) != 0;
}

bool is_linux_header(const std::string& name) {
  static const std::set<std::string> kHeaders{
      "unistd.h", "fcntl.h",   "signal.h",  "csignal",    "ucontext.h", "pthread.h", "poll.h", "sched.h", "dlfcn.h",
      "time.h",   "termios.h", "seccomp.h", "execinfo.h", "syscall.h",  "spawn.h",   "link.h", "elf.h"};
  return name.starts_with("sys/") || name.starts_with("linux/") || name.starts_with("asm/") || kHeaders.count(name);
}

std::string room_of(const fs::path& relative) {
  return relative.begin()->string();
}

class Tree {
 public:
  Tree(const fs::path& src, const Rooms& rooms) : src_(src), rooms_(rooms) {
    for (const auto& entry : fs::recursive_directory_iterator(src))
      if (entry.is_regular_file() && is_source(entry.path()))
        files_[entry.path().lexically_relative(src).generic_string()] = includes_of(entry.path());
  }

  std::vector<std::string> breaches() {
    for (const auto& [file, includes] : files_) {
      const auto room = rooms_.find(room_of(file));
      if (room == rooms_.end()) {
        say(file, 1, room_of(file) + " is no room that cmake/rooms.cmake declares");
        continue;
      }
      for (const Include& include : includes) check(file, include, room->first, room->second);
    }
    return std::move(said_);
  }

 private:
  void say(const std::string& file, int line, const std::string& sentence) {
    said_.push_back(file + ":" + std::to_string(line) + ": " + sentence);
  }

  void check(const std::string& file, const Include& include, const std::string& name, const Room& room) {
    const bool is_test = file.ends_with("_test.cpp");
    if (!include.quoted) {
      if (is_linux_header(include.target) && !room.knows_linux && !is_test)
        say(file, include.line, name + " may not know Linux (<" + include.target + ">)");
      return;
    }
    if (!files_.count(include.target)) {
      say(file, include.line, "\"" + include.target + "\" is no file of src/ (includes are written from there)");
      return;
    }
    const std::string target = room_of(include.target);
    if (target != name && !room.may_include.count(target)) {
      say(file, include.line, name + " may not include " + target + " (\"" + include.target + "\")");
      return;
    }
    for (const std::string& hidden : room.never_sees) {
      std::set<std::string> visited;
      if (const auto way = way_to(hidden, include.target, visited); !way.empty())
        say(file, include.line, name + " may not see " + hidden + " (" + way + ")");
    }
  }

  /// The chain of headers from `file` to one of `room`, or nothing.
  std::string way_to(const std::string& room, const std::string& file, std::set<std::string>& visited) const {
    if (room_of(file) == room) return file;
    if (!visited.insert(file).second) return {};
    const auto found = files_.find(file);
    if (found == files_.end()) return {};
    for (const Include& include : found->second)
      if (include.quoted)
        if (const auto rest = way_to(room, include.target, visited); !rest.empty()) return file + " > " + rest;
    return {};
  }

  fs::path src_;
  const Rooms& rooms_;
  std::map<std::string, std::vector<Include>> files_;
  std::vector<std::string> said_;
};

}  // namespace

Rooms read_rooms(const fs::path& list) {
  Rooms rooms;
  std::ifstream in(list);
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> fields;
    std::istringstream parts(line);
    for (std::string field; std::getline(parts, field, '|');) fields.push_back(field);
    fields.resize(4);
    for (const std::string& name : words(fields[0]))
      rooms[name] = Room{words(fields[1]), words(fields[2]), !words(fields[3]).empty()};
  }
  return rooms;
}

std::vector<std::string> breaches(const fs::path& src, const Rooms& rooms) {
  return Tree(src, rooms).breaches();
}

}  // namespace drydock::architecture
