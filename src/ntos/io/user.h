#pragma once
// What an application does, for scenarios: host code on a machine thread that opens a device and sends it requests.
// Every call makes the IRPs Windows makes: CREATE, CLEANUP at the last handle, CLOSE when the file object goes.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "machine/time.h"
#include "nt/irp.h"

namespace drydock::ntos::io::user {
using namespace nt;

struct IoResult {
  NTSTATUS status = 0;
  std::uint64_t information = 0;
  bool ok() const { return status >= 0; }
};

/// A request on its way.
class Request;
struct OpenOptions;

/// One handle. Closing (or destroying) it sends CLEANUP, and CLOSE once nothing refers to the file object.
class File {
 public:
  File() = default;
  File(File&& other) noexcept : handle_(other.handle_), object_(other.object_) { other.handle_ = nullptr, other.object_ = nullptr; }
  File& operator=(File&& other) noexcept;
  ~File() { close(); }

  explicit operator bool() const { return handle_ != nullptr; }
  HANDLE handle() const { return handle_; }
  FILE_OBJECT* object() const { return object_; }

  IoResult read(std::span<std::byte> to, std::uint64_t offset = 0);
  IoResult write(std::span<const std::byte> from, std::uint64_t offset = 0);
  IoResult ioctl(std::uint32_t code, std::span<const std::byte> input = {}, std::span<std::byte> output = {});
  IoResult flush();

  /// The request may still be pending on return. Buffers are held by the request until it ends.
  std::unique_ptr<Request> start_read(std::size_t length, std::uint64_t offset = 0);
  std::unique_ptr<Request> start_write(std::span<const std::byte> from, std::uint64_t offset = 0);
  std::unique_ptr<Request> start_ioctl(std::uint32_t code, std::span<const std::byte> input, std::size_t output_length);

  /// IoCancelIrp on everything this handle has pending (CancelIo).
  void cancel_io();
  void close();

 private:
  friend File open(std::u16string_view, NTSTATUS*, const OpenOptions&);
  friend File open(DEVICE_OBJECT*, NTSTATUS*, const OpenOptions&);
  HANDLE handle_ = nullptr;
  FILE_OBJECT* object_ = nullptr;
};

class Request {
 public:
  Request() = default;
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  /// Waits: a request never outlives its buffers.
  ~Request();

  bool done() { return poll(); }
  /// Waits until it ends, or until `due` passed (then status is STATUS_TIMEOUT).
  IoResult wait(const machine::Time* due = nullptr);
  /// Returns whether a cancel routine ran or the IRP was marked.
  bool cancel();
  std::span<const std::byte> data() const;
  std::uint32_t irp_number() const { return irp_number_; }
  /// Called once, when done(), wait() or cancel() finds that it has ended.
  void on_completion(std::function<void(const IoResult&)> action);

 private:
  friend class File;
  friend struct RequestAccess;
  bool poll();
  void finish(NTSTATUS status, std::uint64_t information);

  IoResult result_;
  bool done_ = false;
  IRP* irp_ = nullptr;
  std::uint32_t irp_number_ = 0;
  FILE_OBJECT* file_ = nullptr;
  KEVENT* event_ = nullptr;      ///< an event object
  IO_STATUS_BLOCK* iosb_ = nullptr;
  std::byte* buffer_ = nullptr;  ///< pool, page aligned
  std::size_t buffer_bytes_ = 0;
  std::byte* input_ = nullptr;   ///< pool
  std::function<void(const IoResult&)> action_;
};

struct OpenOptions {
  ACCESS_MASK access = 0xC0000000;  ///< GENERIC_READ | GENERIC_WRITE
  ULONG share = 7;
  bool overlapped = true;
};

/// Opens "\\.\Echo", "\??\Echo", "\Device\Echo0" or a device interface's link. The file is empty if it fails.
File open(std::u16string_view path, NTSTATUS* status = nullptr, const OpenOptions& options = {});
/// Opens the top of a stack directly, as if by name.
File open(DEVICE_OBJECT* device, NTSTATUS* status = nullptr, const OpenOptions& options = {});

/// Sends one IRP to `device` and waits for it: for scenarios and PnP, without a file object. `prepare` fills the first
/// stack location (major function set already) and may set IoStatus.
IoResult send(DEVICE_OBJECT* device, UCHAR major, UCHAR minor, const std::function<void(IRP*, IO_STACK_LOCATION*)>& prepare);

}  // namespace drydock::ntos::io::user
