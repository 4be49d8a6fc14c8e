#include "wdf/framework.h"

#include <fmt/format.h>

#include "wdf/device_init.h"
#include "wdf/misuse.h"
#include "wdf/paged_code.h"
#include "wdf/table_visits.h"

namespace drydock::wdf {

bool set(Settings& settings, std::string_view name, std::int64_t value) {
  if (name == "wdf.verifier") return settings.verifier = value != 0, true;
  return false;
}

Framework::Framework() : visits(std::make_unique<TableVisits>()) {}
Framework::~Framework() = default;

Framework& framework() {
  machine::Machine& machine = machine::Machine::current();
  auto* part = machine.find_part<Framework>(machine::PartId::Framework);
  if (!part) {
    part = new Framework;
    machine.set_part(machine::PartId::Framework, part);
  }
  return *part;
}

Client& Framework::client(const WDF_DRIVER_GLOBALS* globals) {
  for (const auto& each : clients)
    if (each->globals == globals) return *each;
  stop(Violation::NullPointer, "foreign-globals",
       fmt::format("a framework function is called with globals {} that no binding gave out",
                   static_cast<const void*>(globals)),
       0, 0);
}

Object& object_from(WDFOBJECT handle) {
  if (Object* object = framework().handles.find(handle)) return *object;
  stop(Violation::InvalidHandle, "invalid-handle",
       handle ? fmt::format("{} is no handle of a framework object that exists", handle)
              : std::string("a null handle is given to a framework function"),
       reinterpret_cast<std::uint64_t>(handle));
}

Object& object_from(WDFOBJECT handle, ObjectType type) {
  Object& object = object_from(handle);
  if (object.type() == type) return object;
  stop(Violation::InvalidHandle, "invalid-handle",
       fmt::format("{} is given where a {} is wanted", object.name(), type_name(type)),
       reinterpret_cast<std::uint64_t>(handle), static_cast<std::uint64_t>(type));
}

Object* parent_from(const WDF_OBJECT_ATTRIBUTES* attributes, Object* otherwise) {
  return attributes && attributes->ParentObject ? &object_from(attributes->ParentObject) : otherwise;
}

void require_pointer(const void* pointer, const char* what) {
  if (pointer) return;
  const machine::BorderRecord* border = machine::innermost_border();
  stop(Violation::NullPointer, "null-pointer", fmt::format("{} is null", what), 0,
       border ? *reinterpret_cast<const std::uint64_t*>(border->rsp) : 0);
}

}  // namespace drydock::wdf
