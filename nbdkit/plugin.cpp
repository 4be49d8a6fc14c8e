// Our plug-in for nbdkit: hands what clients ask for to the machine of `drydock serve`, and waits for its answers.
//
//   nbdkit libdrydock_nbd.so ring=FD bell=FD size=BYTES block=BYTES readonly=0|1
//
// Only the command starts it; the descriptors are inherited (host/block_channel.h).

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include <atomic>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "host/block_channel.h"

#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL

namespace {

using drydock::host::BlockChannel;
using drydock::host::BlockRequest;
using Kind = drydock::host::BlockRequestKind;

/// One a process: nbdkit's plug-ins have no other place for what configuration says.
struct Export {
  int ring = -1, bell = -1;
  std::int64_t size = 0;
  std::uint32_t block = 512;
  bool read_only = false;
  std::optional<BlockChannel> channel;
  std::atomic<std::uint64_t> free{~std::uint64_t{0}};  ///< requests of the channel, a bit each
  static_assert(BlockChannel::kRequestsMax == 64);
};

Export& the_export() {
  static Export instance;
  return instance;
}

/// A free request, waited for; given back when dropped.
class Place {
 public:
  Place() {
    std::atomic<std::uint64_t>& all = the_export().free;
    for (std::uint64_t free = all.load();;) {
      if (free == 0) {
        all.wait(0);
        free = all.load();
      } else if (all.compare_exchange_weak(free, free & (free - 1))) {
        index_ = static_cast<unsigned>(std::countr_zero(free));
        return;
      }
    }
  }
  ~Place() {
    std::atomic<std::uint64_t>& all = the_export().free;
    all.fetch_or(std::uint64_t{1} << index_);
    all.notify_one();
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  std::byte* data() { return the_export().channel->data(index_); }

  /// 0, or -1 with nbdkit told why.
  int ask(Kind kind, std::uint64_t offset, std::uint32_t bytes) {
    Export& all = the_export();
    BlockRequest& request = all.channel->request(index_);
    request.kind = kind;
    request.offset = offset;
    request.bytes = bytes;
    all.channel->submit(index_);
    const int error = all.channel->await(index_) ? request.error : ESHUTDOWN;
    if (error == 0) return 0;
    nbdkit_error("the disk answers: %s", std::strerror(error));
    nbdkit_set_error(error);
    return -1;
  }

 private:
  unsigned index_ = 0;
};

/// Calls `piece` for each part of a request that fits one place.
template <class Piece>
int in_pieces(std::uint64_t offset, std::uint32_t count, Piece piece) {
  while (count != 0) {
    const std::uint32_t bytes = count < BlockRequest::kBytesMax ? count : BlockRequest::kBytesMax;
    if (piece(offset, bytes) != 0) return -1;
    offset += bytes;
    count -= bytes;
  }
  return 0;
}

int flush_now() {
  return Place().ask(Kind::Flush, 0, 0);
}

int after_write(int result, std::uint32_t flags) {
  return result == 0 && (flags & NBDKIT_FLAG_FUA) ? flush_now() : result;
}

int config(const char* key, const char* value) {
  Export& all = the_export();
  const std::int64_t number = std::strtoll(value, nullptr, 10);
  if (!std::strcmp(key, "ring")) all.ring = static_cast<int>(number);
  else if (!std::strcmp(key, "bell")) all.bell = static_cast<int>(number);
  else if (!std::strcmp(key, "size")) all.size = number;
  else if (!std::strcmp(key, "block")) all.block = static_cast<std::uint32_t>(number);
  else if (!std::strcmp(key, "readonly")) all.read_only = number != 0;
  else return nbdkit_error("this plug-in knows no parameter %s", key), -1;
  return 0;
}

int config_complete() {
  if (the_export().ring >= 0 && the_export().bell >= 0 && the_export().size > 0) return 0;
  nbdkit_error("this plug-in is started by `drydock serve`, not by hand");
  return -1;
}

/// After nbdkit has forked: the channel is mapped where it is used.
int after_fork() {
  Export& all = the_export();
  auto opened = BlockChannel::open(all.ring, all.bell);
  if (!opened) return nbdkit_error("%s", opened.failure().message.c_str()), -1;
  all.channel.emplace(std::move(opened).value());
  return 0;
}

int pread(void*, void* to, std::uint32_t count, std::uint64_t offset, std::uint32_t) {
  auto* at = static_cast<std::byte*>(to);
  return in_pieces(offset, count, [&](std::uint64_t from, std::uint32_t bytes) {
    Place place;
    if (place.ask(Kind::Read, from, bytes) != 0) return -1;
    std::memcpy(at, place.data(), bytes);
    at += bytes;
    return 0;
  });
}

int pwrite(void*, const void* from, std::uint32_t count, std::uint64_t offset, std::uint32_t flags) {
  auto* at = static_cast<const std::byte*>(from);
  const int result = in_pieces(offset, count, [&](std::uint64_t to, std::uint32_t bytes) {
    Place place;
    std::memcpy(place.data(), at, bytes);
    at += bytes;
    return place.ask(Kind::Write, to, bytes);
  });
  return after_write(result, flags);
}

int flush(void*, std::uint32_t) {
  return flush_now();
}

int zero(void*, std::uint32_t count, std::uint64_t offset, std::uint32_t flags) {
  const int result = in_pieces(
      offset, count, [](std::uint64_t at, std::uint32_t bytes) { return Place().ask(Kind::Zero, at, bytes); });
  return after_write(result, flags);
}

/// Only advice: a unit that cannot do it keeps what it has.
int trim(void*, std::uint32_t count, std::uint64_t offset, std::uint32_t flags) {
  return after_write(Place().ask(Kind::Trim, offset, count), flags);
}

void* open(int) {
  return NBDKIT_HANDLE_NOT_NEEDED;
}
std::int64_t get_size(void*) {
  return the_export().size;
}
int block_size(void*, std::uint32_t* minimum, std::uint32_t* preferred, std::uint32_t* maximum) {
  *minimum = the_export().block;
  *preferred = 4096;
  *maximum = 32 << 20;
  return 0;
}
int can_write(void*) {
  return !the_export().read_only;
}
int yes(void*) {
  return 1;
}
int can_fua(void*) {
  return NBDKIT_FUA_NATIVE;
}
nbdkit_plugin make_plugin() {
  nbdkit_plugin plugin{};
  plugin.name = "drydock";
  plugin.description = "a disk behind a Windows driver";
  plugin.config = config;
  plugin.config_complete = config_complete;
  plugin.after_fork = after_fork;
  plugin.open = open;
  plugin.get_size = get_size;
  plugin.block_size = block_size;
  plugin.can_write = can_write;
  plugin.can_flush = yes;
  plugin.can_zero = yes;
  plugin.can_trim = yes;
  plugin.can_fua = can_fua;
  plugin.can_multi_conn = yes;  // one disk, whoever asks
  plugin.pread = pread;
  plugin.pwrite = pwrite;
  plugin.flush = flush;
  plugin.zero = zero;
  plugin.trim = trim;
  return plugin;
}

nbdkit_plugin plugin = make_plugin();

}  // namespace

NBDKIT_REGISTER_PLUGIN(plugin)
