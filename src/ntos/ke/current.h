#pragma once
// Who runs: the thread and process objects of the moment.

#include "machine/gs.h"
#include "nt/dispatcher.h"

namespace drydock::ntos::ke {

/// The running thread as drivers see it. Never null.
nt::KTHREAD* current_thread_object();
/// System's: every thread of a machine is a system thread.
nt::KPROCESS* current_process_object();

}  // namespace drydock::ntos::ke
