#pragma once
// Block requests between two processes: one asks (an NBD server's threads), one serves (a machine). Memory that both
// map holds a fixed number of requests with their data. An event counter, the bell, wakes a serving end that sleeps; one
// that does not is left alone, and tells many waiters of their answers at once: waking others is what such traffic costs.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "host/descriptor.h"
#include "host/result.h"

namespace drydock::host {

enum class BlockRequestKind : std::uint32_t { Read, Write, Flush, Zero, Trim };

struct BlockRequest {
  static constexpr std::size_t kBytesMax = 256 << 10;
  std::atomic<std::uint32_t> state{0};  ///< the channel's own
  BlockRequestKind kind = BlockRequestKind::Read;
  std::uint64_t offset = 0;
  std::uint32_t bytes = 0;
  std::int32_t error = 0;  ///< an errno, or 0
};

/// One end. Whichever process makes it hands ring_descriptor() and bell_descriptor() to the other.
class BlockChannel {
 public:
  static constexpr unsigned kRequestsMax = 64;

  static Result<BlockChannel> create();
  static Result<BlockChannel> open(int ring, int bell);
  BlockChannel(BlockChannel&& other) noexcept;
  BlockChannel& operator=(BlockChannel&&) = delete;
  ~BlockChannel();

  int ring_descriptor() const { return ring_.get(); }
  int bell_descriptor() const { return bell_.get(); }
  BlockRequest& request(unsigned index);
  std::byte* data(unsigned index);  ///< kBytesMax bytes

  // ---- the asking end: any thread, each for a request of its own
  /// Request `index` is filled in: hands it over.
  void submit(unsigned index);
  /// Waits until it is served. False if the serving end has gone.
  bool await(unsigned index);

  // ---- the serving end, on one thread
  /// Looks for requests that have been handed over, and says how many there are that it had not found before.
  unsigned gather();
  /// One of those found, in no particular order; kRequestsMax if there is none.
  unsigned take();
  /// Request `index` is served. Its waiter, if it sleeps, is woken by the next wake_waiters().
  void complete(unsigned index, int error);
  void wake_waiters();
  /// From now on the bell rings for the next request, until awake(). False if there is one to be found: do not sleep.
  bool may_sleep();
  void awake();
  /// Everybody who waits, and who comes later, is told that nobody serves any more.
  void hang_up();

 private:
  struct Shared;
  BlockChannel(Descriptor ring, Descriptor bell, Shared* shared);

  Descriptor ring_, bell_;
  std::uint64_t found_ = 0;    // requests, a bit each
  std::uint32_t to_wake_ = 0;  // waiters, a bit each; several share one
  Shared* shared_ = nullptr;
};

}  // namespace drydock::host
