// drydock serve: the disk behind a driver, as an NBD export.

#include <cstdio>
#include <filesystem>
#include <system_error>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bus/board/quantity.h"
#include "cli/command.h"
#include "cli/job.h"
#include "host/block_channel.h"
#include "host/helper_process.h"
#include "host/event_loop.h"
#include "host/sandbox.h"
#include "host/worker.h"
#include "machine/live_world.h"
#include "models/qemu/computer.h"
#include "report/json.h"
#include "report/table.h"
#include "scenario/serve.h"

namespace drydock::cli {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using host::error;
using host::Result;
using host::Status;

namespace {

constexpr std::size_t kSocketPathMax = 107;  // of a Unix socket's address
constexpr unsigned kPatienceMs = 20'000;     // for requests under way when Ctrl-C comes
// Windows lets a SCSI bus rest for 4 s after a reset. Here these are real seconds, in which every client waits.
constexpr const char* kHoldOff = "scsiport.reset_holdoff";
constexpr machine::Duration kHoldOffLive = std::chrono::milliseconds(20);

struct ServeOptions {
  Wish wish;
  Display display;
  std::string socket;
  std::string chaos;
  unsigned disk = 0;
};

Result<scenario::Chaos> chaos_of(const std::string& text) {
  scenario::Chaos chaos;
  if (text.empty()) return chaos;
  for (const std::string& part : CLI::detail::split(text, ',')) {
    const std::size_t equals = part.find('=');
    const std::string name = part.substr(0, equals);
    machine::Duration* slot = name == "bus-reset"        ? &chaos.bus_reset
                              : name == "function-reset" ? &chaos.function_reset
                              : name == "unplug"         ? &chaos.unplug
                                                         : nullptr;
    if (!slot)
      return error("--chaos ", part,
                   ": what may happen is bus-reset=5s, function-reset=10s and unplug=30s, separated by commas");
    const auto every = equals == std::string::npos ? std::nullopt
                                                   : bus::board::nanoseconds_of_text(part.substr(equals + 1));
    if (!every || *every <= 0) return error("--chaos ", part, ": this is no duration; write ", name, "=5s");
    *slot = machine::Duration{*every};
  }
  return chaos;
}

Status check_socket(const std::string& path) {
  if (path.size() > kSocketPathMax)
    return error("--socket ", path, ": a socket's path has at most ", kSocketPathMax, " characters, this one has ",
                 path.size());
  std::error_code failure;
  if (fs::exists(fs::symlink_status(path, failure)))
    return error("--socket ", path, ": this name is taken; remove it if nobody serves there any more");
  const fs::path directory = fs::path(path).parent_path();
  if (!directory.empty() && !fs::is_directory(directory, failure))
    return error("--socket ", path, ": there is no directory ", directory.string());
  return {};
}

/// Beside the program itself.
Result<std::string> plugin_path() {
  const fs::path plugin = fs::read_symlink("/proc/self/exe").parent_path() / "libdrydock_nbd.so";
  if (!fs::exists(plugin))
    return error(plugin.string(), " is missing: install nbdkit-plugin-dev and build again (cmake --build build)");
  return plugin.string();
}

class Serving {
 public:
  Serving(Job& job, const ServeOptions& options, host::BlockChannel& channel, machine::LiveWorld& world)
      : job_(job), options_(options), world_(world) {
    serve_.channel = &channel;
    serve_.disk = options.disk;
    job_.config.serve = &serve_;
    job_.config.outside = &world;
  }

  Status listen() {
    world_.set_neighbour(&serve_);
    const int bell = serve_.channel->bell_descriptor();
    return world_.loop().watch(bell, [bell] { host::take_events(bell); });
  }
  void disturb(scenario::Chaos chaos) { serve_.chaos = chaos; }

  int run(host::HelperProcess& server) {
    host::WorkerProgress* progress = nullptr;
    job_.look = report::look_of_output(job_.display.plain);
    bool told = false, server_ended = false;
    auto its_work = [this](host::WorkerProgress& shared) { return work(shared); };
    auto watch = [&](const host::WorkerProgress& shared) {
      if (job_.board.qemu) job_.board.qemu->look_after();
      std::error_code ignored;
      if (shared.done.load() != 0 && !told && fs::exists(options_.socket, ignored)) {  // nbdkit listens as well
        told = true;
        std::fprintf(stderr, "drydock: disk %u of %s is at nbd+unix:///?socket=%s; Ctrl-C ends it\n", options_.disk,
                     job_.board.name.c_str(), options_.socket.c_str());
      }
      if (!server_ended && !server.running()) {
        server_ended = true;
        std::fprintf(stderr, "drydock: nbdkit has ended (%s): %s\n", server.end().c_str(), server.errors().c_str());
        progress->stop_asked = true;
      }
    };
    auto started = host::run_in_worker(its_work, watch, progress, kPatienceMs);
    if (!started) return complain(started.failure());
    if (started->crashed) std::fprintf(stderr, "drydock: host fault: the worker was ended by %s\n", started->how.c_str());
    if (started->killed) {
      std::fprintf(stderr, "drydock: the machine did not end by itself and was stopped\n");
      return host::kInterruptedExitCode;
    }
    if (server_ended && started->exit_code == 0) return exit_code(host::ExitCode::BadInput);
    return started->exit_code;
  }

 private:
  int work(host::WorkerProgress& progress) {
    if (host::Status inside = host::enter_sandbox(); !inside) return complain(inside.failure());
    serve_.stop_asked = &progress.stop_asked;
    serve_.ready = &progress.done;
    world_.switch_on();
    auto result = scenario::run(job_.config);
    serve_.channel->hang_up();
    if (!result) return complain(result.failure());
    const std::string text = job_.display.json ? report::json_of(*result, {}) : report::table_of(*result, job_.look, {});
    std::fwrite(text.data(), 1, text.size(), stdout);
    const scenario::ServeStatistics& all = serve_.statistics;
    if (!job_.display.json)
      fmt::print("served {} reads ({} MiB), {} writes ({} MiB), {} zeroes, {} trims, {} flushes; {} sent again, {} failed\n"
                 "{} bus resets, {} function-level resets, {} unplugs\n",
                 all.reads, all.bytes_read >> 20, all.writes, all.bytes_written >> 20, all.zeroes, all.trims,
                 all.flushes, all.repeated, all.failed, all.bus_resets, all.function_resets, all.unplugs);
    return exit_code(result->exit_code);
  }

  Job& job_;
  const ServeOptions& options_;
  machine::LiveWorld& world_;
  scenario::ServeJob serve_;
};

Result<int> serve(ServeOptions& options, const std::string& program) {
  const scenario::Chaos chaos = TRY(chaos_of(options.chaos));
  TRY(check_socket(options.socket));
  if (!host::is_installed("nbdkit"))
    return error("this command needs nbdkit, which is not installed: apt-get install nbdkit");
  const std::string plugin = TRY(plugin_path());
  options.wish.scenario = "start";
  options.wish.budget.virtual_time = std::chrono::hours(24 * 365);
  options.wish.budget.points = ~0ull;
  std::unique_ptr<Job> job = TRY(prepare(options.wish, options.display, program));
  job->scenario = scenario::serve_scenario();

  job->board.settings.try_emplace(kHoldOff, kHoldOffLive.count());
  if (const machine::Duration rest = job->board.duration(kHoldOff); chaos.bus_reset > 0s && chaos.bus_reset <= rest)
    return error("--chaos bus-reset: after a reset the bus rests for ", rest.count() / 1'000'000, " ms (", kHoldOff,
                 " in the board), so nothing would ever get through; reset it less often");

  const bus::board::Disk* disk = nullptr;
  unsigned number = 0;
  for (const bus::board::Device& device : job->board.devices)
    for (const bus::board::Disk& each : device.disks)
      if (number++ == options.disk) disk = &each;
  if (!disk) return error("the board ", job->board.name, " has no disk ", options.disk);

  host::BlockChannel channel = TRY(host::BlockChannel::create());
  std::unique_ptr<machine::LiveWorld> own_world;
  if (!job->board.qemu) own_world = std::make_unique<machine::LiveWorld>(TRY(host::EventLoop::create()));
  machine::LiveWorld& world = own_world ? *own_world : job->board.qemu->world();
  Serving serving(*job, options, channel, world);
  TRY(serving.listen());
  serving.disturb(chaos);

  host::HelperProcess server = TRY(host::HelperProcess::start(
      {"nbdkit", "--foreground", "--unix", options.socket, "--threads", "32", plugin,
       fmt::format("ring={}", channel.ring_descriptor()), fmt::format("bell={}", channel.bell_descriptor()),
       fmt::format("size={}", disk->size_bytes), fmt::format("block={}", disk->block_bytes),
       fmt::format("readonly={}", disk->read_only ? 1 : 0)},
      {channel.ring_descriptor(), channel.bell_descriptor()}));
  const int code = serving.run(server);
  server.kill();
  std::error_code ignored;
  fs::remove(options.socket, ignored);
  return code;
}

}  // namespace

void add_serve_command(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("serve", "Serve the disk behind a driver to NBD clients, live");
  auto options = std::make_shared<ServeOptions>();
  command->add_option("driver", options->wish.drivers, "The driver (.sys); further ones are loaded before it")
      ->required()
      ->type_name("FILE");
  command->add_option("--socket", options->socket, "The Unix socket to listen on; it must not exist yet")
      ->required()
      ->type_name("PATH");
  command->add_option("--board", options->wish.board, "A built-in board, or a TOML file; default: pvscsi")
      ->type_name("NAME|FILE");
  command->add_option("--disk", options->wish.disk_file, "A file for the board's first disk, instead of memory")
      ->type_name("FILE");
  command->add_option("--number", options->disk, "Which of the board's disks is served, from 0")->type_name("N");
  command->add_option("--chaos", options->chaos, "What happens meanwhile, and how often: bus-reset=5s,function-reset=10s,unplug=30s")
      ->type_name("LIST");
  command->add_option("--processors", options->wish.processors, "Processors of the machine; default: the board's")
      ->type_name("N")
      ->check(CLI::Range(1u, 8u));
  command->add_flag("--json", options->display.json, "Print JSON instead of the table");
  command->add_flag("--plain", options->display.plain, "No box drawing and no colours");
  command->footer(R"(Examples:
  drydock serve build/guest/pvscsi.sys --socket /tmp/d.sock
  drydock serve build/guest/pvscsi.sys --board qemu-pvscsi --disk disk.qcow2 --socket /tmp/d.sock --chaos bus-reset=1s
  nbdcopy 'nbd+unix:///?socket=/tmp/d.sock' copy.img

The machine runs live, on the wall's clock: such a run cannot be replayed. Ctrl-C ends it cleanly.)");
  command->callback([options, &chosen] {
    chosen.run = [options, &chosen] {
      auto served = serve(*options, chosen.program);
      return served ? *served : complain(served.failure());
    };
  });
}

}  // namespace drydock::cli
