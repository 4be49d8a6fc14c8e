#include "scenario/disk_accounts.h"

#include <fmt/format.h>

#include "class/disk/statistics.h"

namespace drydock::scenario {

std::uint64_t requests_retried(machine::Machine& machine) {
  std::uint64_t sum = 0;
  for (const class_::disk::DiskStatistics& disk : class_::disk::disk_statistics(machine)) sum += disk.packets_retried;
  return sum;
}

std::vector<std::string> open_accounts(machine::Machine& machine) {
  std::vector<std::string> lines;
  for (const class_::disk::DiskStatistics& disk : class_::disk::disk_statistics(machine))
    if (disk.requests_outstanding() != 0 || disk.packets_outstanding() != 0)
      lines.push_back(fmt::format("disk {} (target {} lun {}): {} of {} requests and {} of {} SRBs have not ended",
                                  disk.number, disk.target, disk.lun, disk.requests_outstanding(),
                                  disk.requests_received, disk.packets_outstanding(), disk.packets_sent));
  return lines;
}

}  // namespace drydock::scenario
