#include "host/block_channel.h"

#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <new>
#include <utility>

#include "host/check.h"

namespace drydock::host {

struct BlockChannel::Shared {
  std::atomic<std::uint64_t> handed_over{0};  // requests, a bit each
  std::atomic<std::uint32_t> hung_up{0};
  std::atomic<std::uint32_t> asleep{1};   // the serving end wants to hear the bell
  std::atomic<std::uint32_t> answers{0};  // counts wake_waiters(); all waiters sleep on it
  BlockRequest requests[kRequestsMax];
  alignas(4096) std::byte data[kRequestsMax][BlockRequest::kBytesMax];
};

namespace {

/// Of a request.
enum State : std::uint32_t { Waiting, Served, WaiterSleeps };

// So often a waiter lets others run before it sleeps: under load its answer is there by then, and nobody need wake it.
constexpr int kTurns = 2;

/// Waiters are told apart by a mask: each sleeps with one bit, and is woken by any mask that has it.
constexpr std::uint32_t mask_of(unsigned index) {
  return 1u << index % 32;
}
constexpr std::uint32_t kEverybody = 0xFFFFFFFF;

void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t value, const timespec& until, std::uint32_t mask) {
  syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, value, &until, nullptr, mask);
}

void futex_wake(std::atomic<std::uint32_t>& word, std::uint32_t mask) {
  constexpr int kAll = 0x7FFFFFFF;
  syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, kAll, nullptr, nullptr, mask);
}

}  // namespace

BlockChannel::BlockChannel(Descriptor ring, Descriptor bell, Shared* shared)
    : ring_(std::move(ring)), bell_(std::move(bell)), shared_(shared) {}

BlockChannel::BlockChannel(BlockChannel&& other) noexcept
    : ring_(std::move(other.ring_)),
      bell_(std::move(other.bell_)),
      found_(other.found_),
      to_wake_(other.to_wake_),
      shared_(std::exchange(other.shared_, nullptr)) {}

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
  request(index).state.store(Waiting, std::memory_order_relaxed);
  // Either we see that the other end is about to sleep, or it sees the request: both orders are sequentially consistent.
  shared_->handed_over.fetch_or(std::uint64_t{1} << index, std::memory_order_seq_cst);
  if (shared_->asleep.load(std::memory_order_seq_cst) == 0 || shared_->asleep.exchange(0) == 0) return;
  const std::uint64_t one = 1;
  while (write(bell_.get(), &one, sizeof(one)) < 0 && errno == EINTR) {
  }
}

bool BlockChannel::await(unsigned index) {
  std::atomic<std::uint32_t>& state = request(index).state;
  for (int turn = 0; turn < kTurns; ++turn) {
    if (state.load(std::memory_order_acquire) == Served) return true;
    sched_yield();
  }
  std::uint32_t waiting = Waiting;
  if (!state.compare_exchange_strong(waiting, WaiterSleeps, std::memory_order_acq_rel)) return true;
  for (;;) {
    const std::uint32_t answers = shared_->answers.load(std::memory_order_acquire);
    if (state.load(std::memory_order_acquire) == Served) return true;
    if (shared_->hung_up.load(std::memory_order_acquire)) return false;
    timespec look_again;  // for an end that died without a word
    clock_gettime(CLOCK_MONOTONIC, &look_again);
    ++look_again.tv_sec;
    futex_wait(shared_->answers, answers, look_again, mask_of(index));
  }
}

unsigned BlockChannel::gather() {
  if (shared_->handed_over.load(std::memory_order_relaxed) == 0) return 0;
  const std::uint64_t fresh = shared_->handed_over.exchange(0, std::memory_order_acquire) & ~found_;
  found_ |= fresh;
  return static_cast<unsigned>(std::popcount(fresh));
}

unsigned BlockChannel::take() {
  if (found_ == 0) return kRequestsMax;
  const auto index = static_cast<unsigned>(std::countr_zero(found_));
  found_ &= found_ - 1;
  return index;
}

void BlockChannel::complete(unsigned index, int error) {
  request(index).error = error;
  if (request(index).state.exchange(Served, std::memory_order_acq_rel) == WaiterSleeps) to_wake_ |= mask_of(index);
}

void BlockChannel::wake_waiters() {
  if (to_wake_ == 0) return;
  shared_->answers.fetch_add(1, std::memory_order_release);
  futex_wake(shared_->answers, std::exchange(to_wake_, 0));
}

bool BlockChannel::may_sleep() {
  shared_->asleep.store(1, std::memory_order_seq_cst);
  if (shared_->handed_over.load(std::memory_order_seq_cst) == 0) return true;
  awake();
  return false;
}

void BlockChannel::awake() {
  shared_->asleep.store(0, std::memory_order_relaxed);
}

void BlockChannel::hang_up() {
  shared_->hung_up.store(1, std::memory_order_release);
  shared_->answers.fetch_add(1, std::memory_order_release);
  futex_wake(shared_->answers, kEverybody);
}

}  // namespace drydock::host
