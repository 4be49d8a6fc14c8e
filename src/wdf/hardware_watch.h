#pragma once
// Watches what a driver does with its device's hardware, moment by moment (contract, sections 2, 10 and 22): register
// accesses and transfers as the machine's witness tells of them, mappings and interrupts before and after a callback.
// Each mistake is told once in an instance of the device.

#include <string>
#include <utility>
#include <vector>

#include "machine/time.h"
#include "machine/wires.h"
#include "nt/base.h"
#include "wdf/running_callback.h"

namespace drydock::wdf {

using namespace nt;

class Device;

class HardwareWatch {
 public:
  explicit HardwareWatch(Device& device) : device_(device) {}
  ~HardwareWatch();
  HardwareWatch(const HardwareWatch&) = delete;

  // ---- moments of the device's life; each stands right before or after the callback it names ----
  void before_prepare();
  void after_prepare();
  void before_d0_entry();
  void after_d0_entry();
  /// UP has come to its end: whether what PrepareHardware wrote survived Dx (WDF-465).
  void after_up();
  /// `for_good`: no D0Entry follows but by way of PrepareHardware.
  void before_d0_exit(bool for_good);
  void after_d0_exit();
  void before_release();
  /// WDF-444, WDF-450.
  void after_release();
  /// WDF-464: the device object has been cleaned up.
  void after_cleanup();

  /// Between ReleaseHardware and the next D0 (WDF-452).
  bool released() const { return released_; }
  /// SURPRISE_REMOVAL has come: the driver is about to hear of it (WDF-164).
  void before_surprise() { surprised_ = true; }
  /// The innermost callback of the driver's for this device that runs here, on this thread; null if there is none.
  const BegunCallback* running_here() const;
  /// The one begun last, on whatever thread.
  const BegunCallback* running() const;
  /// What exceptions have left on this thread, of whose stack `frame` is in use, is forgotten.
  void forget_left(const void* frame) const;

  // ---- for the witness ----
  void touched(std::uint64_t at, unsigned bytes, bool memory);
  void wrote_memory(machine::PhysicalAddress at);
  bool is_at(machine::BusAddress address) const { return on_pci_ && address == address_; }

 private:
  friend class RunningCallback;
  enum class Registers : std::uint8_t { Off, Allowed, Released };
  struct Written {
    std::uint64_t at;
    unsigned bytes;
    std::uint64_t value = 0;
    bool again = false;  ///< since D0Entry
  };
  struct Loop {
    unsigned touches = 0;
    machine::Time since{};  ///< the device was found absent
  };

  void open_paged_code();
  bool owns(std::uint64_t at, unsigned bytes, bool memory) const;
  bool runs_driver_code(std::uint64_t instruction) const;
  void find_address();
  bool is_absent() const;
  void check_loop(std::uint64_t instruction, std::uint64_t at);
  void check_moment(std::uint64_t at, bool memory);
  /// Of this driver: "4096 bytes, mapped at wdf_x.sys!Prepare+0x12".
  std::vector<std::string> mappings() const;
  /// Other devices of the driver hold hardware too: what is mapped may be theirs.
  bool alone() const;

  Device& device_;
  Registers registers_ = Registers::Off;
  machine::Time since_{};  ///< the moment that `registers_` tells of
  bool released_ = false;
  bool told_ = false;  ///< WDF-446
  bool told_transfer_ = false;
  bool preparing_ = false, waking_ = false;
  bool asleep_ = false;                 ///< D0Exit came with a state to come back from
  bool surprised_ = false;
  mutable std::vector<BegunCallback> running_;  ///< in the order of their beginning
  mutable std::uint64_t begun_ = 0;
  std::vector<Written> programmed_;     ///< in PrepareHardware
  std::vector<std::string> mapped_before_;
  Loop loop_;
  bool on_pci_ = false;
  machine::BusAddress address_;
};

/// WDF-470: what the notice may not do. Says so if it runs on this thread.
void check_not_in_surprise_notice(Device& device, const char* function);

}  // namespace drydock::wdf
