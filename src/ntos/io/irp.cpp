// Allocation of IRPs and their way down. These are the hottest calls of a driver: the fast paths call nothing of ours
// that is not inlined, since every call out of an NTAPI function into host code costs ten vector registers.

#include "ntos/io/irp.h"

#include <fmt/format.h>

#include "machine/gs.h"
#include "machine/machine.h"
#include "nt/bugcheck.h"
#include "ntos/io/device.h"
#include "ntos/io/dispatch.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/io/pending_check.h"
#include "ntos/io/state.h"
#include "ntos/ob/object.h"
#include "ntos/ob/storage.h"

namespace drydock::ntos::io {

namespace {

constexpr ULONG kTagIrp = 0x20707249;  // "Irp "

using Vector = long long __attribute__((vector_size(16), may_alias));

/// Zeroes `bytes`, a multiple of 8, without a call: the empty statement keeps the compiler from making a memset of it.
[[gnu::always_inline]] inline void zero(void* memory, std::size_t bytes) {
  auto* at = static_cast<Vector*>(memory);
  for (auto* end = at + bytes / sizeof(Vector); at != end; ++at) {
    *at = Vector{};
    asm volatile("" : : : "memory");
  }
  if (bytes % sizeof(Vector) != 0) *reinterpret_cast<std::uint64_t*>(at) = 0;  // stack locations are 9 * 8 bytes
}

/// The fields of one aligned 8 byte word of an IRP, in one store: stores are what these paths are made of.
[[gnu::always_inline]] inline void put(IRP* irp, std::size_t offset, std::uint64_t word) {
  *reinterpret_cast<std::uint64_t*>(reinterpret_cast<std::byte*>(irp) + offset) = word;
}
static_assert(offsetof(IRP, Size) == 2 && offsetof(IRP, AllocationProcessorNumber) == 4 &&
              offsetof(IRP, Reserved) == 6);
static_assert(offsetof(IRP, StackCount) == 0x42 && offsetof(IRP, CurrentLocation) == 0x43 &&
              offsetof(IRP, AllocationFlags) == 0x47);

[[gnu::always_inline]] inline void lay_out(IRP* irp, USHORT packet_size, CHAR stack_size, std::uint32_t number,
                                           UCHAR allocation_flags) {
  zero(irp, packet_size & ~7u);
  put(irp, 0, IO_TYPE_IRP | std::uint64_t{packet_size} << 16 | std::uint64_t{number} << 32);
  auto locations = static_cast<unsigned char>(stack_size);
  put(irp, 0x40,
      std::uint64_t{locations} << 16 | std::uint64_t{locations + 1u} << 24 | std::uint64_t{allocation_flags} << 56);
  irp->Tail.Overlay.CurrentStackLocation = reinterpret_cast<IO_STACK_LOCATION*>(irp + 1) + stack_size;
  InitializeListHead(&irp->ThreadListEntry);
}

[[gnu::always_inline]] inline IRP* hand_out(IrpLedger& ledger, IrpPrefix* prefix, CHAR stack_size) {
  std::uint32_t number = ++ledger.last_number;
  ++ledger.allocated;
  *prefix = {.magic = kIrpMagic,
             .number = number,
             .stage = IrpStage::Allocated,
             .next_free = nullptr,
             .sent_count = 0,
             .major = 0,
             .minor = 0,
             .flags = 0,
             .stack_size = static_cast<std::uint8_t>(stack_size),
             .caller = machine::gs::calling_address()};
  IRP* irp = prefix->irp();
  lay_out(irp, IoSizeOfIrp(stack_size), stack_size, number, IRP_ALLOCATED_FIXED_SIZE);
  return irp;
}

[[gnu::cold, gnu::noinline]] IRP* NTAPI allocate_slowly(CHAR stack_size) {
  IrpLedger& ledger = state().irps;
  auto locations = static_cast<unsigned char>(stack_size);
  if (machine::refused("IoAllocateIrp")) return nullptr;
  if (locations <= kIrpStackMax && ledger.free[locations] != nullptr) {
    IrpPrefix* prefix = ledger.free[locations];
    ledger.free[locations] = prefix->next_free;
    return hand_out(ledger, prefix, stack_size);
  }
  void* block = kernel_allocate(sizeof(IrpPrefix) + IoSizeOfIrp(stack_size), kTagIrp);
  if (block == nullptr) return nullptr;
  auto* prefix = static_cast<IrpPrefix*>(block);
  prefix->magic = kIrpMagic;
  prefix->stack_size = locations;
  ledger.blocks.push_back(prefix);
  return hand_out(ledger, prefix, stack_size);
}

[[gnu::cold, gnu::noinline]] void NTAPI free_slowly(IRP* irp) {
  IrpLedger& ledger = state().irps;
  IrpPrefix* prefix = prefix_of(irp);
  if (irp->Type != IO_TYPE_IRP)
    machine::Machine::current().bug_check(
        MULTIPLE_IRP_COMPLETE_REQUESTS, reinterpret_cast<std::uint64_t>(irp), 0, 0, 0,
        fmt::format("IoFreeIrp of irp#{}, which is free already, or of memory that is no IRP",
                    prefix != nullptr ? prefix->number : 0));
  ++ledger.freed;
  irp->Type = 0;
  if (prefix == nullptr || prefix->magic != kIrpMagic) {
    kernel_free(irp);  // laid out by a driver in pool of its own, as Windows lets it
    return;
  }
  prefix->stage = IrpStage::Free;
  for (IrpPrefix*& block : ledger.blocks) {
    if (block != prefix) continue;
    block = ledger.blocks.back();
    ledger.blocks.pop_back();
    break;
  }
  kernel_free(prefix);
}

[[noreturn, gnu::cold, gnu::noinline]] void NTAPI stop_for_location(IRP* irp) {
  machine::Machine::current().bug_check(
      NO_MORE_IRP_STACK_LOCATIONS, reinterpret_cast<std::uint64_t>(irp), 0, 0, 0,
      fmt::format("irp#{} has no stack location left for the next driver", number_of(irp)));
}

[[noreturn, gnu::cold, gnu::noinline]] void NTAPI stop_for_inconsistency(IRP* irp) {
  machine::Machine::current().bug_check(
      INCONSISTENT_IRP, reinterpret_cast<std::uint64_t>(irp), 0, 0, 0,
      irp->Type != IO_TYPE_IRP ? std::string("IoCallDriver with memory that is no IRP, or with one that has been freed")
                               : fmt::format("irp#{} names a major function that does not exist", number_of(irp)));
}

/// What the number of a function does not say of a request, for people.
[[gnu::cold, gnu::noinline]] void NTAPI tell_parameters(const IRP* irp, const IO_STACK_LOCATION* location) {
  std::uint64_t value;
  switch (location->MajorFunction) {
    case IRP_MJ_DEVICE_CONTROL:
      value = location->Parameters.DeviceIoControl.IoControlCode;
      break;
    case IRP_MJ_POWER:
      if (location->MinorFunction != IRP_MN_SET_POWER && location->MinorFunction != IRP_MN_QUERY_POWER) return;
      value = static_cast<std::uint64_t>(location->Parameters.Power.Type) << 8 |
              static_cast<std::uint64_t>(location->Parameters.Power.State.DeviceState);
      break;
    default:
      return;
  }
  machine::Machine::current().detail(
      machine::Event::IrpParameters, number_of(irp),
      static_cast<std::uint64_t>(location->MajorFunction) << 8 | location->MinorFunction, value);
}

}  // namespace

IRP* NTAPI IoAllocateIrp(CHAR StackSize, BOOLEAN) {
  IrpLedger& ledger = state().irps;
  auto locations = static_cast<unsigned char>(StackSize);
  if (locations <= kIrpStackMax && !machine::Machine::current().decisions().asks_at_points()) [[likely]] {
    IrpPrefix* prefix = ledger.free[locations];
    if (prefix != nullptr) [[likely]] {
      ledger.free[locations] = prefix->next_free;
      return hand_out(ledger, prefix, StackSize);
    }
  }
  return allocate_slowly(StackSize);
}

IRP* NTAPI IoAllocateIrpEx(DEVICE_OBJECT*, CHAR StackSize, BOOLEAN ChargeQuota) {
  return IoAllocateIrp(StackSize, ChargeQuota);
}

void NTAPI IoFreeIrp(IRP* Irp) {
  IrpPrefix* prefix = prefix_of(Irp);
  IrpLedger& ledger = state().irps;
  if (Irp->Type != IO_TYPE_IRP || prefix == nullptr || prefix->magic != kIrpMagic ||
      prefix->stack_size > kIrpStackMax || !ledger.use_lookaside) [[unlikely]]
    return free_slowly(Irp);
  ++ledger.freed;
  Irp->Type = 0;
  prefix->stage = IrpStage::Free;
  prefix->next_free = ledger.free[prefix->stack_size];
  ledger.free[prefix->stack_size] = prefix;
}

void NTAPI IoInitializeIrp(IRP* Irp, USHORT PacketSize, CHAR StackSize) {
  IrpPrefix* prefix = Irp->Type == IO_TYPE_IRP ? prefix_of(Irp) : nullptr;
  bool ours = prefix != nullptr && prefix->magic == kIrpMagic;
  std::uint32_t number = ours ? prefix->number : ++state().irps.last_number;
  lay_out(Irp, PacketSize, StackSize, number, ours ? IRP_ALLOCATED_FIXED_SIZE : 0);
}

void NTAPI IoReuseIrp(IRP* Irp, NTSTATUS Iostatus) {
  lay_out(Irp, Irp->Size, Irp->StackCount, number_of(Irp), Irp->AllocationFlags);
  Irp->IoStatus.Status = Iostatus;
  if (IrpPrefix* prefix = prefix_of(Irp)) prefix->stage = IrpStage::Allocated;
}

namespace {

[[gnu::noinline]] NTSTATUS call_checked(PendingCheck& check, DEVICE_OBJECT* device, UCHAR major, IRP* irp) {
  const std::uint32_t number = number_of(irp);
  const CHAR location = irp->CurrentLocation;
  check.called(irp);
  const NTSTATUS status = call_dispatch(device->DriverObject, major, device, irp);
  check.returned(number, location, status);
  return status;
}

}  // namespace

NTSTATUS NTAPI IofCallDriver(DEVICE_OBJECT* DeviceObject, IRP* Irp) {
  if (Irp->Type != IO_TYPE_IRP) [[unlikely]]
    stop_for_inconsistency(Irp);
  if (--Irp->CurrentLocation <= 0) [[unlikely]]
    stop_for_location(Irp);
  IO_STACK_LOCATION* location = --Irp->Tail.Overlay.CurrentStackLocation;
  UCHAR major = location->MajorFunction;
  if (major > IRP_MJ_MAXIMUM_FUNCTION) [[unlikely]]
    stop_for_inconsistency(Irp);
  location->DeviceObject = DeviceObject;

  IrpLedger& ledger = state().irps;
  if (IrpPrefix* prefix = prefix_of(Irp)) {
    if (prefix->sent_count++ == 0 || prefix->stage != IrpStage::Sent) {
      prefix->stage = IrpStage::Sent;
      prefix->major = major;
      prefix->minor = location->MinorFunction;
      ++ledger.sent;
    }
  }
  if (machine::Machine::current().trace().keeps_records()) [[unlikely]]
    tell_parameters(Irp, location);
  machine::Machine::current().record(machine::Event::IrpSent, number_of(Irp),
                                     static_cast<std::uint64_t>(major) << 8 | location->MinorFunction,
                                     ob::number_of(DeviceObject));
  if (ledger.pending != nullptr) [[unlikely]]
    return call_checked(*ledger.pending, DeviceObject, major, Irp);
  return call_dispatch(DeviceObject->DriverObject, major, DeviceObject, Irp);
}

void mark_kernel_made(IRP* irp) {
  if (IrpPrefix* prefix = prefix_of(irp)) prefix->flags |= IrpPrefix::kKernelMade;
}

}  // namespace drydock::ntos::io
