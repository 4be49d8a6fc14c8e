#include "host/block_channel.h"

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <new>
#include <utility>

#include "host/check.h"

namespace drydock::host {

struct BlockChannel::Shared {
  std::atomic<std::uint32_t> submitted{0};  // both count without end
  std::atomic<std::uint32_t> taken{0};
  std::atomic<std::uint32_t> hung_up{0};
  std::uint32_t order[kRequestsMax] = {};
  BlockRequest requests[kRequestsMax];
  alignas(4096) std::byte data[kRequestsMax][BlockRequest::kBytesMax];
};

namespace {

long futex(std::atomic<std::uint32_t>* word, int operation, std::uint32_t value, const timespec* timeout) {
  return syscall(SYS_futex, word, operation, value, timeout, nullptr, 0);
}

}  // namespace

BlockChannel::BlockChannel(Descriptor ring, Descriptor bell, Shared* shared)
    : ring_(std::move(ring)), bell_(std::move(bell)), shared_(shared) {}

BlockChannel::BlockChannel(BlockChannel&& other) noexcept
    : ring_(std::move(other.ring_)), bell_(std::move(other.bell_)), shared_(std::exchange(other.shared_, nullptr)) {}

BlockChannel::~BlockChannel() {
  if (shared_) munmap(shared_, sizeof(Shared));
}

Result<BlockChannel> BlockChannel::create() {
  Descriptor ring = TRY(make_shared_memory("drydock-requests", sizeof(Shared)));
  Descriptor bell = TRY(make_event_counter());
  void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, ring.get(), 0);
  if (memory == MAP_FAILED) return error("the request ring cannot be mapped: ", std::strerror(errno));
  return BlockChannel(std::move(ring), std::move(bell), new (memory) Shared);
}

Result<BlockChannel> BlockChannel::open(int ring, int bell) {
  void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, ring, 0);
  if (memory == MAP_FAILED) return error("the request ring cannot be mapped: ", std::strerror(errno));
  return BlockChannel(Descriptor(ring), Descriptor(bell), static_cast<Shared*>(memory));
}

BlockRequest& BlockChannel::request(unsigned index) {
  HOST_CHECK(index < kRequestsMax);
  return shared_->requests[index];
}

std::byte* BlockChannel::data(unsigned index) {
  HOST_CHECK(index < kRequestsMax);
  return shared_->data[index];
}

void BlockChannel::submit(unsigned index) {
  request(index).done.store(0, std::memory_order_relaxed);
  const std::uint32_t place = shared_->submitted.load(std::memory_order_relaxed);
  shared_->order[place % kRequestsMax] = index;
  shared_->submitted.store(place + 1, std::memory_order_release);
  const std::uint64_t one = 1;
  while (write(bell_.get(), &one, sizeof(one)) < 0 && errno == EINTR) {
  }
}

bool BlockChannel::await(unsigned index) {
  std::atomic<std::uint32_t>& done = request(index).done;
  while (done.load(std::memory_order_acquire) == 0) {
    if (shared_->hung_up.load(std::memory_order_acquire)) return false;
    const timespec look_again{1, 0};  // for an end that died without a word
    futex(&done, FUTEX_WAIT, 0, &look_again);
  }
  return true;
}

unsigned BlockChannel::take() {
  const std::uint32_t place = shared_->taken.load(std::memory_order_relaxed);
  if (place == shared_->submitted.load(std::memory_order_acquire)) return kRequestsMax;
  const unsigned index = shared_->order[place % kRequestsMax] % kRequestsMax;
  shared_->taken.store(place + 1, std::memory_order_relaxed);
  return index;
}

void BlockChannel::complete(unsigned index, int error) {
  request(index).error = error;
  request(index).done.store(1, std::memory_order_release);
  futex(&request(index).done, FUTEX_WAKE, 1, nullptr);
}

void BlockChannel::hang_up() {
  shared_->hung_up.store(1, std::memory_order_release);
  for (BlockRequest& each : shared_->requests) futex(&each.done, FUTEX_WAKE, 1, nullptr);
}

}  // namespace drydock::host
