#include "ntos/io/user.h"

#include <algorithm>
#include <cstring>

#include "machine/machine.h"
#include "ntos/io/device.h"
#include "ntos/io/file.h"
#include "ntos/io/irp.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/ke/current.h"
#include "ntos/ke/event.h"
#include "ntos/ke/wait.h"
#include "ntos/ob/object.h"
#include "ntos/ob/storage.h"

namespace drydock::ntos::io::user {

namespace {

constexpr ULONG kTagUser = 0x72657355;  // "User"

/// What an application's buffer and its OVERLAPPED are: pool, since devices read and write it.
std::byte* new_buffer(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  return static_cast<std::byte*>(kernel_allocate(bytes < 4096 ? bytes : (bytes + 4095) & ~std::size_t{4095}, kTagUser));
}

}  // namespace

/// Sends a request and keeps what it needs alive.
struct RequestAccess {
  static std::unique_ptr<Request> start(FILE_OBJECT* file, FileRequest what, std::span<const std::byte> from,
                                        std::span<const std::byte> input, std::size_t length) {
    auto request = std::make_unique<Request>();
    request->file_ = file;
    ob::reference(file);
    request->buffer_bytes_ = length;
    request->buffer_ = new_buffer(length);
    request->input_ = new_buffer(input.size());
    request->iosb_ = static_cast<IO_STATUS_BLOCK*>(kernel_allocate(sizeof(IO_STATUS_BLOCK), kTagUser));
    request->event_ = static_cast<KEVENT*>(ob::create_object(ob::Type::Event, sizeof(KEVENT)));
    bool short_of_memory = (length != 0 && request->buffer_ == nullptr) ||
                           (!input.empty() && request->input_ == nullptr) || request->iosb_ == nullptr ||
                           request->event_ == nullptr;
    if (short_of_memory) {
      request->result_.status = STATUS_INSUFFICIENT_RESOURCES;
      request->done_ = true;
      return request;
    }
    *request->iosb_ = {};
    KeInitializeEvent(request->event_, NotificationEvent, FALSE);
    if (!from.empty()) std::memcpy(request->buffer_, from.data(), from.size());
    if (!input.empty()) std::memcpy(request->input_, input.data(), input.size());

    what.file = file;
    what.buffer = request->buffer_;
    what.length = static_cast<ULONG>(length);
    what.input = request->input_;
    what.input_length = static_cast<ULONG>(input.size());
    what.mode = UserMode;
    what.event = request->event_;
    what.iosb = request->iosb_;
    NTSTATUS status;
    IRP* irp = make_file_irp(what, &status);
    if (irp == nullptr) {
      request->finish(status, 0);
      return request;
    }
    ob::reference(request->event_);  // the completion drops it
    request->irp_ = irp;
    request->irp_number_ = number_of(irp);
    status = send_file_irp(irp, what);
    if (status != STATUS_PENDING) request->finish(status, request->iosb_->Information);
    return request;
  }
};

void Request::finish(NTSTATUS status, std::uint64_t information) {
  done_ = true;
  irp_ = nullptr;
  result_ = {status, information};
  if (action_) std::exchange(action_, nullptr)(result_);
}

bool Request::poll() {
  if (!done_ && KeReadStateEvent(event_) != 0) finish(iosb_->Status, iosb_->Information);
  return done_;
}

Request::~Request() {
  wait();
  if (event_ != nullptr) ob::dereference(event_);
  if (iosb_ != nullptr) kernel_free(iosb_);
  if (buffer_ != nullptr) kernel_free(buffer_);
  if (input_ != nullptr) kernel_free(input_);
  if (file_ != nullptr) ob::dereference(file_);
}

IoResult Request::wait(const machine::Time* due) {
  if (poll()) return result_;
  LARGE_INTEGER timeout{};
  if (due != nullptr) {
    auto left = (*due - machine::Machine::current().now()) / machine::k100ns;
    timeout.QuadPart = left > 0 ? -left : 0;
  }
  NTSTATUS status = KeWaitForSingleObject(event_, UserRequest, UserMode, FALSE, due != nullptr ? &timeout : nullptr);
  if (status == STATUS_TIMEOUT) return {STATUS_TIMEOUT, 0};
  poll();
  return result_;
}

bool Request::cancel() {
  return !poll() && IoCancelIrp(irp_) != FALSE;
}

std::span<const std::byte> Request::data() const {
  return {buffer_, buffer_bytes_};
}

void Request::on_completion(std::function<void(const IoResult&)> action) {
  if (poll())
    action(result_);
  else
    action_ = std::move(action);
}

// ---- files ----

File& File::operator=(File&& other) noexcept {
  if (this == &other) return *this;
  close();
  handle_ = std::exchange(other.handle_, nullptr);
  object_ = std::exchange(other.object_, nullptr);
  return *this;
}

void File::close() {
  if (handle_ == nullptr) return;
  HANDLE handle = std::exchange(handle_, nullptr);
  FILE_OBJECT* object = std::exchange(object_, nullptr);
  ob::close_handle(handle);
  ob::dereference(object);
}

std::unique_ptr<Request> File::start_read(std::size_t length, std::uint64_t offset) {
  FileRequest what;
  what.major = IRP_MJ_READ;
  what.offset.QuadPart = static_cast<LONGLONG>(offset);
  return RequestAccess::start(object_, what, {}, {}, length);
}

std::unique_ptr<Request> File::start_write(std::span<const std::byte> from, std::uint64_t offset) {
  FileRequest what;
  what.major = IRP_MJ_WRITE;
  what.offset.QuadPart = static_cast<LONGLONG>(offset);
  return RequestAccess::start(object_, what, from, {}, from.size());
}

std::unique_ptr<Request> File::start_ioctl(std::uint32_t code, std::span<const std::byte> input,
                                           std::size_t output_length) {
  FileRequest what;
  what.major = IRP_MJ_DEVICE_CONTROL;
  what.code = code;
  return RequestAccess::start(object_, what, {}, input, output_length);
}

IoResult File::read(std::span<std::byte> to, std::uint64_t offset) {
  auto request = start_read(to.size(), offset);
  IoResult result = request->wait();
  if (result.ok() && !to.empty()) std::memcpy(to.data(), request->data().data(), std::min<std::size_t>(to.size(), result.information));
  return result;
}

IoResult File::write(std::span<const std::byte> from, std::uint64_t offset) {
  return start_write(from, offset)->wait();
}

IoResult File::ioctl(std::uint32_t code, std::span<const std::byte> input, std::span<std::byte> output) {
  FileRequest what;
  what.major = IRP_MJ_DEVICE_CONTROL;
  what.code = code;
  bool sends_output = (code & 3) == 1;  // METHOD_IN_DIRECT: the second buffer goes to the device
  auto request = RequestAccess::start(object_, what,
                                      sends_output ? std::span<const std::byte>(output) : std::span<const std::byte>{},
                                      input, output.size());
  IoResult result = request->wait();
  if (!output.empty() && (result.status >= 0 || (static_cast<ULONG>(result.status) >> 30) == 2))
    std::memcpy(output.data(), request->data().data(), std::min<std::size_t>(output.size(), result.information));
  return result;
}

IoResult File::flush() {
  FileRequest what;
  what.major = IRP_MJ_FLUSH_BUFFERS;
  return RequestAccess::start(object_, what, {}, {}, 0)->wait();
}

void File::cancel_io() {
  cancel_file_irps(object_);
}

namespace {

std::u16string native_path(std::u16string_view path) {
  if (path.starts_with(u"\\\\.\\") || path.starts_with(u"\\\\?\\")) return u"\\??\\" + std::u16string(path.substr(4));
  return std::u16string(path);
}

OpenRequest open_request(const OpenOptions& options) {
  OpenRequest request;
  request.access = options.access | SYNCHRONIZE;
  request.share = options.share;
  request.options = options.overlapped ? 0 : FILE_SYNCHRONOUS_IO_NONALERT;
  request.mode = UserMode;
  request.kernel_handle = false;
  return request;
}

}  // namespace

File open(std::u16string_view path, NTSTATUS* status, const OpenOptions& options) {
  File file;
  NTSTATUS result = open_path(native_path(path), open_request(options), &file.handle_, &file.object_);
  if (status != nullptr) *status = result;
  return file;
}

File open(DEVICE_OBJECT* device, NTSTATUS* status, const OpenOptions& options) {
  File file;
  DEVICE_OBJECT* base = IoGetDeviceAttachmentBaseRef(device);
  NTSTATUS result = open_device(base, {}, open_request(options), &file.handle_, &file.object_);
  ob::dereference(base);
  if (status != nullptr) *status = result;
  return file;
}

// ---- one IRP, without a file ----

namespace {

NTSTATUS NTAPI sent_irp_done(DEVICE_OBJECT*, IRP*, PVOID event) {
  KeSetEvent(static_cast<KEVENT*>(event), IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

}  // namespace

IoResult send(DEVICE_OBJECT* device, UCHAR major, UCHAR minor,
              const std::function<void(IRP*, IO_STACK_LOCATION*)>& prepare) {
  DEVICE_OBJECT* top = IoGetAttachedDeviceReference(device);
  IRP* irp = IoAllocateIrp(top->StackSize, FALSE);
  if (irp == nullptr) {
    ob::dereference(top);
    return {STATUS_INSUFFICIENT_RESOURCES, 0};
  }
  mark_kernel_made(irp);
  irp->Tail.Overlay.Thread = ke::current_thread_object();
  irp->RequestorMode = KernelMode;
  IO_STACK_LOCATION* location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = major;
  location->MinorFunction = minor;
  if (prepare) prepare(irp, location);
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  IoSetCompletionRoutine(irp, sent_irp_done, &event, true, true, true);
  if (IofCallDriver(top, irp) == STATUS_PENDING) KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
  IoResult result{irp->IoStatus.Status, irp->IoStatus.Information};
  IoFreeIrp(irp);
  ob::dereference(top);
  return result;
}

}  // namespace drydock::ntos::io::user
