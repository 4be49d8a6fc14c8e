#include "ntos/io/interrupt.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "machine/interrupt_hold.h"
#include "machine/machine.h"
#include "machine/processor.h"
#include "nt/bugcheck.h"
#include "ntos/io/device.h"
#include "ntos/io/interrupt_hold.h"
#include "ntos/io/state.h"
#include "ntos/ob/storage.h"
#include "ntos/pnp/devnode.h"

namespace drydock::ntos::io {

namespace {

constexpr ULONG kTagInterrupt = 0x746E4F49;  // "IOnt"

struct Connection {
  PKSERVICE_ROUTINE service = nullptr;
  PKMESSAGE_SERVICE_ROUTINE message_service = nullptr;
  ULONG message = 0;
  PVOID context = nullptr;
  KSPIN_LOCK* lock = nullptr;
  ULONG vector = 0;
  KIRQL irql = 0;
  KIRQL synchronize_irql = 0;
  KINTERRUPT_MODE mode = LevelSensitive;
  bool share = false;
  KAFFINITY affinity = ~KAFFINITY{0};
};

/// What the machine calls for a message: the driver's routine wants to know which one.
BOOLEAN NTAPI serve_message(void* object, void*) {
  auto* interrupt = static_cast<KINTERRUPT*>(object);
  return machine::call_driver(interrupt->MessageServiceRoutine, interrupt, interrupt->ServiceContext,
                              interrupt->MessageIndex);
}

bool vector_is_free(const Connection& wanted) {
  for (const KINTERRUPT* other : state().interrupts)
    if (other->Vector == wanted.vector && (!wanted.share || other->ShareVector == FALSE)) return false;
  return true;
}

NTSTATUS connect(const Connection& wanted, KINTERRUPT** object) {
  *object = nullptr;
  if (machine::refused("IoConnectInterrupt")) return STATUS_INSUFFICIENT_RESOURCES;
  if (!vector_is_free(wanted)) return STATUS_INVALID_PARAMETER;
  auto* interrupt = static_cast<KINTERRUPT*>(kernel_allocate(sizeof(KINTERRUPT), kTagInterrupt));
  if (interrupt == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  *interrupt = {};
  interrupt->Type = InterruptObject;
  interrupt->Size = sizeof(KINTERRUPT);
  interrupt->ServiceRoutine = wanted.service;
  interrupt->MessageServiceRoutine = wanted.message_service;
  interrupt->MessageIndex = wanted.message;
  interrupt->Irql = wanted.irql;
  interrupt->SynchronizeIrql = std::max(wanted.irql, wanted.synchronize_irql);
  interrupt->ShareVector = wanted.share;
  interrupt->ServiceContext = wanted.context;
  interrupt->ActualLock = wanted.lock != nullptr ? wanted.lock : &interrupt->SpinLock;
  interrupt->Vector = wanted.vector;
  interrupt->Mode = wanted.mode;
  interrupt->ProcessorEnableMask = wanted.affinity;
  // The driver's variable is set before the first interrupt can come.
  *object = interrupt;
  interrupt->Connected = TRUE;
  state().interrupts.push_back(interrupt);
  interrupt->HandlerId = machine::connect_interrupt(handler_of(interrupt));
  machine::point();  // a line that is asserted already is served at once
  return STATUS_SUCCESS;
}

const pnp::Devnode* devnode_of(DEVICE_OBJECT* pdo) {
  return pdo == nullptr ? nullptr : static_cast<const pnp::Devnode*>(extension_of(pdo)->DeviceNode);
}

const pnp::Resource* find_resource(const pnp::Devnode* devnode, pnp::ResourceKind kind) {
  if (devnode == nullptr) return nullptr;
  for (const pnp::Resource& resource : devnode->assigned)
    if (resource.kind == kind) return &resource;
  return nullptr;
}

NTSTATUS connect_line(const IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS& parameters, PKSERVICE_ROUTINE service) {
  const pnp::Resource* line = find_resource(devnode_of(parameters.PhysicalDeviceObject), pnp::ResourceKind::Line);
  if (line == nullptr) return STATUS_NOT_FOUND;
  Connection wanted;
  wanted.service = service;
  wanted.context = parameters.ServiceContext;
  wanted.lock = parameters.SpinLock;
  wanted.vector = line->vector;
  wanted.irql = line->irql;
  wanted.synchronize_irql = parameters.SynchronizeIrql;
  wanted.mode = (line->flags & CM_RESOURCE_INTERRUPT_LATCHED) != 0 ? Latched : LevelSensitive;
  wanted.share = line->shared || wanted.mode == LevelSensitive;
  wanted.affinity = line->affinity;
  return connect(wanted, parameters.InterruptObject);
}

NTSTATUS connect_messages(const IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS& parameters,
                          const pnp::Devnode& devnode) {
  ULONG count = 0;
  KIRQL highest = parameters.SynchronizeIrql;
  for (const pnp::Resource& resource : devnode.assigned) {
    if (resource.kind != pnp::ResourceKind::Message) continue;
    count += std::max(1u, resource.messages);
    highest = std::max(highest, static_cast<KIRQL>(resource.irql));
  }
  SIZE_T bytes = sizeof(IO_INTERRUPT_MESSAGE_INFO) + (count - 1) * sizeof(IO_INTERRUPT_MESSAGE_INFO_ENTRY);
  auto* table = static_cast<IO_INTERRUPT_MESSAGE_INFO*>(kernel_allocate(bytes, kTagInterrupt));
  if (table == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  std::memset(table, 0, bytes);
  table->UnifiedIrql = highest;

  for (const pnp::Resource& resource : devnode.assigned) {
    if (resource.kind != pnp::ResourceKind::Message) continue;
    for (ULONG i = 0; i < std::max(1u, resource.messages); ++i) {
      ULONG index = table->MessageCount;
      IO_INTERRUPT_MESSAGE_INFO_ENTRY& entry = table->MessageInfo[index];
      Connection wanted;
      wanted.message_service = parameters.MessageServiceRoutine;
      wanted.message = index;
      wanted.context = parameters.ServiceContext;
      wanted.lock = parameters.SpinLock;
      wanted.vector = resource.vector + i;
      wanted.irql = machine::irql_of_vector(wanted.vector);
      wanted.synchronize_irql = parameters.SpinLock != nullptr ? highest : parameters.SynchronizeIrql;
      wanted.mode = Latched;
      wanted.affinity = resource.affinity;
      entry.MessageAddress.QuadPart = static_cast<LONGLONG>(machine::kMessageAddress);
      entry.TargetProcessorSet = wanted.affinity;
      entry.MessageData = entry.Vector = wanted.vector;
      entry.Irql = wanted.irql;
      entry.Mode = Latched;
      entry.Polarity = InterruptActiveHigh;
      NTSTATUS status = connect(wanted, &entry.InterruptObject);
      if (status < 0) {
        for (ULONG done = 0; done < table->MessageCount; ++done)
          IoDisconnectInterrupt(table->MessageInfo[done].InterruptObject);
        kernel_free(table);
        return status;
      }
      ++table->MessageCount;
    }
  }
  *parameters.ConnectionContext.InterruptMessageTable = table;
  return STATUS_SUCCESS;
}

}  // namespace

machine::InterruptHandler handler_of(const KINTERRUPT* interrupt) {
  machine::InterruptHandler handler;
  handler.id = interrupt->HandlerId;
  handler.vector = interrupt->Vector;
  handler.irql = interrupt->Irql;
  handler.synchronize_irql = interrupt->SynchronizeIrql;
  handler.level_sensitive = interrupt->Mode == LevelSensitive;
  handler.lock = interrupt->ActualLock;
  if (interrupt->MessageServiceRoutine != nullptr)
    handler.service = serve_message;
  else
    handler.service = reinterpret_cast<BOOLEAN(NTAPI*)(void*, void*)>(interrupt->ServiceRoutine);
  handler.interrupt_object = const_cast<KINTERRUPT*>(interrupt);
  handler.context = interrupt->ServiceContext;
  handler.affinity = interrupt->ProcessorEnableMask;
  return handler;
}

void hold_line(KINTERRUPT* interrupt) {
  if (interrupt->Mode == Latched || interrupt->HandlerId == 0) return;
  machine::hold_interrupt(std::exchange(interrupt->HandlerId, 0));
}

void let_line_go(KINTERRUPT* interrupt) {
  if (interrupt->HandlerId != 0) return;
  interrupt->HandlerId = machine::connect_interrupt(handler_of(interrupt));
  machine::point();
}

NTSTATUS NTAPI IoConnectInterrupt(KINTERRUPT** InterruptObject, PKSERVICE_ROUTINE ServiceRoutine, PVOID ServiceContext,
                                  KSPIN_LOCK* SpinLock, ULONG Vector, KIRQL Irql, KIRQL SynchronizeIrql,
                                  KINTERRUPT_MODE InterruptMode, BOOLEAN ShareVector, KAFFINITY ProcessorEnableMask,
                                  BOOLEAN) {
  if (SynchronizeIrql < Irql || ProcessorEnableMask == 0) return STATUS_INVALID_PARAMETER;
  Connection wanted;
  wanted.service = ServiceRoutine;
  wanted.context = ServiceContext;
  wanted.lock = SpinLock;
  wanted.vector = Vector;
  wanted.irql = Irql;
  wanted.synchronize_irql = SynchronizeIrql;
  wanted.mode = InterruptMode;
  wanted.share = ShareVector != FALSE;
  wanted.affinity = ProcessorEnableMask;
  return connect(wanted, InterruptObject);
}

void NTAPI IoDisconnectInterrupt(KINTERRUPT* InterruptObject) {
  auto& interrupts = state().interrupts;
  auto found = std::find(interrupts.begin(), interrupts.end(), InterruptObject);
  if (found == interrupts.end()) {
    machine::Finding finding;
    finding.rule = "IoDisconnectInterrupt";
    finding.summary = "IoDisconnectInterrupt of what is not a connected interrupt object";
    machine::Machine::current().report(std::move(finding));
    return;
  }
  interrupts.erase(found);
  // A held one may still be in its service routine on another processor: that is waited for, too.
  if (InterruptObject->HandlerId == 0) InterruptObject->HandlerId = machine::connect_interrupt(handler_of(InterruptObject));
  machine::disconnect_interrupt(InterruptObject->HandlerId);
  InterruptObject->Connected = FALSE;
  kernel_free(InterruptObject);
}

NTSTATUS NTAPI IoConnectInterruptEx(IO_CONNECT_INTERRUPT_PARAMETERS* Parameters) {
  switch (Parameters->Version) {
    case CONNECT_FULLY_SPECIFIED:
    case CONNECT_FULLY_SPECIFIED_GROUP: {
      const auto& p = Parameters->FullySpecified;
      bool grouped = Parameters->Version == CONNECT_FULLY_SPECIFIED_GROUP;
      if (p.PhysicalDeviceObject == nullptr || (grouped && p.Group != 0)) return STATUS_INVALID_PARAMETER;
      return IoConnectInterrupt(p.InterruptObject, p.ServiceRoutine, p.ServiceContext, p.SpinLock, p.Vector, p.Irql,
                                p.SynchronizeIrql, p.InterruptMode, p.ShareVector, p.ProcessorEnableMask,
                                p.FloatingSave);
    }
    case CONNECT_LINE_BASED:
      if (Parameters->LineBased.PhysicalDeviceObject == nullptr) return STATUS_INVALID_PARAMETER;
      return connect_line(Parameters->LineBased, Parameters->LineBased.ServiceRoutine);
    case CONNECT_MESSAGE_BASED: {
      const auto& p = Parameters->MessageBased;
      const pnp::Devnode* devnode = devnode_of(p.PhysicalDeviceObject);
      if (p.PhysicalDeviceObject == nullptr) return STATUS_INVALID_PARAMETER;
      if (find_resource(devnode, pnp::ResourceKind::Message) != nullptr) return connect_messages(p, *devnode);
      if (p.FallBackServiceRoutine == nullptr) return STATUS_NOT_FOUND;
      IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS line{};
      line.PhysicalDeviceObject = p.PhysicalDeviceObject;
      line.InterruptObject = p.ConnectionContext.InterruptObject;
      line.ServiceContext = p.ServiceContext;
      line.SpinLock = p.SpinLock;
      line.SynchronizeIrql = p.SynchronizeIrql;
      NTSTATUS status = connect_line(line, p.FallBackServiceRoutine);
      if (status >= 0) Parameters->Version = CONNECT_LINE_BASED;  // tells the driver which it got
      return status;
    }
    default:
      Parameters->Version = CONNECT_CURRENT_VERSION;
      return STATUS_NOT_SUPPORTED;
  }
}

void NTAPI IoDisconnectInterruptEx(IO_DISCONNECT_INTERRUPT_PARAMETERS* Parameters) {
  switch (Parameters->Version) {
    case CONNECT_FULLY_SPECIFIED:
    case CONNECT_LINE_BASED:
    case CONNECT_FULLY_SPECIFIED_GROUP:
      IoDisconnectInterrupt(Parameters->ConnectionContext.InterruptObject);
      return;
    case CONNECT_MESSAGE_BASED: {
      IO_INTERRUPT_MESSAGE_INFO* table = Parameters->ConnectionContext.InterruptMessageTable;
      for (ULONG i = 0; i < table->MessageCount; ++i) IoDisconnectInterrupt(table->MessageInfo[i].InterruptObject);
      kernel_free(table);
      return;
    }
    default:
      machine::Machine::current().bug_check(PNP_DETECTED_FATAL_ERROR, 9, Parameters->Version, 0, 0,
                                            "IoDisconnectInterruptEx with a version that does not exist");
  }
}

std::vector<KINTERRUPT*> connected_interrupts(ULONG64 first, ULONG64 last) {
  std::vector<KINTERRUPT*> result;
  for (KINTERRUPT* interrupt : state().interrupts) {
    auto routine = interrupt->ServiceRoutine != nullptr ? reinterpret_cast<ULONG64>(interrupt->ServiceRoutine)
                                                        : reinterpret_cast<ULONG64>(interrupt->MessageServiceRoutine);
    if (routine >= first && routine <= last) result.push_back(interrupt);
  }
  return result;
}

}  // namespace drydock::ntos::io
