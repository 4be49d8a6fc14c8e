#pragma once
// A machine with scsi_puppet.sys on a bus of the test's own: the port driver from both sides.

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "contract/ntos/kernel_rig.h"
#include "guest/scsi_puppet.h"
#include "nt/ioctl.h"
#include "nt/irql.h"
#include "nt/scsi.h"
#include "nt/srb.h"
#include "nt/status.h"
#include "port/scsiport/fdo.h"

namespace drydock::tests::scsiport {
using namespace nt;
using namespace std::chrono_literals;
using port::scsiport::Adapter;
using port::scsiport::LogicalUnit;
using port::scsiport::UnitAddress;

/// A request on its way to a unit, and what became of it.
struct Sent {
  SCSI_REQUEST_BLOCK* srb = nullptr;  ///< pool
  IRP* irp = nullptr;
  std::byte* data = nullptr;  ///< pool
  UCHAR* sense = nullptr;     ///< pool
  bool done = false;
  NTSTATUS status = 0;
  ULONG_PTR information = 0;
  machine::Time sent_at{}, done_at{};
  unsigned place = 0;  ///< 1 for the first that was completed
  unsigned completions = 0;
  KIRQL irql = 0;  ///< of the completion
  std::uint32_t callbacks_running = 0;
  UCHAR srb_status() const { return SRB_STATUS(srb->SrbStatus); }
  bool frozen() const { return srb->SrbStatus & SRB_STATUS_QUEUE_FROZEN; }
};

struct Srb {
  UCHAR function = SRB_FUNCTION_EXECUTE_SCSI;
  ULONG flags = SRB_FLAGS_DATA_IN;
  ULONG length = 512;
  ULONG timeout_s = 10;
  ULONG sort_key = 0;
  UCHAR operation = 0x28;  ///< READ(10)
  UCHAR sense_length = 18;
  UCHAR block = 0;  ///< lowest byte of the CDB's logical block address
  ULONG word = 0;   ///< what the data begins with
  SCSI_REQUEST_BLOCK* next = nullptr;
  bool unmapped = false;  ///< the data's pages are locked and have no system address yet
};

using Orders = std::initializer_list<PUPPET_ORDER>;

class PuppetRig {
 public:
  explicit PuppetRig(unsigned processors = 1, std::function<std::unique_ptr<machine::Strategy>()> strategy = {},
                     const char* miniport = "scsi_puppet", machine::PhysicalAddress ram_above_4gb = 0,
                     bool refusals = false);

  machine::Machine& machine() { return *machine_; }
  port::scsiport::Settings& settings();

  /// Loads the puppet and runs `body` on a system thread.
  machine::OutcomeKind run(const std::function<void()>& body);
  /// Loads, starts and enumerates first.
  machine::OutcomeKind run_started(const std::function<void()>& body);

  /// Runs `body` without loading anything; load_miniport() does.
  machine::OutcomeKind run_bare(const std::function<void()>& body) { return machine_->run(body).kind; }
  /// DriverEntry's status; on success the device below is there and AddDevice was called.
  NTSTATUS load_miniport();
  /// DriverEntry's status; nothing follows.
  NTSTATUS load_driver();
  /// The whole life of the device is the PnP manager's. `configure` runs between DriverEntry and AddDevice.
  machine::OutcomeKind run_plugged(const std::function<void()>& body, const std::function<void()>& configure = {});
  /// A variable of the miniport, by its name.
  template <class T>
  T& variable(const char* name) {
    return *static_cast<T*>(symbol(name));
  }

  PUPPET& puppet() { return *puppet_; }
  void script(PuppetRoutine routine, Orders orders) { set(puppet_->Scripts[routine], orders); }
  void reset_srb_script(Orders orders) { set(puppet_->ResetSrb, orders); }
  unsigned calls(PuppetRoutine routine) const { return puppet_->Calls[routine]; }
  /// The n-th call of a routine in the log, counted from 0; null if there was none.
  const PUPPET_CALL* call(PuppetRoutine routine, unsigned n) const;
  /// Virtual time of that call.
  machine::Time time_of(PuppetRoutine routine, unsigned n) const;

  // ---- the stack below and above ----
  NTSTATUS start();
  NTSTATUS enumerate();
  NTSTATUS pnp(UCHAR minor);
  /// A device power IRP for the adapter, waited for.
  NTSTATUS set_power(DEVICE_POWER_STATE state);
  Adapter& adapter();
  LogicalUnit& unit(UnitAddress address = {});
  DEVICE_OBJECT* fdo() const { return fdo_; }
  NTSTATUS ioctl(DEVICE_OBJECT* device, ULONG code, std::span<const std::byte> input = {},
                 std::span<std::byte> output = {});
  NTSTATUS reset_bus_by_ioctl(UCHAR path = 0);

  Sent& send(const Srb& what = {}, UnitAddress address = {});
  /// To the adapter's own device, the address in the SRB.
  Sent& send_to_adapter(const Srb& what, UnitAddress address);
  void release_queue(UnitAddress address = {});
  void advance(machine::Duration duration);
  /// Lets the puppet's HwScsiInterrupt run, now.
  void interrupt();
  machine::Time now() { return machine_->now(); }

  // ---- what came of it ----
  const std::vector<machine::Finding>& findings() const { return machine_->findings(); }
  bool found(std::string_view rule) const;
  std::string what_happened() const;
  std::uint64_t stop_parameter(unsigned index) const;

 private:
  static void set(PUPPET_SCRIPT& script, Orders orders);
  Sent& send_to(DEVICE_OBJECT* device, const Srb& what, UnitAddress address);
  void load();
  void prepare_puppet();
  void* symbol(const char* name) const;
  std::string miniport_;
  std::unique_ptr<machine::Machine> machine_;
  const image::PeImage* image_ = nullptr;
  DRIVER_OBJECT* driver_ = nullptr;
  DEVICE_OBJECT* pdo_ = nullptr;
  DEVICE_OBJECT* fdo_ = nullptr;
  PUPPET* puppet_ = nullptr;
  std::uint32_t vector_ = 0;
  std::deque<Sent> sent_;
  unsigned completed_ = 0;
};

}  // namespace drydock::tests::scsiport
