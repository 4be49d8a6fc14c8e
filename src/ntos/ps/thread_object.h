#pragma once
// Thread and process objects: what a KTHREAD pointer points at. Drivers see them as opaque.

#include "machine/thread.h"
#include "nt/dispatcher.h"
#include "nt/version.h"

namespace drydock::nt {

struct KPROCESS {
  DISPATCHER_HEADER Header;
  HANDLE UniqueProcessId;
  LARGE_INTEGER CreateTime;
};

struct KTHREAD {
  DISPATCHER_HEADER Header;
  KAPC_STATE ApcState;
  BOOLEAN ApcQueueable;
  BOOLEAN Alerted[2];
  BOOLEAN SystemThread;
  ULONG MachineThread;  ///< machine::Thread::id
  KPROCESS* Process;
  CLIENT_ID Cid;
  LARGE_INTEGER CreateTime;
  NTSTATUS ExitStatus;
  ULONG HeldResources;  ///< ERESOURCEs owned, by number of acquisitions
  LIST_ENTRY IrpList;   ///< requests this thread waits for (io)
};

}  // namespace drydock::nt

namespace drydock::ntos::ps {

/// The living thread behind an object; null once it has ended.
machine::Thread* machine_thread(const nt::KTHREAD* object);
/// Makes the object that drivers see of a thread created without one. Never null.
nt::KTHREAD* make_thread_object(machine::Thread& thread);

}  // namespace drydock::ntos::ps
