#include <cstring>

#include "host/check.h"
#include "ntos/io/dispatch.h"
#include "ntos/io/file.h"
#include "ntos/io/state.h"
#include "ntos/ob/object.h"
#include "ntos/ob/storage.h"

namespace drydock::ntos::io {

namespace {

constexpr ULONG kTagConfiguration = 0x666E6F43;  // "Conf"

}  // namespace

void install(Kernel& kernel) {
  kernel.io = new State;
  auto* configuration =
      static_cast<CONFIGURATION_INFORMATION*>(kernel_allocate(sizeof(CONFIGURATION_INFORMATION), kTagConfiguration));
  HOST_CHECK(configuration != nullptr);
  std::memset(configuration, 0, sizeof(*configuration));
  configuration->Version = sizeof(*configuration);
  kernel.io->configuration = configuration;

  ob::set_delete_procedure(ob::Type::Driver, driver_object_removed);
  ob::set_delete_procedure(ob::Type::Device, device_object_removed);
  ob::set_delete_procedure(ob::Type::File, file_object_removed);
  ob::set_close_procedure(ob::Type::File, file_last_handle_closed);
}

}  // namespace drydock::ntos::io
