#include "models/pvscsi/request_stream.h"

#include <algorithm>

namespace drydock::models::pvscsi {

namespace {

/// A list longer than this, empty elements and chains included, goes in circles.
constexpr unsigned kElementsMax = 1 << 16;

}  // namespace

RequestStream::RequestStream(machine::DeviceWires& wires, const RequestDescriptor& request)
    : wires_(wires),
      flags_(request.flags),
      left_((request.flags & request_flag::kNoData) ? 0 : request.data_length),
      next_in_list_(request.data_address) {
  if (flags_ & request_flag::kList) return;
  run_address_ = request.data_address;
  run_left_ = left_;
}

bool RequestStream::next_element() {
  if (!(flags_ & request_flag::kList)) return false;
  while (run_left_ == 0) {
    ListElement element;
    if (++elements_seen_ > kElementsMax ||
        !wires_.dma_read(next_in_list_, std::as_writable_bytes(std::span(&element, 1)))) {
      failed_ = true;
      return false;
    }
    if (element.flags & kElementChains) {
      next_in_list_ = element.address;
      continue;
    }
    next_in_list_ += sizeof element;
    run_address_ = element.address;
    run_left_ = element.length;
  }
  return true;
}

template <class Move>
std::size_t RequestStream::run(std::size_t wanted, std::uint32_t forbidden_flag, Move move) {
  if (wanted != 0 && (flags_ & forbidden_flag)) {
    wrong_direction_ = true;
    return 0;
  }
  if (wanted > left_) overran_ = true;
  std::size_t done = 0;
  while (done < wanted && left_ != 0 && !failed_) {
    if (run_left_ == 0 && !next_element()) break;
    const std::size_t count = std::min<std::uint64_t>({wanted - done, left_, run_left_});
    if (!move(run_address_, done, count)) {
      failed_ = true;
      break;
    }
    run_address_ += count;
    run_left_ -= count;
    left_ -= count;
    transferred_ += count;
    done += count;
  }
  return done;
}

std::size_t RequestStream::to_initiator(std::span<const std::byte> data) {
  return run(data.size(), request_flag::kToDevice, [&](std::uint64_t address, std::size_t at, std::size_t count) {
    return wires_.dma_write(address, data.subspan(at, count));
  });
}

std::size_t RequestStream::from_initiator(std::span<std::byte> data) {
  return run(data.size(), request_flag::kToHost, [&](std::uint64_t address, std::size_t at, std::size_t count) {
    return wires_.dma_read(address, data.subspan(at, count));
  });
}

}  // namespace drydock::models::pvscsi
