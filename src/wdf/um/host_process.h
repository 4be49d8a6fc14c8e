#pragma once
// One UMDF host process of a machine: its window of memory, the driver's code in it, and how that is called.
//
// The driver's code runs in a process of its own, one call at a time, while the machine waits. What it can reach is the
// window: its image, its stacks, and what the framework allocates for it. What it asks of the framework is done here, by
// the functions that kernel-mode drivers call, after its pointers were looked at.

#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "host/umdf_process.h"
#include "image/loader.h"
#include "machine/machine.h"
#include "machine/remote.h"
#include "wdf/framework.h"
#include "wdf/um/service.h"

namespace drydock::wdf::um {

class Dispatch;

struct UserModeService;

/// The module that names the services in stacks; a border of it is one of a user-mode driver.
inline constexpr char kUserModeModule[] = "WUDFx02000.dll";

/// How a host process ended before its driver was done with.
enum class EndKind : std::uint8_t {
  Fault,    ///< the driver's code faulted
  Misuse,   ///< what is a bug check in KMDF (WDF-424)
  Timeout,  ///< no progress (WDF-425)
  Gone,     ///< the process ended itself, or somebody killed it
};

class HostProcess {
 public:
  static constexpr std::size_t kWindowBytes = 2 << 20;
  static constexpr std::size_t kStackBytes = 64 << 10;  ///< of each thread that is inside the driver

  HostProcess(UserModeService& service, std::uint32_t number, std::byte* window, bool shared);
  HostProcess(const HostProcess&) = delete;

  /// Starts the process and loads the driver's image; a sentence if that cannot be.
  host::Status start(const image::PeImage& dll);

  UserModeService& service() const { return service_; }
  std::uint32_t number() const { return number_; }  ///< 1, 2, ... in the machine
  bool shared() const { return shared_; }           ///< devices that allow it share it (WDF-426)
  Client* client = nullptr;                         ///< once bound
  DRIVER_OBJECT_UM* driver_object = nullptr;        ///< in the window: what the driver gets for one
  bool finishing = false;                           ///< the last device has left
  bool released = false;                            ///< the window is another's
  bool watching = false;                            ///< a thread looks for progress
  machine::Time watched_since{};                    ///< when the last request began
  image::LoadedImage* image() const { return image_; }
  std::string name() const;  ///< "host process 1 of edu_um.dll"

  // ---- its window ----
  std::byte* window() const { return window_; }
  bool contains(const void* address) const { return in_window(reinterpret_cast<std::uint64_t>(address)); }
  bool in_window(std::uint64_t address) const {
    return address - reinterpret_cast<std::uint64_t>(window_) < kWindowBytes;
  }
  /// Memory the driver sees, zeroed; null when the window is full.
  void* allocate(std::size_t bytes, std::size_t alignment = 16);
  void release(void* block);
  /// Whether all of it lies in memory that the driver itself could read (or write).
  bool accessible(std::uint64_t address, std::size_t bytes, bool write) const;

  // ---- calls ----
  std::uint64_t call(const void* function, const std::uint64_t* args, unsigned count, std::uint64_t rax = 0);
  /// A filter or termination handler of the exception that is being dispatched on this thread, on the driver's stack
  /// below `sp`.
  std::uint64_t call_below(std::uint64_t sp, const void* function, const std::uint64_t* args, unsigned count,
                           std::uint64_t rax, Dispatch& dispatch);
  /// The exception one of whose filters or termination handlers runs on this thread, with none of our functions between
  /// it and the driver's code now; null: none.
  Dispatch* dispatch_of_this_thread();
  /// An entry in the thunk table that calls `service`; the same for the same name.
  void* thunk_for(const Service& service);
  /// Threads inside the driver now.
  std::size_t visits() const { return visits_.size(); }
  /// The highest IRQL at which the driver's code was ever called.
  unsigned irql_max() const { return irql_max_; }

  // ---- its end ----
  bool ended() const { return ended_; }
  /// The driver does not run any more. Files the finding and has the devices looked after (reflector.h).
  void end(EndKind kind, std::string why, std::vector<machine::StackFrame> stack = {});
  /// In order: the driver is done with.
  void close();
  /// Something was heard of the driver (WDF-425).
  machine::Time last_progress() const { return last_progress_; }
  void note_progress();

 private:
  struct Visit {
    machine::Thread* thread;
    std::byte* stack;  ///< lowest usable byte
    std::uint64_t sp;  ///< the next call goes below
    unsigned depth;
    Dispatch* dispatch = nullptr;  ///< whose filter or termination handler is the innermost call
    unsigned exceptions = 0;       ///< since it was called, or last called the framework
  };
  Visit* visit_of_this_thread();
  Visit* enter();
  void leave();
  std::uint64_t run(machine::TrapFrame& registers, const Visit& visit);
  std::uint64_t serve(std::uint32_t index, machine::TrapFrame& registers, std::string* misuse);
  /// The call raises an exception, and the driver has gone on; false: the process has ended.
  bool raised(const Service& service, machine::TrapFrame& registers);
  /// A call or an exception of the driver's: a point, and many of them take time.
  void pass_point();
  /// One exception more; false if the process has ended, as who goes from exception to exception makes no progress.
  bool may_raise(machine::TrapFrame& registers);
  void faulted(machine::TrapFrame& registers, const UmdfMailbox& mailbox);
  /// A handler of the driver's has taken the fault, and it goes on; false: the process has ended.
  bool handled(machine::TrapFrame& registers);
  void spins(machine::TrapFrame& registers);
  void load_image(const image::PeImage& dll);
  void protect(std::byte* first, std::size_t bytes, machine::Access access);

  UserModeService& service_;
  const std::uint32_t number_;
  std::byte* const window_;
  const bool shared_;
  host::UmdfProcess process_;
  image::LoadedImage* image_ = nullptr;
  std::map<std::string, std::uint64_t> exports_;  ///< of its ntdll
  std::vector<Service> services_;
  std::vector<machine::ExportSlot> slots_;  ///< of the services, reserved whole: borders point at them
  std::map<std::size_t, std::size_t> free_;  ///< offset -> bytes, neighbours merged
  std::map<std::size_t, std::size_t> used_;
  std::map<std::size_t, machine::Access> access_;  ///< page -> what the driver may, where not read and write
  std::vector<std::byte*> free_stacks_;
  std::list<Visit> visits_;  ///< a list: threads keep theirs while others come and go
  bool ended_ = false;
  unsigned irql_max_ = 0;
  std::uint32_t points_ = 0;
  machine::Time last_progress_{};
};

/// What a user-mode driver did wrong in the call being served; thrown to its host process, which ends.
struct Misuse {
  std::string what;
};
/// The process whose driver the innermost call being served is of; null if none is.
HostProcess* serving();

}  // namespace drydock::wdf::um
