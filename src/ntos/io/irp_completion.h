#pragma once
// Inside the I/O manager: the part of a completion that runs in the issuing thread.

#include "nt/irp.h"

namespace drydock::ntos::io {

/// Copies buffered data back, reports to status block, event and user APC, frees the IRP. Runs as a special kernel APC
/// of the thread that issued the request, or directly in it. IRQL: at most APC_LEVEL.
/// `file` is what OriginalFileObject was: an APC queued for the IRP lies over that field.
void finish_in_thread(nt::IRP* irp, nt::FILE_OBJECT* file);

/// Unmaps, unlocks (with `unlock`) and frees the IRP's MDLs.
void free_mdls(nt::IRP* irp, bool unlock);

}  // namespace drydock::ntos::io
