#pragma once
// Requests of our own that a thread waits for. IRQL: PASSIVE_LEVEL.

#include <span>

#include "class/disk/fdo.h"

namespace drydock::class_::disk {

/// Memory the port may read and write by DMA. Empty if pool is exhausted.
class PoolBuffer {
 public:
  explicit PoolBuffer(ULONG bytes);
  PoolBuffer(const PoolBuffer&) = delete;
  ~PoolBuffer();
  explicit operator bool() const { return memory_ != nullptr; }
  UCHAR* data() const { return memory_; }
  ULONG size() const { return bytes_; }
  template <class T>
  const T& as() const {
    return *reinterpret_cast<const T*>(memory_);
  }

 private:
  UCHAR* memory_;
  ULONG bytes_;
};

/// Sends one command, tried again as any other. `moved` gets the bytes that came. STATUS_INSUFFICIENT_RESOURCES if no
/// packet is free; STATUS_DATA_OVERRUN is success where less came than asked for.
NTSTATUS send_command(Fdo& fdo, std::span<const UCHAR> cdb, PoolBuffer* from_device, ULONG timeout_s,
                      ULONG* moved = nullptr);
/// The same with `bytes` of data for the unit.
NTSTATUS send_data(Fdo& fdo, std::span<const UCHAR> cdb, const PoolBuffer& to_device, ULONG bytes, ULONG timeout_s);
/// CLAIM_DEVICE, RELEASE_DEVICE and the like: to the port, without data. Returns its status.
NTSTATUS send_function(Fdo& fdo, UCHAR function);

/// IOCTL to the stack below.
NTSTATUS ask_below(Fdo& fdo, ULONG code, std::span<const UCHAR> input, std::span<UCHAR> output,
                   ULONG_PTR* information = nullptr);

}  // namespace drydock::class_::disk
