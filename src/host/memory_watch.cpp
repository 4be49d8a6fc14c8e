#include "host/memory_watch.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace drydock::host {

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kWord = sizeof(std::uint64_t);
// Runs that are nearer than this are one: naming a run costs as much.
constexpr std::size_t kGap = 16;

bool same(const std::byte* a, const std::byte* b) {
  return std::memcmp(a, b, kWord) == 0;
}

}  // namespace

Result<MemoryWatch> MemoryWatch::of(int descriptor, std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor, 0);
  void* copy = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED || copy == MAP_FAILED)
    return error("a machine's memory cannot be watched: ", std::strerror(errno));
  return MemoryWatch(descriptor, bytes, static_cast<std::byte*>(memory), static_cast<std::byte*>(copy));
}

MemoryWatch::MemoryWatch(MemoryWatch&& other) noexcept
    : descriptor_(other.descriptor_),
      bytes_(std::exchange(other.bytes_, 0)),
      memory_(std::exchange(other.memory_, nullptr)),
      copy_(std::exchange(other.copy_, nullptr)) {}

MemoryWatch::~MemoryWatch() {
  if (bytes_ == 0) return;
  munmap(memory_, bytes_);
  munmap(copy_, bytes_);
}

template <class Part>
void MemoryWatch::for_each_part(Part part) const {
  for (off_t at = 0;;) {
    const off_t begin = lseek(descriptor_, at, SEEK_DATA);
    if (begin < 0) return;
    const off_t end = lseek(descriptor_, begin, SEEK_HOLE);
    at = end < 0 ? static_cast<off_t>(bytes_) : end;
    part(static_cast<std::size_t>(begin), std::min(static_cast<std::size_t>(at), bytes_));
  }
}

void MemoryWatch::remember() {
  for_each_part([this](std::size_t begin, std::size_t end) { std::memcpy(copy_ + begin, memory_ + begin, end - begin); });
}

void MemoryWatch::differences(const Changed& changed) const {
  for_each_part([&](std::size_t begin, std::size_t end) {
    for (std::size_t page = begin; page < end; page += kPage) {
      const std::size_t page_end = std::min(page + kPage, end);
      if (std::memcmp(memory_ + page, copy_ + page, page_end - page) == 0) continue;
      for (std::size_t at = page; at < page_end;) {
        if (same(memory_ + at, copy_ + at)) {
          at += kWord;
          continue;
        }
        const std::size_t first = at;
        std::size_t last = at + kWord;  // behind the last word that differs
        for (at = last; at < page_end && at - last < kGap; at += kWord)
          if (!same(memory_ + at, copy_ + at)) last = at + kWord;
        changed(first, {memory_ + first, last - first});
      }
    }
  });
}

}  // namespace drydock::host
