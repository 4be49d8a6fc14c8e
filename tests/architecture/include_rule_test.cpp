#include "architecture/include_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <places.h>

namespace drydock::architecture {
namespace {
namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

Rooms declared() {
  return read_rooms(DRYDOCK_BUILD_DIR "/rooms.txt");
}

/// Says which rooms lie on a circle of MAY_INCLUDE.
std::vector<std::string> on_a_circle(const Rooms& rooms) {
  std::vector<std::string> result;
  for (const auto& [start, unused] : rooms) {
    std::set<std::string> reached;
    std::function<void(const std::string&)> walk = [&](const std::string& name) {
      if (const auto room = rooms.find(name); room != rooms.end())
        for (const auto& next : room->second.may_include)
          if (reached.insert(next).second) walk(next);
    };
    walk(start);
    if (reached.count(start)) result.push_back(start);
  }
  return result;
}

TEST(IncludeRule, HoldsInSrc) {
  EXPECT_THAT(breaches(DRYDOCK_SOURCE_DIR "/src", declared()), IsEmpty());
}

TEST(IncludeRule, EveryNamedRoomIsDeclaredAndNoneIncludesItselfThroughOthers) {
  const Rooms rooms = declared();
  ASSERT_FALSE(rooms.empty());
  for (const auto& [name, room] : rooms) {
    for (const auto& other : room.may_include) EXPECT_TRUE(rooms.count(other)) << name << " names " << other;
    for (const auto& other : room.never_sees) EXPECT_TRUE(rooms.count(other)) << name << " names " << other;
  }
  EXPECT_THAT(on_a_circle(rooms), IsEmpty());
}

TEST(IncludeRule, ModelsKnowNoWindows) {
  const Rooms rooms = declared();
  EXPECT_TRUE(rooms.at("models").never_sees.count("nt"));
  EXPECT_FALSE(rooms.at("ntos").may_include.count("models"));
}

/// A small tree with planted breaches.
class PlantedTree : public testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/drydock_rooms_XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    root_ = pattern;
  }
  void TearDown() override { fs::remove_all(root_); }

  void file(const std::string& name, const std::string& text) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }
  std::vector<std::string> found() { return breaches(root_, rooms_); }

  fs::path root_;
  Rooms rooms_{{"nt", {}},
               {"host", {{}, {}, true}},
               {"machine", {{"nt", "host"}, {}, false}},
               {"models", {{"machine"}, {"nt"}, false}},
               {"ntos", {{"machine", "nt"}, {}, false}}};
};

TEST_F(PlantedTree, AllowedIncludesAreNoBreach) {
  file("nt/irp.h", "#pragma once\n");
  file("host/map.cpp", "#include <sys/mman.h>\n");
  file("machine/cpu.h", "#include \"nt/irp.h\"\n#include <vector>\n");
  file("ntos/io.cpp", "#include \"machine/cpu.h\"\n#include \"nt/irp.h\"\n// #include \"cli/x.h\"\n");
  file("ntos/io_test.cpp", "#include <unistd.h>\n");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(PlantedTree, NamesFileAndLineOfAnIncludeUpwards) {
  file("ntos/io.h", "");
  file("machine/cpu.cpp", "#include <map>\n\n  #  include \"ntos/io.h\"\n");
  EXPECT_THAT(found(), ElementsAre("machine/cpu.cpp:3: machine may not include ntos (\"ntos/io.h\")"));
}

TEST_F(PlantedTree, SeesThroughAHeaderInBetween) {
  file("nt/irp.h", "");
  file("machine/inner.h", "#include \"nt/irp.h\"\n#include \"machine/wires.h\"\n");
  file("machine/wires.h", "#include \"machine/inner.h\"\n");
  file("models/disk.cpp", "\n#include \"machine/wires.h\"\n");
  EXPECT_THAT(found(),
              ElementsAre("models/disk.cpp:2: models may not see nt (machine/wires.h > machine/inner.h > nt/irp.h)"));
}

TEST_F(PlantedTree, NamesAnUndeclaredRoom) {
  file("attic/box.cpp", "int x;\n");
  EXPECT_THAT(found(), ElementsAre("attic/box.cpp:1: attic is no room that cmake/rooms.cmake declares"));
}

TEST_F(PlantedTree, NamesAnIncludeThatIsNotWrittenFromSrc) {
  file("nt/irp.h", "");
  file("nt/io.h", "#include \"irp.h\"\n#include \"../nt/irp.h\"\n");
  EXPECT_THAT(found(), ElementsAre("nt/io.h:1: \"irp.h\" is no file of src/ (includes are written from there)",
                                   "nt/io.h:2: \"../nt/irp.h\" is no file of src/ (includes are written from there)"));
}

TEST_F(PlantedTree, OnlyTheHostKnowsLinux) {
  file("ntos/io.cpp", "#include <sys/mman.h>\n");
  EXPECT_THAT(found(), ElementsAre("ntos/io.cpp:1: ntos may not know Linux (<sys/mman.h>)"));
}

}  // namespace
}  // namespace drydock::architecture
