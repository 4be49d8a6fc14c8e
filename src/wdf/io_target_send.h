#pragma once
// What a request remembers while it is formatted for, and on its way to, an I/O target.

#include "wdf/kernel.h"
#include "wdf/structures.h"

namespace drydock::wdf {

class IoTarget;
class Memory;
class Request;

/// A send's time limit. Not part of Sending: its DPC may come when the request is long on its next way, or ended.
struct SendTimer {
  Request& request;  ///< referenced
  KTIMER timer;
  KDPC dpc;
};

struct Sending {
  enum class State : std::uint8_t { Idle, Formatted, Sent, Done };
  State state = State::Idle;
  IoTarget* target = nullptr;  ///< sent to

  // ---- completion ----
  PFN_WDF_REQUEST_COMPLETION_ROUTINE routine = nullptr;
  WDFCONTEXT context = nullptr;
  WDF_REQUEST_COMPLETION_PARAMS result{};
  KEVENT* done = nullptr;  ///< a synchronous send waits

  // ---- formatting ----
  Memory* memory[3] = {};          ///< referenced while formatted
  PVOID buffer_to_free = nullptr;  ///< one buffer for both directions of buffered I/O
  PVOID copy_back_to = nullptr;    ///< where its contents go on success
  size_t copy_back_bytes = 0;
  MDL* mdl = nullptr;  ///< made for it
  struct {
    bool valid = false;
    PVOID system_buffer, user_buffer;
    MDL* mdl;
    ULONG flags;
  } kept;  ///< the IRP's own buffers, put back afterwards

  // ---- time ----
  SendTimer* timer = nullptr;  ///< running, or expired with its DPC still to come
  bool timed_out = false;

  bool has_buffers() const { return memory[0] || memory[1] || memory[2] || buffer_to_free || mdl; }
};

}  // namespace drydock::wdf
