#pragma once
// Addresses of our routines that drivers may call: for function pointers in structures we hand out.

#include "image/loader.h"
#include "machine/machine.h"

namespace drydock::ntos {

/// What a driver importing `name` from ntoskrnl.exe gets; `host` where no images are attached (tests of our own code).
template <class Function>
Function driver_address(const char* name, Function host) {
  auto* images = machine::Machine::current().find_part<image::Images>(machine::PartId::Images);
  void* address = images == nullptr ? nullptr : images->address_of_export("ntoskrnl.exe", name);
  return address == nullptr ? host : reinterpret_cast<Function>(address);
}

}  // namespace drydock::ntos
