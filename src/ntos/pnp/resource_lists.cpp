#include "ntos/pnp/resource_lists.h"

#include <fmt/format.h>

#include <cstring>

#include "ntos/pnp/pool.h"

namespace drydock::ntos::pnp {

using namespace nt;

namespace {

std::uint64_t length_of_large(const CM_PARTIAL_RESOURCE_DESCRIPTOR& from) {
  switch (from.Flags & CM_RESOURCE_MEMORY_LARGE) {
    case CM_RESOURCE_MEMORY_LARGE_40:
      return std::uint64_t{from.u.Memory40.Length40} << 8;
    case CM_RESOURCE_MEMORY_LARGE_48:
      return std::uint64_t{from.u.Memory48.Length48} << 16;
    case CM_RESOURCE_MEMORY_LARGE_64:
      return std::uint64_t{from.u.Memory64.Length64} << 32;
    default:
      return from.u.Memory.Length;
  }
}

Resource read_one(const CM_PARTIAL_RESOURCE_DESCRIPTOR& from) {
  Resource to{.shared = from.ShareDisposition == CmResourceShareShared, .flags = from.Flags};
  switch (from.Type) {
    case CmResourceTypeMemory:
    case CmResourceTypeMemoryLarge:
      to.kind = ResourceKind::Memory;
      to.start = static_cast<std::uint64_t>(from.u.Memory.Start.QuadPart);
      to.length = from.Type == CmResourceTypeMemory ? from.u.Memory.Length : length_of_large(from);
      break;
    case CmResourceTypePort:
      to.kind = ResourceKind::Port;
      to.start = static_cast<std::uint64_t>(from.u.Port.Start.QuadPart);
      to.length = from.u.Port.Length;
      break;
    case CmResourceTypeInterrupt:
      if (from.Flags & CM_RESOURCE_INTERRUPT_MESSAGE) {
        to.kind = ResourceKind::Message;
        to.messages = from.u.MessageInterrupt.Raw.MessageCount;
        to.vector = from.u.MessageInterrupt.Raw.Vector;
        to.affinity = from.u.MessageInterrupt.Raw.Affinity;
      } else {
        to.kind = ResourceKind::Line;
        to.start = from.u.Interrupt.Vector;
        to.length = 1;
        to.affinity = from.u.Interrupt.Affinity;
      }
      break;
    case CmResourceTypeBusNumber:
      to.kind = ResourceKind::BusNumber;
      to.start = from.u.BusNumber.Start;
      to.length = from.u.BusNumber.Length;
      break;
    case CmResourceTypeDevicePrivate:
      to.kind = ResourceKind::DevicePrivate;
      std::memcpy(to.data, from.u.DevicePrivate.Data, sizeof(to.data));
      break;
    default:
      to.kind = ResourceKind::ConfigData;
      break;
  }
  return to;
}

Alternative read_one(const IO_RESOURCE_DESCRIPTOR& from) {
  Alternative to{.shared = from.ShareDisposition == CmResourceShareShared,
                 .preferred = (from.Option & IO_RESOURCE_PREFERRED) != 0,
                 .flags = from.Flags};
  switch (from.Type) {
    case CmResourceTypeMemory:
    case CmResourceTypePort:
      to.kind = from.Type == CmResourceTypeMemory ? ResourceKind::Memory : ResourceKind::Port;
      to.minimum = static_cast<std::uint64_t>(from.u.Memory.MinimumAddress.QuadPart);
      to.maximum = static_cast<std::uint64_t>(from.u.Memory.MaximumAddress.QuadPart);
      to.length = from.u.Memory.Length;
      to.alignment = from.u.Memory.Alignment ? from.u.Memory.Alignment : 1;
      break;
    case CmResourceTypeInterrupt:
      to.minimum = from.u.Interrupt.MinimumVector;
      to.maximum = from.u.Interrupt.MaximumVector;
      to.length = 1;
      if (from.Flags & CM_RESOURCE_INTERRUPT_MESSAGE) {
        to.kind = ResourceKind::Message;
        // Vectors count down from the token: n messages are MinimumVector = token - n + 1 .. token.
        to.messages =
            to.minimum <= CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN && to.maximum == CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN
                ? static_cast<std::uint32_t>(to.maximum - to.minimum + 1)
                : 1;
      } else {
        to.kind = ResourceKind::Line;
      }
      break;
    case CmResourceTypeBusNumber:
      to.kind = ResourceKind::BusNumber;
      to.minimum = from.u.BusNumber.MinBusNumber;
      to.maximum = from.u.BusNumber.MaxBusNumber;
      to.length = from.u.BusNumber.Length;
      break;
    case CmResourceTypeDevicePrivate:
      to.kind = ResourceKind::DevicePrivate;
      std::memcpy(to.data, from.u.DevicePrivate.Data, sizeof(to.data));
      break;
    default:
      to.kind = ResourceKind::ConfigData;
      break;
  }
  return to;
}

IO_RESOURCE_DESCRIPTOR make_one(const Alternative& from, bool is_alternative) {
  IO_RESOURCE_DESCRIPTOR to{};
  to.Option =
      static_cast<UCHAR>((is_alternative ? IO_RESOURCE_ALTERNATIVE : 0) | (from.preferred ? IO_RESOURCE_PREFERRED : 0));
  to.ShareDisposition = from.shared ? CmResourceShareShared : CmResourceShareDeviceExclusive;
  to.Flags = from.flags;
  switch (from.kind) {
    case ResourceKind::Memory:
    case ResourceKind::Port:
      to.Type = from.kind == ResourceKind::Memory ? CmResourceTypeMemory : CmResourceTypePort;
      to.u.Memory.Length = static_cast<ULONG>(from.length);
      to.u.Memory.Alignment = static_cast<ULONG>(from.alignment);
      to.u.Memory.MinimumAddress.QuadPart = static_cast<LONGLONG>(from.minimum);
      to.u.Memory.MaximumAddress.QuadPart = static_cast<LONGLONG>(from.maximum);
      break;
    case ResourceKind::Line:
      to.Type = CmResourceTypeInterrupt;
      to.u.Interrupt.MinimumVector = static_cast<ULONG>(from.minimum);
      to.u.Interrupt.MaximumVector = static_cast<ULONG>(from.maximum);
      break;
    case ResourceKind::Message:
      to.Type = CmResourceTypeInterrupt;
      to.u.Interrupt.MinimumVector = CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN - from.messages + 1;
      to.u.Interrupt.MaximumVector = CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN;
      break;
    case ResourceKind::BusNumber:
      to.Type = CmResourceTypeBusNumber;
      to.u.BusNumber.Length = static_cast<ULONG>(from.length);
      to.u.BusNumber.MinBusNumber = static_cast<ULONG>(from.minimum);
      to.u.BusNumber.MaxBusNumber = static_cast<ULONG>(from.maximum);
      break;
    case ResourceKind::DevicePrivate:
      to.Type = CmResourceTypeDevicePrivate;
      std::memcpy(to.u.DevicePrivate.Data, from.data, sizeof(from.data));
      break;
    case ResourceKind::ConfigData:
      to.Type = CmResourceTypeConfigData;
      break;
  }
  return to;
}

CM_PARTIAL_RESOURCE_DESCRIPTOR make_one(const Resource& from, ListForm form) {
  CM_PARTIAL_RESOURCE_DESCRIPTOR to{};
  to.ShareDisposition = from.shared ? CmResourceShareShared : CmResourceShareDeviceExclusive;
  to.Flags = from.flags;
  switch (from.kind) {
    case ResourceKind::Memory:
    case ResourceKind::Port:
      to.Type = from.kind == ResourceKind::Memory ? CmResourceTypeMemory : CmResourceTypePort;
      to.u.Memory.Start.QuadPart = static_cast<LONGLONG>(from.start);
      to.u.Memory.Length = static_cast<ULONG>(from.length);
      break;
    case ResourceKind::Line:
      to.Type = CmResourceTypeInterrupt;
      to.u.Interrupt.Level = form == ListForm::Raw ? static_cast<ULONG>(from.start) : from.irql;
      to.u.Interrupt.Vector = form == ListForm::Raw ? static_cast<ULONG>(from.start) : from.vector;
      to.u.Interrupt.Affinity = from.affinity;
      break;
    case ResourceKind::Message:
      to.Type = CmResourceTypeInterrupt;
      if (form == ListForm::Raw) {
        to.u.MessageInterrupt.Raw.MessageCount = static_cast<USHORT>(from.messages);
        to.u.MessageInterrupt.Raw.Vector = from.vector;
        to.u.MessageInterrupt.Raw.Affinity = from.affinity;
      } else {
        to.u.MessageInterrupt.Translated.Level = from.irql;
        to.u.MessageInterrupt.Translated.Vector = from.vector;
        to.u.MessageInterrupt.Translated.Affinity = from.affinity;
      }
      break;
    case ResourceKind::BusNumber:
      to.Type = CmResourceTypeBusNumber;
      to.u.BusNumber.Start = static_cast<ULONG>(from.start);
      to.u.BusNumber.Length = static_cast<ULONG>(from.length);
      break;
    case ResourceKind::DevicePrivate:
      to.Type = CmResourceTypeDevicePrivate;
      std::memcpy(to.u.DevicePrivate.Data, from.data, sizeof(from.data));
      break;
    case ResourceKind::ConfigData:
      to.Type = CmResourceTypeConfigData;
      break;
  }
  return to;
}

}  // namespace

std::vector<Resource> read_resources(const CM_RESOURCE_LIST* list) {
  std::vector<Resource> result;
  if (!list) return result;
  const auto* full = &list->List[0];
  for (ULONG i = 0; i < list->Count; ++i) {
    const CM_PARTIAL_RESOURCE_LIST& partial = full->PartialResourceList;
    const CM_PARTIAL_RESOURCE_DESCRIPTOR* next = partial.PartialDescriptors;
    for (ULONG j = 0; j < partial.Count; ++j) result.push_back(read_one(*next++));
    full = reinterpret_cast<const CM_FULL_RESOURCE_DESCRIPTOR*>(next);
  }
  return result;
}

Requirements read_requirements(const IO_RESOURCE_REQUIREMENTS_LIST* list) {
  Requirements result;
  if (!list) return result;
  result.interface_type = static_cast<std::uint32_t>(list->InterfaceType);
  result.bus = list->BusNumber;
  result.slot = list->SlotNumber;
  const IO_RESOURCE_LIST* each = list->List;
  for (ULONG i = 0; i < list->AlternativeLists; ++i) {
    std::vector<Requirement> requirements;
    for (ULONG j = 0; j < each->Count; ++j) {
      const IO_RESOURCE_DESCRIPTOR& from = each->Descriptors[j];
      const bool alternative = (from.Option & IO_RESOURCE_ALTERNATIVE) != 0 && !requirements.empty();
      if (!alternative) requirements.emplace_back();
      requirements.back().alternatives.push_back(read_one(from));
    }
    result.lists.push_back(std::move(requirements));
    each = reinterpret_cast<const IO_RESOURCE_LIST*>(each->Descriptors + each->Count);
  }
  return result;
}

IO_RESOURCE_REQUIREMENTS_LIST* make_requirements_list(const Requirements& requirements) {
  if (requirements.empty()) return nullptr;
  std::size_t bytes = offsetof(IO_RESOURCE_REQUIREMENTS_LIST, List);
  for (const auto& list : requirements.lists) {
    bytes += offsetof(IO_RESOURCE_LIST, Descriptors);
    for (const Requirement& each : list) bytes += each.alternatives.size() * sizeof(IO_RESOURCE_DESCRIPTOR);
  }
  const std::size_t allocated = std::max(bytes, sizeof(IO_RESOURCE_REQUIREMENTS_LIST));
  auto* result = static_cast<IO_RESOURCE_REQUIREMENTS_LIST*>(allocate_pool(allocated));
  if (!result) return nullptr;
  result->ListSize = static_cast<ULONG>(allocated);
  result->InterfaceType = static_cast<INTERFACE_TYPE>(requirements.interface_type);
  result->BusNumber = requirements.bus;
  result->SlotNumber = requirements.slot;
  result->AlternativeLists = static_cast<ULONG>(requirements.lists.size());
  IO_RESOURCE_LIST* to = result->List;
  for (const auto& list : requirements.lists) {
    to->Version = 1, to->Revision = 1, to->Count = 0;
    for (const Requirement& each : list)
      for (std::size_t i = 0; i < each.alternatives.size(); ++i)
        to->Descriptors[to->Count++] = make_one(each.alternatives[i], i > 0);
    to = reinterpret_cast<IO_RESOURCE_LIST*>(to->Descriptors + to->Count);
  }
  return result;
}

CM_RESOURCE_LIST* make_resource_list(const std::vector<Resource>& resources, ListForm form, ULONG interface_type,
                                     ULONG bus) {
  if (resources.empty()) return nullptr;
  const std::size_t extra = (resources.size() - 1) * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR);
  auto* result = static_cast<CM_RESOURCE_LIST*>(allocate_pool(sizeof(CM_RESOURCE_LIST) + extra));
  if (!result) return nullptr;
  result->Count = 1;
  result->List[0].InterfaceType = static_cast<INTERFACE_TYPE>(interface_type);
  result->List[0].BusNumber = bus;
  CM_PARTIAL_RESOURCE_LIST& partial = result->List[0].PartialResourceList;
  partial.Version = 1, partial.Revision = 1;
  partial.Count = static_cast<ULONG>(resources.size());
  CM_PARTIAL_RESOURCE_DESCRIPTOR* to = partial.PartialDescriptors;
  for (const Resource& each : resources) *to++ = make_one(each, form);
  return result;
}

std::size_t bytes_of(const CM_RESOURCE_LIST* list) {
  if (!list) return 0;
  const auto* full = &list->List[0];
  for (ULONG i = 0; i < list->Count; ++i)
    full = reinterpret_cast<const CM_FULL_RESOURCE_DESCRIPTOR*>(full->PartialResourceList.PartialDescriptors +
                                                                full->PartialResourceList.Count);
  return static_cast<std::size_t>(reinterpret_cast<const char*>(full) - reinterpret_cast<const char*>(list));
}

std::string to_text(const Resource& resource) {
  switch (resource.kind) {
    case ResourceKind::Memory:
      return fmt::format("memory {:X}-{:X}", resource.start, resource.start + resource.length - 1);
    case ResourceKind::Port:
      return fmt::format("ports {:X}-{:X}", resource.start, resource.start + resource.length - 1);
    case ResourceKind::Line:
      return fmt::format("line {} (vector {:X})", resource.start, resource.vector);
    case ResourceKind::Message:
      return fmt::format("message (vector {:X})", resource.vector);
    case ResourceKind::BusNumber:
      return fmt::format("buses {}-{}", resource.start, resource.start + resource.length - 1);
    case ResourceKind::DevicePrivate:
      return "device private";
    case ResourceKind::ConfigData:
      return "config data";
  }
  return {};
}

}  // namespace drydock::ntos::pnp
