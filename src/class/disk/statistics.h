#pragma once
// The account of every disk a machine has had, for scenarios and reports.

#include <cstdint>
#include <span>

namespace drydock::machine {
class Machine;
}

namespace drydock::class_::disk {

/// One per AddDevice; a disk that is gone keeps its entry. A request is an IRP to read, write or flush; a packet is an
/// SRB sent down, the driver's own included.
struct DiskStatistics {
  std::uint32_t number = 0;  ///< \Device\Harddisk<number>; another disk may have it later
  std::uint8_t path = 0, target = 0, lun = 0;
  bool present = true;  ///< until IRP_MN_REMOVE_DEVICE has ended

  std::uint64_t requests_received = 0;
  std::uint64_t requests_succeeded = 0;
  std::uint64_t requests_failed = 0;
  std::uint64_t bytes_read = 0;  ///< by requests that succeeded
  std::uint64_t bytes_written = 0;

  std::uint64_t packets_sent = 0;  ///< retries included
  std::uint64_t packets_completed = 0;
  std::uint64_t packets_retried = 0;
  std::uint64_t last_retries = 0;  ///< of these, sent as SP-198 says
  std::uint64_t bus_resets = 0;    ///< packets that came back with BUS_RESET
  std::uint64_t unit_attentions = 0;
  std::uint64_t media_changes = 0;  ///< possible ones, by unit attention (SP-201)
  std::uint64_t queue_releases = 0;
  std::uint64_t errors_counted = 0;  ///< towards SP-237

  std::uint64_t requests_outstanding() const { return requests_received - requests_succeeded - requests_failed; }
  std::uint64_t packets_outstanding() const { return packets_sent - packets_completed; }
};

/// In order of arrival. Valid until the next disk arrives; empty before install_disk().
std::span<const DiskStatistics> disk_statistics(machine::Machine& machine);

}  // namespace drydock::class_::disk
