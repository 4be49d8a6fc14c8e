#pragma once
// The data buffer of one PVSCSI request: a single run, or a list of elements with chains.

#include <cstdint>

#include "machine/wires.h"
#include "models/pvscsi/pvscsi_registers.h"
#include "models/scsi/data_stream.h"

namespace drydock::models::pvscsi {

class RequestStream final : public scsi::DataStream {
 public:
  RequestStream(machine::DeviceWires& wires, const RequestDescriptor& request);

  std::size_t to_initiator(std::span<const std::byte> data) override;
  std::size_t from_initiator(std::span<std::byte> data) override;

  std::uint64_t transferred() const { return transferred_; }
  bool overran() const { return overran_; }                  ///< the unit had, or wanted, more than fits
  bool wrong_direction() const { return wrong_direction_; }  ///< the unit went against the request's flags
  bool failed() const { return failed_; }                    ///< an address was not memory, or the list is damaged

 private:
  template <class Move>
  std::size_t run(std::size_t wanted, std::uint32_t forbidden_flag, Move move);
  bool next_element();

  machine::DeviceWires& wires_;
  const std::uint32_t flags_;
  std::uint64_t left_;          // of the request's data length
  std::uint64_t next_in_list_;  // address of the element to fetch next
  std::uint64_t run_address_ = 0;
  std::uint64_t run_left_ = 0;
  std::uint64_t transferred_ = 0;
  unsigned elements_seen_ = 0;
  bool overran_ = false;
  bool wrong_direction_ = false;
  bool failed_ = false;
};

}  // namespace drydock::models::pvscsi
