#include "models/root_port/root_port_model.h"

namespace drydock::models::root_port {

namespace {

pci::FunctionDescription describe() {
  pci::FunctionDescription d;
  d.vendor = 0x1B36;
  d.device = 0x000C;
  d.class_code = 0x060400;
  d.bridge = true;
  d.power_management = {.offset = 0x40};
  d.pci_express = {.offset = 0x54};
  return d;
}

}  // namespace

RootPortModel::RootPortModel() : config_(describe()) {}

pci::ModelFactory factory() {
  return [](machine::DeviceWires&) { return std::make_unique<RootPortModel>(); };
}

}  // namespace drydock::models::root_port
