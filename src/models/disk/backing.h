#pragma once
// Where a disk's bytes live. A backing outlives the adapter it hangs behind: pulled and put back, the disk is the same.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>

namespace drydock::models::disk {

class Backing {
 public:
  virtual ~Backing() = default;
  virtual std::uint64_t size_bytes() const = 0;
  virtual bool read_only() const { return false; }
  /// Both lie within size_bytes(). False: the medium failed.
  virtual bool read(std::uint64_t offset, std::span<std::byte> to) = 0;
  virtual bool write(std::uint64_t offset, std::span<const std::byte> from) = 0;
  /// These bytes are not needed any more: they read as zeros from now on. False: the medium failed.
  virtual bool discard(std::uint64_t offset, std::uint64_t bytes) = 0;
  /// Everything written so far is on stable storage when it returns true.
  virtual bool flush() = 0;
};

/// Zeros until written; takes memory only for pages that were.
class MemoryBacking final : public Backing {
 public:
  explicit MemoryBacking(std::uint64_t size_bytes) : size_bytes_(size_bytes) {}

  std::uint64_t size_bytes() const override { return size_bytes_; }
  bool read(std::uint64_t offset, std::span<std::byte> to) override;
  bool write(std::uint64_t offset, std::span<const std::byte> from) override;
  bool discard(std::uint64_t offset, std::uint64_t bytes) override;
  bool flush() override { return true; }

 private:
  static constexpr std::uint64_t kPageBytes = 4096;
  using Page = std::array<std::byte, kPageBytes>;

  std::uint64_t size_bytes_;
  std::map<std::uint64_t, Page> pages_;
};

/// A file that somebody outside the machine opened and will close. Writes are not undone by restoring a snapshot.
class FileBacking final : public Backing {
 public:
  FileBacking(int descriptor, std::uint64_t size_bytes, bool read_only)
      : descriptor_(descriptor), size_bytes_(size_bytes), read_only_(read_only) {}

  std::uint64_t size_bytes() const override { return size_bytes_; }
  bool read_only() const override { return read_only_; }
  bool read(std::uint64_t offset, std::span<std::byte> to) override;
  bool write(std::uint64_t offset, std::span<const std::byte> from) override;
  bool discard(std::uint64_t offset, std::uint64_t bytes) override;
  bool flush() override;

 private:
  int descriptor_;
  std::uint64_t size_bytes_;
  bool read_only_;
};

}  // namespace drydock::models::disk
