// The tables of types, fields and constants that both compilers measure must name everything the headers declare.
// With DRYDOCK_BLESS=1 in the environment this test writes them anew.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>
#include <places.h>

namespace {

namespace fs = std::filesystem;

const fs::path kRoom = fs::path(DRYDOCK_SOURCE_DIR) / "src" / "nt";

std::string read(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// Identifiers, numbers and single punctuation marks; comments and preprocessor lines are gone.
std::vector<std::string> tokens_of(const std::string& text) {
  std::vector<std::string> tokens;
  bool line_start = true;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '\n') {
      line_start = true;
      ++i;
    } else if (std::isspace(static_cast<unsigned char>(c))) {
      ++i;
    } else if ((c == '#' && line_start) || text.compare(i, 2, "//") == 0) {
      while (i < text.size() && text[i] != '\n') ++i;
    } else if (c == '"') {
      const size_t end = text.find('"', i + 1);
      tokens.push_back(text.substr(i, end + 1 - i));
      i = end + 1;
    } else if (std::isalnum(static_cast<unsigned char>(c)) || c == '_') {
      size_t end = i;
      while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_')) ++end;
      tokens.push_back(text.substr(i, end - i));
      i = end;
      line_start = false;
    } else {
      tokens.push_back(std::string(1, c));
      ++i;
      line_start = false;
    }
  }
  return tokens;
}

bool is_windows_name(const std::string& name) {
  for (const char c : name) {
    if (std::islower(static_cast<unsigned char>(c))) return false;
  }
  return !name.empty();
}

/// One line of a table: `macro` says what is measured, `subject` is the name in messages and in the exemptions.
struct Entry {
  std::string macro;
  std::string subject;
  std::string arguments;
};

/// Reads one header of ours. The headers keep to one declaration a statement, which is all this understands.
class HeaderScan {
 public:
  explicit HeaderScan(const std::string& text) : tokens_(tokens_of(text)) {
    while (at_ < tokens_.size()) top_level();
  }

  const std::vector<Entry>& entries() const { return entries_; }

 private:
  const std::string& peek(size_t ahead = 0) const {
    static const std::string kEnd;
    return at_ + ahead < tokens_.size() ? tokens_[at_ + ahead] : kEnd;
  }
  bool done() const { return at_ >= tokens_.size(); }

  void skip_balanced() {
    int depth = 0;
    do {
      if (peek() == "(" || peek() == "{" || peek() == "[") ++depth;
      if (peek() == ")" || peek() == "}" || peek() == "]") --depth;
      ++at_;
    } while (depth > 0 && !done());
  }

  /// Past the `;` that ends a statement, or past the body that ends a function.
  void skip_statement() {
    while (!done()) {
      if (peek() == ";") {
        ++at_;
        return;
      }
      if (peek() == "{") {
        skip_balanced();
        return;
      }
      if (peek() == "(" || peek() == "[") {
        skip_balanced();
      } else {
        ++at_;
      }
    }
  }

  void skip_alignas() {
    if (peek() != "alignas") return;
    ++at_;
    skip_balanced();
  }

  void top_level() {
    if (peek() == "namespace") {
      while (peek() != "{") ++at_;
      ++at_;
    } else if (peek() == "}" || peek() == ";") {
      ++at_;
    } else if (peek() == "struct" || peek() == "union") {
      type();
    } else if (peek() == "enum") {
      enumeration();
    } else if (peek() == "inline" && peek(1) == "constexpr" && peek(4) == "=") {
      constant();
    } else if (peek() == "NT_STATUS" || peek() == "NT_STATUS_ALIAS" || peek() == "NT_BUGCHECK") {
      entries_.push_back({"NT_CONSTANT", peek(2), peek(2)});
      at_ += 6;
    } else {
      skip_statement();
    }
  }

  void constant() {
    const std::string type = peek(2);
    const std::string name = peek(3);
    if (is_windows_name(name)) {
      entries_.push_back({type == "GUID" ? "NT_GUID" : "NT_CONSTANT", name, name});
    }
    at_ += 5;
    while (!done() && peek() != ";") {
      if (peek() == "{") {
        skip_balanced();
      } else {
        ++at_;
      }
    }
  }

  void enumeration() {
    const std::string name = peek(1);
    while (peek() != "{" && peek() != ";") ++at_;
    if (peek() == ";") return;
    entries_.push_back({"NT_TYPE", name, name});
    ++at_;
    while (peek() != "}") {
      entries_.push_back({"NT_CONSTANT", peek(), peek()});
      while (peek() != "," && peek() != "}") ++at_;
      if (peek() == ",") ++at_;
    }
    ++at_;
  }

  void type() {
    ++at_;
    skip_alignas();
    const std::string name = peek();
    while (peek() != "{" && peek() != ";") ++at_;
    if (peek() == ";") return;
    if (!is_windows_name(name)) {
      skip_balanced();
      return;
    }
    entries_.push_back({"NT_TYPE", name, name});
    ++at_;
    std::vector<Entry> fields;
    body(name, "", fields);
    entries_.insert(entries_.end(), fields.begin(), fields.end());
  }

  static void add(std::vector<Entry>& fields, const std::string& macro, const std::string& type,
                  const std::string& path) {
    fields.push_back({macro, type + "." + path, type + ", " + path});
  }

  void body(const std::string& type, const std::string& prefix, std::vector<Entry>& fields) {
    while (!done() && peek() != "}") {
      if (peek() == "friend") {
        skip_statement();
      } else if ((peek() == "struct" || peek() == "union") && peek(1) == "{") {
        nested(type, prefix, fields);
      } else {
        member(type, prefix, fields);
      }
    }
    ++at_;
  }

  void nested(const std::string& type, const std::string& prefix, std::vector<Entry>& fields) {
    at_ += 2;
    const size_t body_at = at_;
    std::vector<Entry> ignored;
    body(type, prefix, ignored);
    std::string inside = prefix;
    if (peek() != ";") {
      const std::string name = prefix + peek();
      add(fields, "NT_FIELD", type, name);
      inside = name + (peek(1) == "[" ? "[0]." : ".");
    }
    const size_t after = at_;
    at_ = body_at;
    body(type, inside, fields);
    at_ = after;
    while (peek() != ";") ++at_;
    ++at_;
  }

  void member(const std::string& type, const std::string& prefix, std::vector<Entry>& fields) {
    skip_alignas();
    std::string name;
    bool pointer_to_array = false;
    bool bit_field = false;
    bool open_ended = false;
    while (!done() && peek() != ";") {
      if (peek() == "(" && peek(1) == "*") {
        name = peek(2);
        pointer_to_array = true;
        at_ += 4;
      } else if (peek() == "[") {
        open_ended |= peek(1) == "]" && !pointer_to_array;
        skip_balanced();
      } else if (peek() == ":") {
        bit_field = true;
        at_ += 2;
      } else {
        const char first = peek()[0];
        if ((std::isalpha(static_cast<unsigned char>(first)) || first == '_') && !pointer_to_array) name = peek();
        ++at_;
      }
    }
    ++at_;
    if (!bit_field) add(fields, open_ended ? "NT_TAIL" : "NT_FIELD", type, prefix + name);
  }

  std::vector<std::string> tokens_;
  size_t at_ = 0;
  std::vector<Entry> entries_;
};

/// The names of layout_exempt.txt that mingw-w64 cannot measure ("missing" sections), and all names it lists.
struct Exemptions {
  std::set<std::string> missing;
  std::set<std::string> all;
};

Exemptions exemptions() {
  Exemptions result;
  std::ifstream in(kRoom / "layout_exempt.txt");
  bool missing = false;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '[') {
      missing = line.compare(0, 9, "[missing:") == 0;
      continue;
    }
    std::stringstream names(line);
    for (std::string name; names >> name;) {
      result.all.insert(name);
      if (missing) result.missing.insert(name);
    }
  }
  return result;
}

/// A field goes with its structure and with the structure or union it is nested in.
bool is_missing(const Exemptions& exempt, std::string subject) {
  while (true) {
    if (exempt.missing.count(subject)) return true;
    const size_t dot = subject.find_last_of(".[");
    if (dot == std::string::npos) return false;
    subject.resize(dot);
  }
}

/// What user-mode headers of mingw-w64 declare rather than its driver headers.
bool is_user_mode(const std::string& header, const std::string& subject) {
  return header == "exception.h" || header == "pe.h" || subject.compare(0, 10, "FAST_FAIL_") == 0;
}

struct Tables {
  std::string kernel;
  std::string user;
  std::set<std::string> subjects;
};

Tables scan() {
  std::set<fs::path> headers;
  for (const auto& file : fs::directory_iterator(kRoom)) {
    const fs::path& path = file.path();
    const std::string name = path.filename().string();
    if (name == "layout_guest.h") continue;  // the test's own
    if (path.extension() == ".h" || name == "status_codes.inc" || name == "bugcheck_codes.inc") headers.insert(path);
  }
  const Exemptions exempt = exemptions();
  const std::string head =
      "// Made from the headers by layout_table_test.cpp; DRYDOCK_BLESS=1 nt_test makes it anew. Not to be edited.\n";
  Tables tables{head, head, {}};
  for (const fs::path& path : headers) {
    const std::string name = path.filename().string();
    std::string kernel;
    std::string user;
    const HeaderScan header(read(path));
    for (const Entry& entry : header.entries()) {
      tables.subjects.insert(entry.subject);
      if (is_missing(exempt, entry.subject)) continue;
      (is_user_mode(name, entry.subject) ? user : kernel) += entry.macro + "(" + entry.arguments + ")\n";
    }
    if (!kernel.empty()) tables.kernel += "// " + name + "\n" + kernel;
    if (!user.empty()) tables.user += "// " + name + "\n" + user;
  }
  return tables;
}

void expect_table(const std::string& file, const std::string& wanted) {
  const fs::path path = kRoom / file;
  if (std::getenv("DRYDOCK_BLESS") != nullptr) {
    std::ofstream(path) << wanted;
    return;
  }
  const std::string found = read(path);
  if (found == wanted) return;
  auto lines_of = [](const std::string& text) {
    std::set<std::string> lines;
    std::stringstream in(text);
    for (std::string line; std::getline(in, line);) lines.insert(line);
    return lines;
  };
  const auto have = lines_of(found);
  const auto want = lines_of(wanted);
  for (const auto& line : want) {
    if (!have.count(line)) ADD_FAILURE() << file << " lacks " << line;
  }
  for (const auto& line : have) {
    if (!want.count(line)) ADD_FAILURE() << file << " has " << line << ", which no header declares";
  }
  if (!testing::Test::HasFailure()) ADD_FAILURE() << file << " is out of order";
}

}  // namespace

TEST(LayoutTable, NamesEveryTypeFieldAndConstantTheHeadersDeclare) {
  const Tables tables = scan();
  expect_table("layout_kernel.inc", tables.kernel);
  expect_table("layout_user.inc", tables.user);
}

TEST(LayoutTable, ExemptsOnlyWhatTheHeadersDeclare) {
  const Tables tables = scan();
  for (const auto& name : exemptions().all) EXPECT_TRUE(tables.subjects.count(name)) << name;
}

TEST(LayoutTable, ReadsNestedOpenEndedAndOddMembers) {
  const HeaderScan scan(R"(
namespace a::b {
struct FORWARD;
using X = VOID(NTAPI*)(int);
struct alignas(16) OUTER {
  UCHAR Bits : 3;
  alignas(8) ULONG Aligned;
  union {
    struct {
      PVOID Deep[4];
    };
    ULONG Named;
  } Part;
  ACCESS_RANGE (*Ranges)[];
  UCHAR Tail[];
};
static_assert(sizeof(OUTER) == 1);
enum COLOUR : LONG { Red, Green = Red + 1 };
inline constexpr ULONG LIMIT = 4;
inline constexpr ULONG kOurs = 4;
inline void function(int a) { if (a) { a = 1; } }
}  // namespace a::b
)");
  std::vector<std::string> lines;
  for (const auto& entry : scan.entries()) lines.push_back(entry.macro + "(" + entry.arguments + ")");
  EXPECT_THAT(lines, testing::ElementsAre("NT_TYPE(OUTER)", "NT_FIELD(OUTER, Aligned)", "NT_FIELD(OUTER, Part)",
                                          "NT_FIELD(OUTER, Part.Deep)", "NT_FIELD(OUTER, Part.Named)",
                                          "NT_FIELD(OUTER, Ranges)", "NT_TAIL(OUTER, Tail)", "NT_TYPE(COLOUR)",
                                          "NT_CONSTANT(Red)", "NT_CONSTANT(Green)", "NT_CONSTANT(LIMIT)"));
}
