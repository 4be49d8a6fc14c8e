// WDFMEMORY and WDFLOOKASIDE.

#include <cstring>

#include "wdf/create.h"
#include "wdf/driver.h"
#include "wdf/driver_memory.h"
#include "wdf/functions.h"
#include "wdf/kernel.h"
#include "wdf/memory.h"
#include "wdf/misuse.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::at_most;

PVOID system_address_of(MDL* mdl) {
  if (mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) return mdl->MappedSystemVa;
  return MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, nullptr, FALSE, NormalPagePriority);
}

Memory::~Memory() {
  if (owner_ == Owner::Framework && buffer_) free_for_driver(client(), buffer_);
  if (owner_ == Owner::Lookaside && buffer_) {
    list_->give_back(buffer_);
    list_->dereference();
  }
}

NTSTATUS Memory::allocate(POOL_TYPE pool, ULONG tag, size_t bytes) {
  buffer_ = allocate_for_driver(client(), pool, bytes, tag ? tag : client().tag);
  if (!buffer_) return STATUS_INSUFFICIENT_RESOURCES;
  bytes_ = bytes;
  if (pool == PagedPool) needs_passive = true;
  return STATUS_SUCCESS;
}

void Memory::take_from(Lookaside& list, PVOID buffer, size_t bytes) {
  list_ = &list;
  list.reference();
  set_buffer(buffer, bytes);
}

NTSTATUS Memory::check_range(size_t offset, size_t bytes) const {
  if (offset + bytes < offset) return STATUS_INTEGER_OVERFLOW;
  return offset + bytes > bytes_ ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}

Lookaside::~Lookaside() {
  for (PVOID buffer : kept_) ExFreePoolWithTag(buffer, 0);
}

PVOID Lookaside::take() {
  if (kept_.empty()) return ExAllocatePoolWithTag(pool, bytes, tag);
  PVOID buffer = kept_.back();
  kept_.pop_back();
  return buffer;
}

void Lookaside::give_back(PVOID buffer) {
  if (kept_.size() < kKeptMax)
    kept_.push_back(buffer);
  else
    ExFreePoolWithTag(buffer, 0);
}

NTSTATUS NTAPI WdfMemoryCreate(WDF_DRIVER_GLOBALS* DriverGlobals, WDF_OBJECT_ATTRIBUTES* Attributes, POOL_TYPE PoolType,
                               ULONG PoolTag, size_t BufferSize, WDFMEMORY* Handle, PVOID* Buffer) {
  Client& client = framework().client(DriverGlobals);
  require_pointer(Handle, "WdfMemoryCreate's Memory");
  *Handle = nullptr;
  if (BufferSize == 0) return STATUS_INVALID_PARAMETER;
  if (const NTSTATUS status = check_attributes(Attributes); !NT_SUCCESS(status)) return status;
  auto memory = std::make_unique<Memory>(client, Memory::Owner::Framework);
  if (const NTSTATUS status = memory->allocate(PoolType, PoolTag, BufferSize); !NT_SUCCESS(status)) return status;
  const PVOID buffer = memory->buffer();
  const NTSTATUS status = commit_new(std::move(memory), Attributes, Handle);
  if (NT_SUCCESS(status) && Buffer) *Buffer = buffer;
  return status;
}

NTSTATUS NTAPI WdfMemoryCreatePreallocated(WDF_DRIVER_GLOBALS* DriverGlobals, WDF_OBJECT_ATTRIBUTES* Attributes,
                                           PVOID Buffer, size_t BufferSize, WDFMEMORY* Handle) {
  Client& client = framework().client(DriverGlobals);
  require_pointer(Buffer, "WdfMemoryCreatePreallocated's Buffer");
  require_pointer(Handle, "WdfMemoryCreatePreallocated's Memory");
  *Handle = nullptr;
  if (BufferSize == 0) return STATUS_INVALID_PARAMETER;
  if (const NTSTATUS status = check_attributes(Attributes); !NT_SUCCESS(status)) return status;
  auto memory = std::make_unique<Memory>(client, Memory::Owner::Driver);
  memory->set_buffer(Buffer, BufferSize);
  return commit_new(std::move(memory), Attributes, Handle);
}

PVOID NTAPI WdfMemoryGetBuffer(WDF_DRIVER_GLOBALS*, WDFMEMORY Handle, size_t* BufferSize) {
  const Memory& memory = object_as<Memory>(Handle);
  if (BufferSize) *BufferSize = memory.bytes();
  return memory.buffer();
}

/// Only for memory the driver itself preallocated.
NTSTATUS NTAPI WdfMemoryAssignBuffer(WDF_DRIVER_GLOBALS*, WDFMEMORY Handle, PVOID Buffer, size_t BufferSize) {
  Memory& memory = object_as<Memory>(Handle);
  require_pointer(Buffer, "WdfMemoryAssignBuffer's Buffer");
  if (BufferSize == 0) return STATUS_INVALID_PARAMETER;
  if (memory.owner() != Memory::Owner::Driver) return STATUS_INVALID_DEVICE_REQUEST;
  memory.set_buffer(Buffer, BufferSize);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI WdfMemoryCopyToBuffer(WDF_DRIVER_GLOBALS*, WDFMEMORY SourceMemory, size_t SourceOffset, PVOID Buffer,
                                     size_t NumBytesToCopyTo) {
  const Memory& memory = object_as<Memory>(SourceMemory);
  require_pointer(Buffer, "WdfMemoryCopyToBuffer's Buffer");
  if (NumBytesToCopyTo == 0) return STATUS_INVALID_PARAMETER;
  if (const NTSTATUS status = memory.check_range(SourceOffset, NumBytesToCopyTo); !NT_SUCCESS(status)) return status;
  std::memcpy(Buffer, static_cast<const UCHAR*>(memory.buffer()) + SourceOffset, NumBytesToCopyTo);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI WdfMemoryCopyFromBuffer(WDF_DRIVER_GLOBALS*, WDFMEMORY DestinationMemory, size_t DestinationOffset,
                                       PVOID Buffer, size_t NumBytesToCopyFrom) {
  const Memory& memory = object_as<Memory>(DestinationMemory);
  require_pointer(Buffer, "WdfMemoryCopyFromBuffer's Buffer");
  if (NumBytesToCopyFrom == 0) return STATUS_INVALID_PARAMETER;
  if (const NTSTATUS status = memory.check_range(DestinationOffset, NumBytesToCopyFrom); !NT_SUCCESS(status))
    return status;
  std::memcpy(static_cast<UCHAR*>(memory.buffer()) + DestinationOffset, Buffer, NumBytesToCopyFrom);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI WdfLookasideListCreate(WDF_DRIVER_GLOBALS* DriverGlobals, WDF_OBJECT_ATTRIBUTES* LookasideAttributes,
                                      size_t BufferSize, POOL_TYPE PoolType, WDF_OBJECT_ATTRIBUTES* MemoryAttributes,
                                      ULONG PoolTag, WDFLOOKASIDE* Handle) {
  Client& client = framework().client(DriverGlobals);
  require_pointer(Handle, "WdfLookasideListCreate's Lookaside");
  *Handle = nullptr;
  if (BufferSize == 0) return STATUS_INVALID_PARAMETER;
  if (const NTSTATUS status = check_attributes(LookasideAttributes); !NT_SUCCESS(status)) return status;
  // Each memory object's parent is the list's, not one of its own.
  if (const NTSTATUS status = check_attributes(MemoryAttributes, {.parent_allowed = false}); !NT_SUCCESS(status))
    return status;
  auto list = std::make_unique<Lookaside>(client);
  list->bytes = BufferSize;
  list->pool = PoolType;
  list->tag = PoolTag ? PoolTag : client.tag;
  list->needs_passive = PoolType == PagedPool;
  list->has_memory_attributes = MemoryAttributes != nullptr;
  if (MemoryAttributes) list->memory_attributes = *MemoryAttributes;
  return commit_new(std::move(list), LookasideAttributes, Handle);
}

NTSTATUS NTAPI WdfMemoryCreateFromLookaside(WDF_DRIVER_GLOBALS*, WDFLOOKASIDE Handle, WDFMEMORY* MemoryHandle) {
  Lookaside& list = object_as<Lookaside>(Handle);
  require_pointer(MemoryHandle, "WdfMemoryCreateFromLookaside's Memory");
  *MemoryHandle = nullptr;
  const PVOID buffer = list.take();
  if (!buffer) return STATUS_INSUFFICIENT_RESOURCES;
  auto memory = std::make_unique<Memory>(list.client(), Memory::Owner::Lookaside);
  memory->take_from(list, buffer, list.bytes);
  memory->needs_passive = list.needs_passive;
  return commit_new(std::move(memory), list.has_memory_attributes ? &list.memory_attributes : nullptr, list.parent(),
                    MemoryHandle);
}

// clang-format off
const image::ExportFamily kMemoryApi{kFrameworkModule, {
    // name                          entry                         caller's IRQL
    {"WdfMemoryCreate",              WdfMemoryCreate,              at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfMemoryCreatePreallocated",  WdfMemoryCreatePreallocated,  at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfMemoryGetBuffer",           WdfMemoryGetBuffer,           at_most(DISPATCH_LEVEL)},
    {"WdfMemoryAssignBuffer",        WdfMemoryAssignBuffer,        at_most(DISPATCH_LEVEL)},
    {"WdfMemoryCopyToBuffer",        WdfMemoryCopyToBuffer,        at_most(DISPATCH_LEVEL)},
    {"WdfMemoryCopyFromBuffer",      WdfMemoryCopyFromBuffer,      at_most(DISPATCH_LEVEL)},
    {"WdfLookasideListCreate",       WdfLookasideListCreate,       at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfMemoryCreateFromLookaside", WdfMemoryCreateFromLookaside, at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
}, "wdf/memory"};
// clang-format on

}  // namespace drydock::wdf
