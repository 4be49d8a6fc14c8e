#pragma once
// WDFIOTARGET: a driver that requests are sent to: the next lower one of a device's stack, or one that was opened.

#include <deque>
#include <string>
#include <vector>

#include "wdf/kernel.h"
#include "wdf/object.h"
#include "wdf/request.h"
#include "wdf/structures.h"

namespace drydock::wdf {

class Device;

/// Part of a memory object, or of any buffer, as a request carries it.
struct Span {
  PVOID buffer = nullptr;
  size_t bytes = 0;
  MDL* mdl = nullptr;        ///< describes exactly these bytes; null: one is made where needed
  Memory* memory = nullptr;  ///< referenced while formatted
  size_t offset = 0;         ///< within `memory`
};

class IoTarget final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::IoTarget;
  IoTarget(Client& client, Device& owner, bool local);
  ~IoTarget() override;

  bool local() const { return local_; }
  WDF_IO_TARGET_STATE target_state() const { return state_; }
  DEVICE_OBJECT* device_object() const { return target_; }
  DEVICE_OBJECT* physical_device() const { return pdo_; }
  FILE_OBJECT* file_object() const { return file_; }
  HANDLE file_handle() const { return handle_; }
  Device* device() override { return &owner_; }

  // ---- its state ----
  NTSTATUS open(const WDF_IO_TARGET_OPEN_PARAMS& params);
  void close(WDF_IO_TARGET_STATE into);
  NTSTATUS start();
  /// PASSIVE_LEVEL unless requests are left pending.
  void stop(WDF_IO_TARGET_SENT_IO_ACTION action);
  void purge(WDF_IO_TARGET_PURGE_IO_ACTION action);
  void run_down() override;

  // ---- requests ----
  /// Fills in the next stack location. STATUS_REQUEST_NOT_ACCEPTED if the IRP has none left.
  NTSTATUS format_transfer(Request& request, UCHAR major, const Span& data, LONGLONG device_offset);
  NTSTATUS format_control(Request& request, UCHAR major, ULONG code, const Span& input, const Span& output);
  NTSTATUS format_others(Request& request, ULONG code, const Span& first, const Span& second, const Span& fourth);
  /// False: it was not sent, its status says why. A synchronous send returns when it is done.
  bool send(Request& request, const WDF_REQUEST_SEND_OPTIONS* options);
  static bool cancel(Request& request);

 private:
  NTSTATUS accept(ULONG flags, bool* pend) const;
  NTSTATUS prepare(Request& request, IO_STACK_LOCATION** next);
  NTSTATUS mdl_for(Request& request, const Span& data, MDL** mdl);
  [[noreturn]] void stop_already_sent(Request& request);
  bool send_and_forget(Request& request);
  void set_timer(Request& request, LONGLONG due);
  void dispatch(Request& request);
  void done(Request& request);
  void cancel_sent();
  void call_in_host(Request& request, PFN_WDF_REQUEST_COMPLETION_ROUTINE routine, WDFCONTEXT context);
  void wait_until_idle();
  NTSTATUS open_by_path(std::u16string_view path, const WDF_IO_TARGET_OPEN_PARAMS& params);
  NTSTATUS watch();
  static NTSTATUS NTAPI irp_done(DEVICE_OBJECT*, IRP* irp, PVOID context);
  static void NTAPI timed_out(KDPC*, PVOID context, PVOID, PVOID);
  static NTSTATUS NTAPI target_changes(PVOID notification, PVOID context);

  const bool local_;
  Device& owner_;
  WDF_IO_TARGET_STATE state_ = WdfIoTargetClosed;
  DEVICE_OBJECT* target_ = nullptr;
  DEVICE_OBJECT* pdo_ = nullptr;
  FILE_OBJECT* file_ = nullptr;
  HANDLE handle_ = nullptr;
  PVOID notification_ = nullptr;
  WDF_IO_TARGET_OPEN_PARAMS params_{};  ///< for a reopen; strings are in name_
  std::u16string name_;
  std::vector<Request*> sent_;
  std::deque<Request*> pended_;  ///< sent while the target was stopped
  KEVENT idle_;
};

/// A request with an IRP of its own, deep enough for the target.
NTSTATUS make_request_for(IoTarget& target, const WDF_OBJECT_ATTRIBUTES* attributes, Object* parent, Request** request);
/// The next driver gets this stack location, with the IRP's own buffers.
NTSTATUS format_like(Request& request, const IO_STACK_LOCATION& stack);
/// Undoes what formatting did to the IRP, and lets go of the memory.
void forget_formatting(Request& request);

}  // namespace drydock::wdf
