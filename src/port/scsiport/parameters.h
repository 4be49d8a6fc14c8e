#pragma once
// What a miniport's service key says: Parameters, Parameters\Device and Parameters\PnpInterface.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "nt/base.h"

namespace drydock::port::scsiport {
using namespace nt;

/// One registry key, open while this lives. IRQL: PASSIVE_LEVEL.
class ParameterKey {
 public:
  /// `registry_path` as DriverEntry got it, `subkey` relative to it. A missing key reads as empty.
  ParameterKey(std::u16string_view registry_path, std::u16string_view subkey);
  ~ParameterKey();
  ParameterKey(const ParameterKey&) = delete;
  ParameterKey& operator=(const ParameterKey&) = delete;

  bool exists() const { return key_ != nullptr; }
  bool has(std::u16string_view name) const;
  std::optional<ULONG> dword(std::u16string_view name) const;
  /// Characters beyond ASCII become question marks.
  std::optional<std::string> text(std::u16string_view name) const;

 private:
  struct Value;
  bool query(std::u16string_view name, Value& value) const;
  HANDLE key_ = nullptr;
};

/// User settings of an adapter (SP-019, SP-024, SP-037, SP-051, SP-079).
struct Parameters {
  std::optional<std::string> argument_string;
  bool disable_synchronous_transfers = false;
  bool disable_disconnects = false;
  bool disable_tagged_queuing = false;
  bool disable_multiple_requests = false;
  bool create_initiator_unit = false;
  ULONG physical_breaks = 17;
  ULONG sense_bytes = 18;
};
Parameters read_parameters(std::u16string_view registry_path);

/// As keys and values are numbered.
std::u16string decimal(ULONG value);

}  // namespace drydock::port::scsiport
