#include "port/scsiport/register_access.h"

#include "machine/machine.h"
#include "machine/trap.h"

namespace drydock::port::scsiport {

using machine::Machine;

namespace {

// An I/O "mapping" is the port's number (SP-295).
std::uint16_t number_of(const volatile void* port) {
  return static_cast<std::uint16_t>(reinterpret_cast<std::uintptr_t>(port));
}

template <class T>
T read_port(const T* port) {
  Machine& machine = Machine::current();
  machine.computer().ports_touched(number_of(port), sizeof(T));
  machine::IoFabric* fabric = machine.fabric();
  const auto value = static_cast<T>(fabric ? fabric->read_port(number_of(port), sizeof(T)) : ~0u);
  machine.record(machine::Event::PortRead, number_of(port), sizeof(T), value);
  return value;
}

template <class T>
void write_port(T* port, T value) {
  Machine& machine = Machine::current();
  machine.computer().ports_touched(number_of(port), sizeof(T));
  machine.record(machine::Event::PortWrite, number_of(port), sizeof(T), value);
  if (machine::IoFabric* fabric = machine.fabric()) fabric->write_port(number_of(port), sizeof(T), value);
}

/// Anything but device memory is read as the driver would have read it.
template <class T>
T read_register(const T* at) {
  Machine& machine = Machine::current();
  const machine::PhysicalAddress pa = machine.memory().device_pa(at);
  if (pa == machine::kNoPhysicalAddress) return *static_cast<const volatile T*>(at);
  return static_cast<T>(machine::read_device(machine, pa, sizeof(T)));
}

template <class T>
void write_register(T* at, T value) {
  Machine& machine = Machine::current();
  const machine::PhysicalAddress pa = machine.memory().device_pa(at);
  if (pa == machine::kNoPhysicalAddress)
    *static_cast<volatile T*>(at) = value;
  else
    machine::write_device(machine, pa, sizeof(T), value);
}

}  // namespace

UCHAR NTAPI ScsiPortReadPortUchar(PUCHAR Port) {
  return read_port(Port);
}
USHORT NTAPI ScsiPortReadPortUshort(PUSHORT Port) {
  return read_port(Port);
}
ULONG NTAPI ScsiPortReadPortUlong(PULONG Port) {
  return read_port(Port);
}
VOID NTAPI ScsiPortWritePortUchar(PUCHAR Port, UCHAR Value) {
  write_port(Port, Value);
}
VOID NTAPI ScsiPortWritePortUshort(PUSHORT Port, USHORT Value) {
  write_port(Port, Value);
}
VOID NTAPI ScsiPortWritePortUlong(PULONG Port, ULONG Value) {
  write_port(Port, Value);
}
UCHAR NTAPI ScsiPortReadRegisterUchar(PUCHAR Register) {
  return read_register(Register);
}
USHORT NTAPI ScsiPortReadRegisterUshort(PUSHORT Register) {
  return read_register(Register);
}
ULONG NTAPI ScsiPortReadRegisterUlong(PULONG Register) {
  return read_register(Register);
}
VOID NTAPI ScsiPortWriteRegisterUchar(PUCHAR Register, UCHAR Value) {
  write_register(Register, Value);
}
VOID NTAPI ScsiPortWriteRegisterUshort(PUSHORT Register, USHORT Value) {
  write_register(Register, Value);
}
VOID NTAPI ScsiPortWriteRegisterUlong(PULONG Register, ULONG Value) {
  write_register(Register, Value);
}

VOID NTAPI ScsiPortReadPortBufferUchar(PUCHAR Port, PUCHAR Buffer, ULONG Count) {
  while (Count--) *Buffer++ = read_port(Port);
}
VOID NTAPI ScsiPortReadPortBufferUshort(PUSHORT Port, PUSHORT Buffer, ULONG Count) {
  while (Count--) *Buffer++ = read_port(Port);
}
VOID NTAPI ScsiPortReadPortBufferUlong(PULONG Port, PULONG Buffer, ULONG Count) {
  while (Count--) *Buffer++ = read_port(Port);
}
VOID NTAPI ScsiPortWritePortBufferUchar(PUCHAR Port, PUCHAR Buffer, ULONG Count) {
  while (Count--) write_port(Port, *Buffer++);
}
VOID NTAPI ScsiPortWritePortBufferUshort(PUSHORT Port, PUSHORT Buffer, ULONG Count) {
  while (Count--) write_port(Port, *Buffer++);
}
VOID NTAPI ScsiPortWritePortBufferUlong(PULONG Port, PULONG Buffer, ULONG Count) {
  while (Count--) write_port(Port, *Buffer++);
}
VOID NTAPI ScsiPortReadRegisterBufferUchar(PUCHAR Register, PUCHAR Buffer, ULONG Count) {
  while (Count--) *Buffer++ = read_register(Register);
}
VOID NTAPI ScsiPortReadRegisterBufferUshort(PUSHORT Register, PUSHORT Buffer, ULONG Count) {
  while (Count--) *Buffer++ = read_register(Register);
}
VOID NTAPI ScsiPortReadRegisterBufferUlong(PULONG Register, PULONG Buffer, ULONG Count) {
  while (Count--) *Buffer++ = read_register(Register);
}
VOID NTAPI ScsiPortWriteRegisterBufferUchar(PUCHAR Register, PUCHAR Buffer, ULONG Count) {
  while (Count--) write_register(Register, *Buffer++);
}
VOID NTAPI ScsiPortWriteRegisterBufferUshort(PUSHORT Register, PUSHORT Buffer, ULONG Count) {
  while (Count--) write_register(Register, *Buffer++);
}
VOID NTAPI ScsiPortWriteRegisterBufferUlong(PULONG Register, PULONG Buffer, ULONG Count) {
  while (Count--) write_register(Register, *Buffer++);
}

}  // namespace drydock::port::scsiport
