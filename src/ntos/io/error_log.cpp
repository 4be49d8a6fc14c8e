#include "ntos/io/error_log.h"

#include <algorithm>
#include <cstring>

#include "machine/machine.h"
#include "nt/status.h"
#include "ntos/io/device.h"
#include "ntos/io/driver.h"
#include "ntos/io/state.h"
#include "ntos/ob/object.h"
#include "ntos/ob/storage.h"

namespace drydock::ntos::io {

namespace {

constexpr ULONG kTagErrorLog = 0x72456F49;  // "IoEr"

/// Precedes the packet a driver gets.
struct Entry {
  PVOID object;
  ULONG packet_bytes;
  ULONG padding;
};
static_assert(sizeof(Entry) == 16);

Entry* entry_of(PVOID packet) {
  return static_cast<Entry*>(packet) - 1;
}

std::string source_of(PVOID object) {
  ob::Type type = ob::type_of(object);
  if (type == ob::Type::Device) return device_name(static_cast<DEVICE_OBJECT*>(object));
  if (type == ob::Type::Driver) return driver_name(static_cast<DRIVER_OBJECT*>(object));
  return "?";
}

std::vector<std::u16string> strings_of(const IO_ERROR_LOG_PACKET& packet, ULONG packet_bytes) {
  std::vector<std::u16string> result;
  std::size_t at = packet.StringOffset;
  for (unsigned i = 0; i < packet.NumberOfStrings; ++i) {
    std::u16string text;
    for (char16_t c; at + sizeof(c) <= packet_bytes; text.push_back(c)) {
      std::memcpy(&c, reinterpret_cast<const std::byte*>(&packet) + at, sizeof(c));
      at += sizeof(c);
      if (c == 0) break;
    }
    result.push_back(std::move(text));
  }
  return result;
}

}  // namespace

const std::vector<ErrorLogEvent>& event_log() {
  return state().error_log;
}

PVOID NTAPI IoAllocateErrorLogEntry(PVOID IoObject, UCHAR EntrySize) {
  if (IoObject == nullptr || EntrySize < offsetof(IO_ERROR_LOG_PACKET, DumpData) || EntrySize > ERROR_LOG_MAXIMUM_SIZE)
    return nullptr;
  if (machine::refused("IoAllocateErrorLogEntry")) return nullptr;
  SIZE_T bytes = EntrySize < sizeof(IO_ERROR_LOG_PACKET) ? sizeof(IO_ERROR_LOG_PACKET) : EntrySize;
  auto* entry = static_cast<Entry*>(kernel_allocate(sizeof(Entry) + bytes, kTagErrorLog));
  if (entry == nullptr) return nullptr;
  std::memset(entry, 0, sizeof(Entry) + bytes);
  entry->object = IoObject;
  entry->packet_bytes = EntrySize;
  ob::reference(IoObject);
  return entry + 1;
}

void NTAPI IoFreeErrorLogEntry(PVOID ElEntry) {
  Entry* entry = entry_of(ElEntry);
  ob::dereference(entry->object);
  kernel_free(entry);
}

void NTAPI IoWriteErrorLogEntry(PVOID ElEntry) {
  const auto& packet = *static_cast<const IO_ERROR_LOG_PACKET*>(ElEntry);
  Entry* entry = entry_of(ElEntry);
  ErrorLogEvent event;
  event.at = machine::Machine::current().now();
  event.source = source_of(entry->object);
  event.error_code = static_cast<std::uint32_t>(packet.ErrorCode);
  event.unique_value = packet.UniqueErrorValue;
  event.final_status = packet.FinalStatus;
  event.major = packet.MajorFunctionCode;
  event.retry_count = packet.RetryCount;
  event.io_control_code = packet.IoControlCode;
  event.sequence = packet.SequenceNumber;
  event.device_offset = packet.DeviceOffset.QuadPart;
  std::size_t room = entry->packet_bytes - offsetof(IO_ERROR_LOG_PACKET, DumpData);
  std::size_t words = std::min<std::size_t>(packet.DumpDataSize, room) / sizeof(ULONG);
  event.dump_data.assign(packet.DumpData, packet.DumpData + words);
  event.strings = strings_of(packet, entry->packet_bytes);
  state().error_log.push_back(std::move(event));
  IoFreeErrorLogEntry(ElEntry);
}

}  // namespace drydock::ntos::io
