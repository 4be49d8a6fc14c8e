#include "class/disk/packet.h"

#include <cstring>

#include "class/disk/fdo.h"
#include "class/disk/kernel.h"
#include "class/disk/transfer.h"

namespace drydock::class_::disk {

namespace {

VOID NTAPI retry_due(KDPC*, PVOID context, PVOID, PVOID);
NTSTATUS NTAPI srb_completed(DEVICE_OBJECT*, IRP*, PVOID context);

Packet* make_packet(Fdo& fdo) {
  void* memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(Packet), kPoolTag);
  if (memory == nullptr) return nullptr;
  auto* packet = static_cast<Packet*>(memory);
  packet->irp = IoAllocateIrp(fdo.lower->StackSize, FALSE);
  if (packet->irp == nullptr) {
    ExFreePoolWithTag(memory, kPoolTag);
    return nullptr;
  }
  packet->fdo = &fdo;
  packet->next_made = fdo.made;
  fdo.made = packet;
  ++fdo.packet_count;
  KeInitializeTimer(&packet->timer);
  KeInitializeDpc(&packet->timer_dpc, retry_due, packet);
  return packet;
}

/// SP-237. Nothing ever takes it back, as the published driver's threshold for that is off.
void count_error(Fdo& fdo) {
  ++fdo.statistics().errors_counted;
  ++fdo.error_count;
  if (fdo.error_count >= kErrorsBeforeUntagged) {
    fdo.srb_flags &= ~(SRB_FLAGS_NO_QUEUE_FREEZE | SRB_FLAGS_QUEUE_ACTION_ENABLE);
    fdo.srb_flags |= SRB_FLAGS_DISABLE_SYNCH_TRANSFER;
  }
  if (fdo.error_count >= kErrorsBeforeConnected) fdo.srb_flags |= SRB_FLAGS_DISABLE_DISCONNECT;
}

/// A packet that nobody waits for keeps the device itself.
void forget(Packet& packet, NTSTATUS) {
  Fdo& fdo = *packet.fdo;
  give_back(packet);
  IoReleaseRemoveLockEx(&fdo.remove_lock, &packet, sizeof(IO_REMOVE_LOCK));
}

void apply(Remedy remedy, Fdo& fdo) {
  if (remedy == Remedy::None) return;
  Packet* packet = take_packet(fdo);
  if (packet == nullptr) return;  // the retry that follows meets the same failure and asks again
  if (!NT_SUCCESS(IoAcquireRemoveLockEx(&fdo.remove_lock, packet, nullptr, 0, sizeof(IO_REMOVE_LOCK))))
    return give_back(*packet);
  if (remedy == Remedy::StartUnit) {
    UCHAR* cdb = prepare_command(*packet, CDB6GENERIC_LENGTH, forget);
    cdb[0] = SCSIOP_START_STOP_UNIT;
    cdb[4] = 1;
    packet->srb.TimeOutValue = kStartUnitTimeout_s;
  } else {
    prepare(*packet, SRB_FUNCTION_RESET_BUS, forget);
    packet->flags = packet->srb.TimeOutValue = 0;  // SP-209
  }
  packet->retries_left = 0;
  submit(*packet);
}

void send(Packet& packet) {
  Fdo& fdo = *packet.fdo;
  SCSI_REQUEST_BLOCK& srb = packet.srb;
  srb.SrbStatus = SRB_STATUS_PENDING;
  srb.ScsiStatus = 0;
  srb.SrbFlags = packet.flags;
  srb.DataBuffer = packet.buffer;
  srb.DataTransferLength = packet.length;
  srb.SenseInfoBufferLength = srb.SenseInfoBuffer != nullptr ? Packet::kSenseBytes : 0;

  IRP* irp = packet.irp;
  IoReuseIrp(irp, STATUS_NOT_SUPPORTED);
  irp->MdlAddress = packet.mdl;
  IO_STACK_LOCATION* location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = IRP_MJ_SCSI;
  location->Parameters.Scsi.Srb = &srb;
  IoSetCompletionRoutine(irp, srb_completed, &packet, true, true, true);
  ++fdo.statistics().packets_sent;
  IofCallDriver(fdo.lower, irp);
}

void send_again(Packet& packet) {
  DiskStatistics& account = packet.fdo->statistics();
  ++account.packets_retried;
  if (packet.retries_left == 0 && packet.srb.Function == SRB_FUNCTION_EXECUTE_SCSI) {  // SP-198
    ++account.last_retries;
    packet.flags &= ~SRB_FLAGS_QUEUE_ACTION_ENABLE;
    packet.flags |= SRB_FLAGS_DISABLE_DISCONNECT | SRB_FLAGS_DISABLE_SYNCH_TRANSFER;
    packet.srb.QueueTag = SP_UNTAGGED;
  }
  send(packet);
}

void wait_for_retry(Packet& packet, unsigned seconds, NTSTATUS status) {
  packet.waits = true;
  packet.waits_with = status;
  LARGE_INTEGER due;
  due.QuadPart = -static_cast<LONGLONG>(seconds) * 10'000'000;
  KeSetTimer(&packet.timer, due, &packet.timer_dpc);
}

VOID NTAPI retry_due(KDPC*, PVOID context, PVOID, PVOID) {
  auto& packet = *static_cast<Packet*>(context);
  if (!packet.waits) return;
  packet.waits = false;
  if (packet.fdo->is_gone())
    packet.ended(packet, STATUS_DEVICE_DOES_NOT_EXIST);
  else
    send_again(packet);
}

/// The way of everything that did not end with plain success.
[[gnu::cold, gnu::noinline]] void NTAPI srb_failed(Packet& packet, NTSTATUS irp_status) {
  Fdo& fdo = *packet.fdo;
  const SCSI_REQUEST_BLOCK& srb = packet.srb;
  DiskStatistics& account = fdo.statistics();
  if ((srb.SrbStatus & SRB_STATUS_QUEUE_FROZEN) != 0) release_queue(fdo);

  const Failure failure = failure_of(srb, irp_status);
  Verdict verdict = interpret(failure);
  if (failure.srb_status == SRB_STATUS_BUS_RESET) ++account.bus_resets;
  if (failure.has_sense && failure.key == SCSI_SENSE_UNIT_ATTENTION) ++account.unit_attentions;
  if (verdict.medium_may_differ) ++account.media_changes;
  if (verdict.counts) count_error(fdo);
  if (verdict.only_once && packet.retries_left > 1) packet.retries_left = 1;

  if (!verdict.retry || packet.retries_left == 0) return packet.ended(packet, verdict.status);
  if (fdo.is_gone()) return packet.ended(packet, STATUS_DEVICE_DOES_NOT_EXIST);
  --packet.retries_left;
  if (verdict.remedy != Remedy::None) apply(verdict.remedy, fdo);
  if (verdict.delay_s != 0)
    wait_for_retry(packet, verdict.delay_s, verdict.status);
  else
    send_again(packet);
}

NTSTATUS NTAPI srb_completed(DEVICE_OBJECT*, IRP* irp, PVOID context) {
  auto& packet = *static_cast<Packet*>(context);
  ++packet.fdo->statistics().packets_completed;
  if (packet.srb.SrbStatus == SRB_STATUS_SUCCESS) [[likely]]
    packet.ended(packet, STATUS_SUCCESS);
  else
    srb_failed(packet, irp->IoStatus.Status);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

void queue_released(Packet& packet, NTSTATUS) {
  Fdo& fdo = *packet.fdo;
  fdo.release_under_way = false;
  const bool again = fdo.release_again && !fdo.is_gone();
  fdo.release_again = false;
  if (again) release_queue(fdo);
  IoReleaseRemoveLockEx(&fdo.remove_lock, &packet, sizeof(IO_REMOVE_LOCK));
}

}  // namespace

bool make_packets(Fdo& fdo) {
  InitializeListHead(&fdo.deferred);
  fdo.release_packet = make_packet(fdo);
  fdo.power.packet = make_packet(fdo);
  if (fdo.release_packet == nullptr || fdo.power.packet == nullptr) return false;
  for (unsigned i = 0; i < kPacketsFirst; ++i) {
    Packet* packet = make_packet(fdo);
    if (packet == nullptr) return false;
    packet->next_free = fdo.free;
    fdo.free = packet;
  }
  return true;
}

void free_packets(Fdo& fdo) {
  while (Packet* packet = fdo.made) {
    fdo.made = packet->next_made;
    IoFreeIrp(packet->irp);
    ExFreePoolWithTag(packet, kPoolTag);
  }
  fdo.free = fdo.release_packet = fdo.power.packet = nullptr;
  fdo.packet_count = 0;
}

// The free list needs no lock: there is no point between reading its head and writing it.
Packet* take_packet(Fdo& fdo) {
  if (Packet* packet = fdo.free) [[likely]] {
    fdo.free = packet->next_free;
    return packet;
  }
  return fdo.packet_count < kPacketsMax ? make_packet(fdo) : nullptr;
}

void give_back(Packet& packet) {
  Fdo& fdo = *packet.fdo;
  packet.next_free = fdo.free;
  fdo.free = &packet;
  if (!IsListEmpty(&fdo.deferred)) serve_deferred(fdo);
}

void prepare(Packet& packet, UCHAR function, PacketEnded ended) {
  const Fdo& fdo = *packet.fdo;
  SCSI_REQUEST_BLOCK& srb = packet.srb;
  std::memset(static_cast<void*>(&srb), 0, sizeof(srb));
  srb.Length = sizeof(srb);
  srb.Function = function;
  srb.QueueTag = SP_UNTAGGED;
  srb.QueueAction = SRB_SIMPLE_TAG_REQUEST;
  srb.TimeOutValue = fdo.timeout_s;
  packet.flags = fdo.srb_flags;
  packet.length = 0;
  packet.buffer = nullptr;
  packet.mdl = nullptr;
  packet.original = nullptr;
  packet.context = nullptr;
  packet.ended = ended;
  packet.retries_left = kRetriesMax;
}

UCHAR* prepare_command(Packet& packet, UCHAR cdb_length, PacketEnded ended) {
  prepare(packet, SRB_FUNCTION_EXECUTE_SCSI, ended);
  packet.srb.CdbLength = cdb_length;
  packet.srb.SenseInfoBuffer = packet.sense;
  return packet.srb.Cdb;
}

void submit(Packet& packet) {
  packet.srb.OriginalRequest = packet.irp;
  send(packet);
}

void end_waiting(Fdo& fdo) {
  for (Packet* packet = fdo.made; packet != nullptr; packet = packet->next_made) {
    if (!packet->waits || KeCancelTimer(&packet->timer) == FALSE) continue;  // else its DPC ends it
    packet->waits = false;
    packet->ended(*packet, STATUS_DEVICE_DOES_NOT_EXIST);
  }
}

void release_queue(Fdo& fdo) {
  if (fdo.release_under_way) {
    fdo.release_again = true;
    return;
  }
  Packet& packet = *fdo.release_packet;
  if (!NT_SUCCESS(IoAcquireRemoveLockEx(&fdo.remove_lock, &packet, nullptr, 0, sizeof(IO_REMOVE_LOCK)))) return;
  fdo.release_under_way = true;
  ++fdo.statistics().queue_releases;
  prepare(packet, fdo.removable ? SRB_FUNCTION_FLUSH_QUEUE : SRB_FUNCTION_RELEASE_QUEUE, queue_released);
  packet.flags = SRB_FLAGS_NO_QUEUE_FREEZE | SRB_FLAGS_BYPASS_FROZEN_QUEUE |
                 (fdo.power.locked ? SRB_FLAGS_BYPASS_LOCKED_QUEUE : 0);
  packet.retries_left = 0;
  submit(packet);
}

}  // namespace drydock::class_::disk
