#pragma once
// File objects of devices: opening by name, sending requests, closing. What Zw*File and user.h stand on.

#include <string_view>

#include "nt/access.h"
#include "nt/irp.h"
#include "nt/string.h"

namespace drydock::ntos::io {
using namespace nt;

struct OpenRequest {
  ACCESS_MASK access = FILE_READ_ATTRIBUTES;
  ULONG share = FILE_SHARE_READ | FILE_SHARE_WRITE;
  ULONG disposition = FILE_OPEN;
  ULONG options = 0;
  ULONG attributes = 0;
  KPROCESSOR_MODE mode = KernelMode;
  bool kernel_handle = true;
};

/// Opens what `path` names, through IRP_MJ_CREATE. On success the handle is the caller's, and so is one reference on
/// `*file` if `file` is given. A path that names nothing a driver serves gives STATUS_OBJECT_NAME_NOT_FOUND and the like;
/// disk files are not built. IRQL: PASSIVE_LEVEL.
NTSTATUS open_path(std::u16string_view path, const OpenRequest& request, HANDLE* handle, FILE_OBJECT** file = nullptr,
                   ULONG_PTR* information = nullptr);
/// The same for a device that has been found; `remaining` becomes the file name.
NTSTATUS open_device(DEVICE_OBJECT* device, std::u16string_view remaining, const OpenRequest& request, HANDLE* handle,
                     FILE_OBJECT** file = nullptr, ULONG_PTR* information = nullptr);

/// One request to an open file.
struct FileRequest {
  FILE_OBJECT* file = nullptr;
  UCHAR major = IRP_MJ_READ;  ///< READ, WRITE, DEVICE_CONTROL, FLUSH_BUFFERS
  PVOID buffer = nullptr;     ///< READ, WRITE; output of a control
  ULONG length = 0;
  LARGE_INTEGER offset{};
  ULONG key = 0;
  ULONG code = 0;             ///< control code
  PVOID input = nullptr;
  ULONG input_length = 0;
  KPROCESSOR_MODE mode = KernelMode;
  KEVENT* event = nullptr;    ///< an event object; the request takes one reference
  PIO_APC_ROUTINE apc = nullptr;
  PVOID apc_context = nullptr;
  IO_STATUS_BLOCK* iosb = nullptr;
};
/// The IRP, queued to the running thread, not sent. Null and the reason if memory is short.
IRP* make_file_irp(const FileRequest& request, NTSTATUS* status);
/// Sends it to the top of the file's stack. A synchronous file waits; otherwise STATUS_PENDING means just that.
NTSTATUS send_file_irp(IRP* irp, const FileRequest& request);

/// IoCancelIrp on what the running thread has pending at `file`.
void cancel_file_irps(FILE_OBJECT* file);

/// IRP_MJ_SHUTDOWN, waited for.
void send_shutdown(DEVICE_OBJECT* device);

// ---- inside the I/O manager ----
void file_last_handle_closed(void* file);
void file_object_removed(void* file);
void device_object_removed(void* device);
/// Completes an IoDeleteDevice that handles or attached devices have held up.
void finish_delete_if_unused(DEVICE_OBJECT* device);

}  // namespace drydock::ntos::io
