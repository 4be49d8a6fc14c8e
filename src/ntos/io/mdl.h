#pragma once
// MDLs as descriptions of buffers; locking and mapping them is mm's business.

#include "nt/irp.h"
#include "nt/mdl.h"

namespace drydock::ntos::io {
using namespace nt;

/// IRQL: at most DISPATCH_LEVEL. With `Irp` the MDL becomes the IRP's (or, with SecondaryBuffer, the last of its
/// chain).
MDL* NTAPI IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, IRP* Irp);
void NTAPI IoFreeMdl(MDL* Mdl);
/// `TargetMdl` becomes a window of `SourceMdl`'s pages; Length 0 means up to its end.
void NTAPI IoBuildPartialMdl(MDL* SourceMdl, MDL* TargetMdl, PVOID VirtualAddress, ULONG Length);

}  // namespace drydock::ntos::io
