#include "port/scsiport/parameters.h"

#include <algorithm>
#include <cstring>

#include "nt/srb_codes.h"
#include "port/scsiport/kernel.h"

namespace drydock::port::scsiport {

namespace {
UNICODE_STRING counted(std::u16string_view text) {
  const auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  return {bytes, bytes, const_cast<PWCH>(text.data())};
}
constexpr ULONG kValueBytesMax = 256;
}  // namespace

struct ParameterKey::Value {
  alignas(8) std::byte bytes[kValueBytesMax];
  const KEY_VALUE_PARTIAL_INFORMATION& information() const {
    return *reinterpret_cast<const KEY_VALUE_PARTIAL_INFORMATION*>(bytes);
  }
};

ParameterKey::ParameterKey(std::u16string_view registry_path, std::u16string_view subkey) {
  std::u16string path(registry_path);
  path += u'\\';
  path += subkey;
  UNICODE_STRING name = counted(path);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, nullptr, nullptr);
  if (!NT_SUCCESS(ZwOpenKey(&key_, KEY_READ, &attributes))) key_ = nullptr;
}

ParameterKey::~ParameterKey() {
  if (key_) ZwClose(key_);
}

bool ParameterKey::query(std::u16string_view name, Value& value) const {
  if (!key_) return false;
  UNICODE_STRING text = counted(name);
  ULONG length = 0;
  return NT_SUCCESS(
      ZwQueryValueKey(key_, &text, KeyValuePartialInformation, value.bytes, sizeof(value.bytes), &length));
}

bool ParameterKey::has(std::u16string_view name) const {
  Value value;
  return query(name, value);
}

std::optional<ULONG> ParameterKey::dword(std::u16string_view name) const {
  Value value;
  if (!query(name, value) || value.information().Type != REG_DWORD || value.information().DataLength < sizeof(ULONG))
    return std::nullopt;
  ULONG result;
  std::memcpy(&result, value.information().Data, sizeof(result));
  return result;
}

std::optional<std::string> ParameterKey::text(std::u16string_view name) const {
  Value value;
  if (!query(name, value) || value.information().Type != REG_SZ) return std::nullopt;
  std::string result;
  for (ULONG i = 0; i + 1 < value.information().DataLength; i += 2) {
    const auto character = static_cast<WCHAR>(value.information().Data[i] | value.information().Data[i + 1] << 8);
    if (!character) break;
    result += character < 0x80 ? static_cast<char>(character) : '?';
  }
  return result;
}

std::u16string decimal(ULONG value) {
  const std::string digits = std::to_string(value);
  return {digits.begin(), digits.end()};
}

Parameters read_parameters(std::u16string_view registry_path) {
  Parameters result;
  const ParameterKey device(registry_path, u"Parameters\\Device");
  auto flag = [&](std::u16string_view name) { return device.dword(name).value_or(0) != 0; };
  result.argument_string = device.text(u"DriverParameter");
  result.disable_synchronous_transfers = flag(u"DisableSynchronousTransfers");
  result.disable_disconnects = flag(u"DisableDisconnects");
  result.disable_tagged_queuing = flag(u"DisableTaggedQueuing");
  result.disable_multiple_requests = flag(u"DisableMultipleRequests");
  result.create_initiator_unit = flag(u"CreateInitiatorLU");
  if (auto breaks = device.dword(u"MaximumSGList"))
    result.physical_breaks = std::clamp(*breaks, SCSI_MINIMUM_PHYSICAL_BREAKS, SCSI_MAXIMUM_PHYSICAL_BREAKS);
  if (auto bytes = device.dword(u"TotalSenseDataBytes")) result.sense_bytes = std::clamp<ULONG>(*bytes, 18, 255);
  return result;
}

}  // namespace drydock::port::scsiport
