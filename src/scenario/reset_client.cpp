#include "scenario/reset_client.h"

#include "machine/guest_call.h"
#include "nt/status.h"
#include "ntos/io/user.h"
#include "scenario/devices.h"

namespace drydock::scenario {

using namespace nt;

namespace {

DEVICE_OBJECT* pdo_of(const Adapter& adapter) {
  const ntos::pnp::Devnode* node = devnode_of(adapter);
  return node != nullptr ? node->pdo : nullptr;
}

}  // namespace

ResetClient::ResetClient(const Adapter& adapter) : ResetClient(pdo_of(adapter)) {}

ResetClient::ResetClient(DEVICE_OBJECT* pdo) {
  if (pdo == nullptr) return;
  const ntos::io::user::IoResult answer =
      ntos::io::user::send(pdo, IRP_MJ_PNP, IRP_MN_QUERY_INTERFACE, [&](IRP* irp, IO_STACK_LOCATION* location) {
        irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
        auto& query = location->Parameters.QueryInterface;
        query.InterfaceType = &GUID_DEVICE_RESET_INTERFACE_STANDARD;
        query.Size = sizeof(interface_);
        query.Version = DEVICE_RESET_INTERFACE_VERSION;
        query.Interface = reinterpret_cast<INTERFACE*>(&interface_);
      });
  if (!answer.ok()) interface_ = {};
}

ResetClient::~ResetClient() {
  if (interface_.InterfaceDereference) machine::call_driver(interface_.InterfaceDereference, interface_.Context);
}

bool ResetClient::offers(DEVICE_RESET_TYPE type) const {
  return interface_.DeviceReset && (interface_.SupportedResetTypes & (1u << type));
}

NTSTATUS ResetClient::reset(DEVICE_RESET_TYPE type) {
  return machine::call_driver(interface_.DeviceReset, interface_.Context, type, ULONG{0}, PVOID{nullptr});
}

}  // namespace drydock::scenario
