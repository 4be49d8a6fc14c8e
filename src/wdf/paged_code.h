#pragma once
// WDF-467: while a non-pageable device is on its way between D0 and Dx, what its driver has in pageable sections may not
// be there. Nothing here is ever paged out; instead the sections are closed for that time, and who touches one is named.

#include <vector>

#include "machine/memory.h"

namespace drydock::wdf {

class Device;
struct Client;

class PagedCode {
 public:
  PagedCode();
  /// Before EvtDeviceD0Exit of a device that is not pageable.
  void leave(const Device& device);
  /// EvtDeviceD0Entry has returned, or the device goes for good.
  void come_back(const Device& device);
  /// Opens the section around `address` again; false if none is closed there.
  bool touched(std::uint64_t address, std::uint64_t instruction);

 private:
  struct Closed {
    const Device* device;
    std::byte* first;
    std::vector<machine::Access> was;  ///< by page
  };
  void open(const Closed& closed);
  bool is_closed(const std::byte* page) const;

  std::vector<Closed> closed_;
};

}  // namespace drydock::wdf
