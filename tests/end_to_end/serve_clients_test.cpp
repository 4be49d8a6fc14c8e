// drydock serve and what its clients do to it: load with checksums, file systems, trim, and clients that misbehave.

#include <sys/socket.h>
#include <sys/un.h>

#include "end_to_end/mortal_qemu.h"
#include "end_to_end/serving.h"

namespace drydock::end_to_end {
namespace {

/// fio's mixed random I/O with a checksum in every block, read back at the end. 0 if all were right.
int verified_load(const Server& server, const std::string& more) {
  return shell("timeout 200 fio --name=v --ioengine=nbd --rw=randrw --bs=4k --iodepth=32 --size=16M --verify=crc32c "
               "--verify_fatal=1 --verify_state_save=0 --verify_backlog=256 " + more + " --uri=" + server.uri());
}

class ServeUnderChaos : public testing::TestWithParam<const char*> {};

TEST_P(ServeUnderChaos, EveryBlockIsAsItWasWritten) {
  if (shell("fio --version") != 0) GTEST_SKIP() << "fio is not installed";
  Server server(std::string(GetParam()) + " --chaos bus-reset=500ms");
  EXPECT_EQ(verified_load(server, "--time_based --runtime=4"), 0);
  const std::string said = server.finish();
  EXPECT_NE(said.find("PASS"), std::string::npos) << said;
  EXPECT_NE(said.find(", 0 failed\n"), std::string::npos) << said;
  EXPECT_EQ(said.find("\n0 bus resets"), std::string::npos) << said;
}

INSTANTIATE_TEST_SUITE_P(Models, ServeUnderChaos, testing::Values("--board pvscsi", "--board qemu-pvscsi"),
                         [](const auto& each) { return std::string(each.index == 0 ? "Embedded" : "Qemu"); });

/// The adapter's bus offers function-level resets.
class ServeFunctionResets : public testing::TestWithParam<const char*> {};

TEST_P(ServeFunctionResets, SP_377_LoseNoRequestAndNoByte) {
  if (shell("fio --version") != 0) GTEST_SKIP() << "fio is not installed";
  const TemporaryFile board("rst.toml", std::string("[settings]\nscsiport.reset_holdoff = \"20 ms\"\n[[device]]\nslot = \"0:3.0\"\n"
                                                    "disk = [{ size = \"32 MiB\" }]\n_RST = true\n") + GetParam());
  Server server("--board " + board.path() + " --chaos function-reset=300ms");
  EXPECT_EQ(verified_load(server, "--time_based --runtime=4"), 0);
  const std::string said = server.finish();
  EXPECT_NE(said.find("PASS"), std::string::npos) << said;
  EXPECT_NE(said.find(", 0 failed\n"), std::string::npos) << said;
  EXPECT_EQ(said.find(" 0 function-level resets"), std::string::npos) << said;
}

INSTANTIATE_TEST_SUITE_P(Models, ServeFunctionResets,
                         testing::Values("model = \"pvscsi\"\n", "model = \"qemu\"\ndevice = \"pvscsi\"\n"),
                         [](const auto& each) { return std::string(each.index == 0 ? "Embedded" : "Qemu"); });

TEST(ServeChaos, AFunctionLevelResetThatNobodyOffersIsSaid) {
  const Ran ran = drydock("serve " + guest("pvscsi") + " --plain --socket /tmp/drydock-nofr-" + std::to_string(getpid()) +
                          " --chaos function-reset=1s");
  EXPECT_EQ(ran.exit_code, 1) << ran.output;
  EXPECT_TRUE(ran.says("offers no function-level reset")) << ran.output;
}

class ServeTrim : public testing::TestWithParam<const char*> {};

TEST_P(ServeTrim, TrimmedBlocksReadAsZeros) {
  Server server(GetParam());
  EXPECT_EQ(shell("timeout 100 qemu-io -f raw -d unmap -c 'write -P 0xa5 0 2M' -c 'discard 4k 1M' -c 'flush' "
                  "-c 'read -P 0xa5 0 4k' -c 'read -P 0 4k 1M' -c 'read -P 0xa5 1028k 64k' " + server.uri() +
                  " 2>&1 | grep -q -i -e fail -e error"), 1);
  const std::string said = server.finish();
  EXPECT_EQ(said.find(" 0 trims"), std::string::npos) << said;
  EXPECT_NE(said.find(", 0 failed\n"), std::string::npos) << said;
}

INSTANTIATE_TEST_SUITE_P(Models, ServeTrim, testing::Values("--board pvscsi", "--board qemu-pvscsi"),
                         [](const auto& each) { return std::string(each.index == 0 ? "Embedded" : "Qemu"); });

TEST(ServeFileSystem, AnExt4ThatWasCopiedInIsSoundWhenItComesOut) {
  if (shell("PATH=$PATH:/sbin:/usr/sbin command -v mkfs.ext4") != 0) GTEST_SKIP() << "e2fsprogs is not installed";
  const TemporaryFile image("fs.img", std::string(64 << 20, '\0'));
  const TemporaryFile out("fs-out.img", "");
  const std::string path = "PATH=$PATH:/sbin:/usr/sbin ";
  ASSERT_EQ(shell(path + "mkfs.ext4 -q -F " + image.path()), 0);
  Server server("--chaos bus-reset=200ms");
  EXPECT_EQ(shell("timeout 200 nbdcopy " + image.path() + " " + server.uri()), 0);
  EXPECT_EQ(shell("timeout 200 nbdcopy " + server.uri() + " - > " + out.path()), 0);
  EXPECT_EQ(shell(path + "e2fsck -f -n " + out.path()), 0);
  EXPECT_NE(server.finish().find(", 0 failed\n"), std::string::npos);
}

/// The export as a file of a directory, by libnbd's nbdfuse.
class FuseMount {
 public:
  explicit FuseMount(const Server& server) : directory_("/tmp/drydock-fuse-" + std::to_string(getpid())) {
    std::filesystem::create_directory(directory_);
    shell("nbdfuse " + disk() + " " + server.uri() + " & echo $! > " + directory_ + ".pid");
    for (int i = 0; i < 100 && !there(); ++i) std::this_thread::sleep_for(100ms);
  }
  ~FuseMount() {
    shell("kill $(cat " + directory_ + ".pid)");
    for (int i = 0; i < 100 && there(); ++i) std::this_thread::sleep_for(100ms);
    std::error_code ignored;
    std::filesystem::remove(directory_, ignored);
    std::filesystem::remove(directory_ + ".pid", ignored);
  }
  std::string disk() const { return directory_ + "/disk"; }
  bool there() const {
    std::error_code none;
    return std::filesystem::exists(disk(), none);
  }

 private:
  std::string directory_;
};

TEST(ServeFileSystem, AnExt4ThatIsMadeOnTheExportItselfIsSound) {
  if (shell("PATH=$PATH:/sbin:/usr/sbin command -v mkfs.ext4 && command -v nbdfuse && test -w /dev/fuse") != 0)
    GTEST_SKIP() << "e2fsprogs or nbdfuse is not installed, or /dev/fuse is not to be used";
  const std::string path = "PATH=$PATH:/sbin:/usr/sbin ";
  Server server("--chaos bus-reset=300ms");
  {
    const FuseMount mount(server);
    ASSERT_TRUE(mount.there());
    EXPECT_EQ(shell(path + "timeout 100 mkfs.ext4 -q -F " + mount.disk()), 0);
    EXPECT_EQ(shell(path + "timeout 100 e2fsck -f -n " + mount.disk()), 0);
  }
  const std::string said = server.finish();
  EXPECT_NE(said.find(", 0 failed\n"), std::string::npos) << said;
  EXPECT_EQ(said.find("served 0 reads"), std::string::npos) << said;
}

TEST(ServeClients, OneThatSendsGarbageOrVanishesHarmsNobody) {
  const TemporaryFile out("after.img", "");
  Server server("");
  const int garbage = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, server.socket().c_str(), sizeof(address.sun_path) - 1);
  ASSERT_EQ(connect(garbage, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const std::string noise = random_bytes(64 << 10);
  send(garbage, noise.data(), noise.size(), MSG_NOSIGNAL);
  close(garbage);
  // Killed in the middle of its requests, several times.
  const TemporaryFile in("vanish.img", random_bytes(48 << 20));
  for (int i = 0; i < 3; ++i) shell("timeout -s KILL 0.2 nbdcopy " + in.path() + " " + server.uri());
  EXPECT_EQ(shell("timeout 100 nbdcopy " + in.path() + " " + server.uri()), 0);
  EXPECT_EQ(shell("timeout 100 nbdcopy " + server.uri() + " - > " + out.path() + " && cmp -n " +
                  std::to_string(48 << 20) + " " + in.path() + " " + out.path()), 0);
  const std::string said = server.finish();
  EXPECT_NE(said.find("PASS"), std::string::npos) << said;
}

TEST(ServeClients, AreToldWhenTheirDiskIsGoneWithQemu) {
  const MortalQemu qemu;
  Server server("--board qemu-pvscsi", "exec " + qemu.path());
  const auto read_fails = [&] {
    return shell("timeout 100 qemu-io -f raw -c 'read 0 4k' " + server.uri() + " 2>&1 | grep -q -i -e fail -e error") == 0;
  };
  EXPECT_FALSE(read_fails());
  for (int i = 0; i < 100 && !read_fails(); ++i) std::this_thread::sleep_for(100ms);
  EXPECT_TRUE(read_fails());
  const std::string said = server.finish();
  EXPECT_NE(said.find("\nQEMU ENDED\n"), std::string::npos) << said;
  EXPECT_EQ(said.find(", 0 failed\n"), std::string::npos) << said;
}

TEST(ServeBadInput, AnImageInUseOrMissingIsNamed) {
  const TemporaryFile image("used.img", std::string(1 << 20, '\0'));
  const std::string socket = " --plain --socket /tmp/drydock-used-" + std::to_string(getpid());
  for (const char* board : {"pvscsi", "qemu-pvscsi"}) {
    const std::string options = " --board " + std::string(board) + " --disk ";
    Ran ran = drydock("serve " + guest("pvscsi") + socket + options + "/nowhere/d.img");
    EXPECT_EQ(ran.exit_code, 2) << ran.output;
    EXPECT_TRUE(ran.says("/nowhere/d.img: this disk cannot be opened")) << ran.output;
    Server holder(options + image.path());
    ran = drydock("serve " + guest("pvscsi") + socket + options + image.path());
    EXPECT_EQ(ran.exit_code, 2) << ran.output;
    EXPECT_TRUE(ran.says("lock")) << ran.output;
  }
}

/// A file system with no room left, in a mount namespace of its own.
TEST(ServeBadInput, AFullDiskFailsTheWriteAndLosesNoneBefore) {
  const std::string place = "/tmp/drydock-full-" + std::to_string(getpid());
  std::filesystem::create_directory(place);
  const std::string mount = "unshare -m sh -c 'mount -t tmpfs -o size=2m none " + place;
  if (shell(mount + "'") != 0) GTEST_SKIP() << "no file system can be mounted here";
  for (const char* board : {"pvscsi", "qemu-pvscsi"}) {
    Server server("--board " + std::string(board) + " --disk " + place + "/d.img",
                  mount + " && truncate -s 8m " + place + "/d.img && exec \"$@\"' sh");
    // The first MiB fits, the four after it do not.
    EXPECT_EQ(shell("timeout 100 qemu-io -f raw -c 'write -P 0x11 0 1M' -c 'flush' " + server.uri() +
                    " 2>&1 | grep -q -i -e fail -e error"), 1);
    EXPECT_EQ(shell("timeout 100 qemu-io -f raw -c 'write -P 0x22 1M 4M' " + server.uri() + " 2>&1 | grep -q -i fail"), 0);
    EXPECT_EQ(shell("timeout 100 qemu-io -f raw -c 'read -P 0x11 0 1M' " + server.uri() +
                    " 2>&1 | grep -q -i -e fail -e error"), 1);
    const std::string said = server.finish();
    EXPECT_NE(said.find("served "), std::string::npos) << said;
    EXPECT_EQ(said.find(", 0 failed\n"), std::string::npos) << said;
  }
  std::filesystem::remove(place);
}

}  // namespace
}  // namespace drydock::end_to_end
