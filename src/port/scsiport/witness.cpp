#include "port/scsiport/witness.h"

#include <algorithm>

#include <fmt/format.h>

#include "machine/processor.h"
#include "ntos/rtl/fault_witness.h"
#include "port/scsiport/fdo.h"
#include "port/scsiport/kernel.h"
#include "port/scsiport/miniport.h"
#include "port/scsiport/slots.h"

namespace drydock::port::scsiport {

using machine::BusAddress;
using machine::Machine;
using machine::PhysicalAddress;

namespace {

/// SP-354.
constexpr machine::Duration kResetKnownWithin = std::chrono::seconds{1};
/// SP-371.
constexpr unsigned kClaimsMax = 100;

Adapter* adapter_at(BusAddress at) {
  for (Adapter* adapter : port().adapters)
    if (adapter->bus_number == at.bus && adapter->slot_number == (at.device | at.function << 5) &&
        adapter->lifecycle != Lifecycle::SurpriseRemoved && adapter->lifecycle != Lifecycle::Removed)
      return adapter;
  return nullptr;
}

/// Calls `visit(start, bytes)` for each physical run of the slot's data, until it returns false.
template <class Visit>
void for_each_run(const Slot& slot, Visit visit) {
  const Request& request = *slot.request;
  if (request.function == SRB_FUNCTION_WMI) return;
  const ULONG length = slot.issued.DataTransferLength;
  for (ULONG offset = 0; offset < length;) {
    PHYSICAL_ADDRESS at;
    ULONG bytes = 0;
    if (!data_run(request, offset, at, bytes)) return;
    bytes = std::min(bytes, length - offset);
    if (!visit(static_cast<PhysicalAddress>(at.QuadPart), bytes)) return;
    offset += bytes;
  }
}

/// The slot whose SRB, extension or sense buffer lies there; null if none does.
Slot* slot_at(Adapter& adapter, PhysicalAddress at) {
  const auto offset = at - static_cast<PhysicalAddress>(adapter.slot_memory.physical.QuadPart);
  if (!adapter.slot_memory.address || offset >= adapter.slot_memory.length) return nullptr;
  return &adapter.slots[offset / adapter.slot_stride];
}

void active_after_stop(Adapter& adapter, const char* what) {
  if (!adapter.watch.stopped || adapter.watch.activity_reported) return;
  adapter.watch.activity_reported = true;
  violation(&adapter, Check::ActiveAfterStop,
            fmt::format("the adapter {} after HwScsiAdapterControl(ScsiStopAdapter) had returned", what));
}

void dma_after_complete(Adapter& adapter, const RequestHistory& request, const char* what, PhysicalAddress at) {
  violation(&adapter, Check::DmaAfterComplete,
            fmt::format("the device wrote to the {} of srb#{}, at 0x{:x}, though the request had been given back in {}",
                        what, request.number, at, routine_name(request.given_back_in)),
            {}, &request);
}

void reset_was_not_reported(Adapter& adapter) {
  adapter.watch.reset_deadline = 0;
  violation(
      &adapter, Check::ResetNotReported,
      fmt::format("bus {} was reset, the port had not asked for it, and the miniport has not notified ResetDetected",
                  adapter.watch.reset_bus));
}

class Witness final : public machine::DeviceWitness {
 public:
  void dma_written(BusAddress from, PhysicalAddress to, std::size_t bytes) override {
    Adapter* adapter = seen(from);
    if (!adapter) return;
    if (adapter->watch.stopped) active_after_stop(*adapter, "wrote to memory");
    if (const Slot* slot = slot_at(*adapter, to)) {
      if (slot->state == Slot::State::Owned || slot->history.number == 0) return;
      dma_after_complete(*adapter, slot->history,
                         slot->sense && to >= sense_of(*adapter, *slot) ? "sense buffer" : "SRB extension", to);
      return;
    }
    if (const RetiredRun* run = adapter->watch.retired.find(to, bytes)) {
      const RequestHistory request = run->request;
      adapter->watch.retired.take_back(run->start, run->bytes);  // said once
      dma_after_complete(*adapter, request, "data buffer", to);
    }
  }

  void line_changed(BusAddress from, bool up) override {
    Adapter* adapter = seen(from);
    if (!adapter) return;
    adapter->watch.line_up = up;
    if (up) {
      ++adapter->watch.line_rises;
      active_after_stop(*adapter, "raised its interrupt line");
    } else {
      adapter->watch.claims_with_line_up = 0;
    }
  }

  void message_sent(BusAddress from) override {
    if (Adapter* adapter = seen(from)) active_after_stop(*adapter, "sent an interrupt message");
  }

  void command_ended(BusAddress from, std::span<const PhysicalAddress> memory) override {
    Adapter* adapter = seen(from);
    if (!adapter) return;
    adapter->watch.tells_commands = true;
    for (const PhysicalAddress at : memory) {
      if (Slot* slot = at ? slot_at(*adapter, at) : nullptr) {
        slot->device_ended = true;
        return;
      }
    }
    for (Slot& slot : adapter->slots) {
      if (slot.state != Slot::State::Owned) continue;
      for_each_run(slot, [&](PhysicalAddress start, ULONG) {
        if (std::find(memory.begin(), memory.end(), start) != memory.end()) slot.device_ended = true;
        return false;  // a command begins where its data does
      });
    }
  }

  void bus_reset(BusAddress from, unsigned bus) override {
    Adapter* adapter = seen(from);
    if (!adapter || !adapter->ready_to_run || was_asked_for(*adapter) || adapter->watch.reset_deadline) return;
    adapter->watch.reset_bus = bus;
    adapter->watch.reset_deadline =
        Machine::current().after(kResetKnownWithin, [adapter] { reset_was_not_reported(*adapter); });
  }

  void registers_touched(PhysicalAddress at, unsigned bytes) override { check_touch(at, bytes, true); }
  void ports_touched(std::uint16_t number, unsigned bytes) override { check_touch(number, bytes, false); }

 private:
  /// Whether the code that runs here is that of the call, not a thread or an interrupt that came between.
  static bool runs_here(const MiniportCall& call) {
    return call.processor == machine::current_processor_number() && call.thread == &machine::current_thread() &&
           call.irql == KeGetCurrentIrql();
  }

  /// SP-292: inside one of the ranges that the miniport whose routine runs here has mapped.
  static void check_touch(std::uint64_t at, unsigned bytes, bool memory) {
    Adapter* toucher = nullptr;
    for (Adapter* adapter : port().adapters) {
      MiniportCall* call = running_call(*adapter);
      if (!call || !runs_here(*call)) continue;
      toucher = adapter;
      check_not_hung(*adapter, *call);
      for (const Mapping& mapping : adapter->mappings)
        if (mapping.memory == memory && at >= mapping.start && at + bytes <= mapping.start + mapping.length) return;
    }
    if (!toucher) return;
    violation(toucher, Check::UnassignedRange,
              fmt::format("{} touched {} bytes at {} 0x{:x}, outside of every range that it has mapped",
                          routine_name(running_call(*toucher)->routine), bytes, memory ? "memory" : "port", at));
  }

  static Adapter* seen(BusAddress from) {
    Adapter* adapter = adapter_at(from);
    if (adapter) adapter->watch.device_seen = true;
    return adapter;
  }

  static PhysicalAddress sense_of(const Adapter& adapter, const Slot& slot) {
    return static_cast<PhysicalAddress>(adapter.slot_memory.physical.QuadPart) +
           static_cast<PhysicalAddress>(slot.sense - adapter.slot_memory.address);
  }

  /// By the port, or by the RESET_BUS request that the miniport serves.
  static bool was_asked_for(const Adapter& adapter) {
    if (adapter.state != ResetState::Running ||
        (adapter.call.running && adapter.call.routine == Routine::AdapterControl))
      return true;
    return std::any_of(adapter.slots.begin(), adapter.slots.end(), [](const Slot& slot) {
      return slot.state == Slot::State::Owned && slot.issued.Function == SRB_FUNCTION_RESET_BUS;
    });
  }
};

// ---- memory that was taken away ----

/// Which part of a slot an address in its pages is in.
const char* part_of(const Slot& slot, const std::byte* at) {
  if (slot.sense && at >= slot.sense) return "sense buffer";
  if (slot.extension && at >= slot.extension) return "SRB extension";
  return "SRB";
}

void touched(Adapter& adapter, const Slot& slot, const char* part, const machine::TrapFrame* trap,
             const machine::FaultInfo& info) {
  const bool wrote = info.touch == machine::FaultInfo::Touch::Write;
  violation(&adapter, Check::TouchAfterComplete,
            fmt::format("the {} of srb#{} was {} after the request had been given back", part, slot.history.number,
                        wrote ? "written" : "read"),
            {}, &slot.history, {}, trap);
}

void driver_faulted(const machine::TrapFrame* trap, const machine::FaultInfo& info) {
  const auto* at = reinterpret_cast<const std::byte*>(info.address);
  for (Adapter* adapter : port().adapters) {
    if (adapter->slot_memory.address && adapter->slot_memory.contains(at)) {
      const auto index = static_cast<std::size_t>(at - adapter->slot_memory.address) / adapter->slot_stride;
      const Slot& slot = adapter->slots[index];
      if (slot.history.number) touched(*adapter, slot, part_of(slot, at), trap, info);
      return;
    }
    for (const Slot& slot : adapter->slots) {
      if (slot.state != Slot::State::Owned && slot.alias &&
          static_cast<std::size_t>(at - slot.alias) < slot.alias_bytes) {
        touched(*adapter, slot, "data buffer", trap, info);
        return;
      }
      const auto* data = static_cast<const std::byte*>(slot.issued.DataBuffer);
      if (!slot.unmapped_data || static_cast<std::size_t>(at - data) >= slot.issued.DataTransferLength) continue;
      if (!running_call(*adapter)) continue;  // the windows of two adapters are the same addresses
      violation(
          adapter, Check::DataBufferTouched,
          fmt::format("the data buffer of srb#{} was {}, though MapBuffers is FALSE: DataBuffer is no address to use",
                      slot.last_number, info.touch == machine::FaultInfo::Touch::Write ? "written" : "read"),
          {}, slot.request ? static_cast<const RequestHistory*>(slot.request) : &slot.history, {}, trap);
      return;
    }
  }
}

}  // namespace

void begin_witnessing(Port& port) {
  if (port.witnessing) return;
  port.witnessing = true;
  Machine::current().add_witness(*new Witness);
  ntos::rtl::add_fault_witness(driver_faulted);
}

void witness_hand_over(Adapter& adapter, Slot& slot) {
  slot.device_ended = false;
  slot.logged_code = 0;
  for_each_run(slot, [&](PhysicalAddress start, ULONG bytes) {
    adapter.watch.retired.take_back(start, bytes);
    return true;
  });
}

void witness_give_back(Adapter& adapter, Slot& slot) {
  Watch& watch = adapter.watch;
  if (!watch.device_seen) return;
  for_each_run(slot, [&](PhysicalAddress start, ULONG bytes) {
    watch.retired.add({start, bytes, slot.history});
    return true;
  });
  // SP-350: SUCCESS is for commands that the device has ended. One with no memory of its own cannot be told from
  // others.
  const MiniportCall* call = running_call(adapter);
  const bool known =
      slot.issued.DataTransferLength || (slot.issued.SenseInfoBuffer && slot.issued.SenseInfoBufferLength);
  if (watch.tells_commands && known && !slot.device_ended && call && call->routine == Routine::ResetBus &&
      slot.request->function == SRB_FUNCTION_EXECUTE_SCSI && SRB_STATUS(slot.returned.SrbStatus) == SRB_STATUS_SUCCESS)
    violation(&adapter, Check::ResetWrongStatus,
              fmt::format("srb#{} was given back with SUCCESS in HwScsiResetBus, though the device never finished it",
                          slot.last_number),
              {}, &slot.history);
}

void witness_interrupt(Adapter& adapter, bool claimed, bool line_was_up) {
  Watch& watch = adapter.watch;
  if (!claimed || !watch.device_seen || adapter.interrupt_mode != LevelSensitive) return;
  if (!line_was_up)
    violation(&adapter, Check::ClaimedForeignInterrupt,
              "HwScsiInterrupt returned TRUE, though the adapter's interrupt line was not up");
  if (watch.line_up && ++watch.claims_with_line_up == kClaimsMax)
    violation(
        &adapter, Check::InterruptNotCleared,
        fmt::format("HwScsiInterrupt has returned TRUE {} times and the adapter's interrupt line has never dropped",
                    kClaimsMax));
}

void witness_reset_known(Adapter& adapter) {
  if (!adapter.watch.reset_deadline) return;
  Machine::current().cancel(adapter.watch.reset_deadline);
  adapter.watch.reset_deadline = 0;
}

void witness_stopping(Adapter& adapter) {
  if (!adapter.watch.reset_deadline) return;
  Machine::current().cancel(adapter.watch.reset_deadline);
  reset_was_not_reported(adapter);
}

void witness_stopped(Adapter& adapter, bool stopped) {
  adapter.watch.stopped = stopped;
  adapter.watch.activity_reported = false;
  witness_reset_known(adapter);
}

}  // namespace drydock::port::scsiport
