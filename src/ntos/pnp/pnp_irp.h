#pragma once
// Sending PnP IRPs the way Windows' PnP manager does: on a system thread at PASSIVE_LEVEL, to the top of the stack,
// with STATUS_NOT_SUPPORTED in the status block.

#include "nt/irp.h"
#include "nt/pnp.h"
#include "ntos/pnp/manager.h"

namespace drydock::ntos::pnp {

struct PnpReply {
  nt::NTSTATUS status = 0;
  nt::ULONG_PTR information = 0;
  bool ok() const { return nt::NT_SUCCESS(status); }
  template <class T>
  T* as() const {
    return ok() ? reinterpret_cast<T*>(information) : nullptr;
  }
};

/// Sends one PnP IRP to the devnode's stack and waits for it.
PnpReply send_pnp(Manager& manager, Devnode& node, nt::UCHAR minor, const FillLocation& fill = {},
                  nt::ULONG_PTR information = 0);

/// IRP_MN_QUERY_ID: the text, or the texts of a list; empty if the stack has none. The block is freed.
std::u16string query_id(Manager& manager, Devnode& node, nt::BUS_QUERY_ID_TYPE type);
std::vector<std::u16string> query_ids(Manager& manager, Devnode& node, nt::BUS_QUERY_ID_TYPE type);
std::u16string query_text(Manager& manager, Devnode& node, nt::DEVICE_TEXT_TYPE type);
bool query_capabilities(Manager& manager, Devnode& node);

}  // namespace drydock::ntos::pnp
