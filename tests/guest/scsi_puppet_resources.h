// Steps of scsi_puppet.sys about resources: ranges, registers, bus data, memory for DMA. Included by the header with the
// other steps and, with PUPPET_RESOURCE_STEPS defined, by the driver.
#ifndef SCSI_PUPPET_RESOURCES_H
#define SCSI_PUPPET_RESOURCES_H

enum PuppetResourceStep {
  PuppetGetBase = 100,     // a bytes << 1 | in I/O space, b bus address: into Base and Result
  PuppetValidateRange,     // the same arguments: into Result
  PuppetFreeBase,          // of Base
  PuppetReadRegister,      // a offset from Base: into Result
  PuppetWriteRegister,     // a offset, b value
  PuppetReadPort,          // a offset, by an IN instruction: into Result
  PuppetWritePort,         // a offset, b value, by an OUT instruction
  PuppetReadPortByExport,  // a offset: into Result
  PuppetBusData,           // a slot, b bytes (0: the port's buffer): bytes into Result, the first four into Result2
  PuppetBusDataOfBus,      // a bus: bytes into Result
  PuppetSetBusData,        // a slot << 16 | offset, b value: bytes into Result
  PuppetSetBusDataOfType,  // a type: bytes into Result
  PuppetUncachedAgain,     // a bytes: into Result
  PuppetVirtualOfResult,   // the virtual address of physical address Result + a: into Result2
  PuppetMapTransfer,       // ScsiPortIoMapTransfer
  PuppetMove,              // ScsiPortMoveMemory within Text, overlapping
  PuppetSystemTime,        // into Result
  PuppetSetIrql,           // a: straight into CR8
  PuppetSetBreaks,         // a NumberOfPhysicalBreaks, in the configuration
  PuppetSetDma64,          // a Dma64BitAddresses, in the configuration
  PuppetTouchLast,         // read the SRB completed last
  PuppetTouchLastData,     // read the first byte of the last SRB's DataBuffer, as StartIo got it
  PuppetTouchLastSense,    // read its sense buffer
  PuppetAlignment,         // a AlignmentMask, in the configuration
  PuppetNoPhysical,        // NeedPhysicalAddresses FALSE, in the configuration
  PuppetSenseLength,       // a SenseInfoBufferLength of this SRB
};

#endif

#ifdef PUPPET_RESOURCE_STEPS

// The headers make an instruction of it; the export is there all the same.
#undef ScsiPortReadPortUlong
__declspec(dllimport) ULONG NTAPI ScsiPortReadPortUlong(PULONG Port);

static ULONG InLong(USHORT Port) {
  ULONG value;
  __asm__ __volatile__("inl %w1, %0" : "=a"(value) : "Nd"(Port));
  return value;
}

static VOID OutLong(USHORT Port, ULONG Value) {
  __asm__ __volatile__("outl %0, %w1" : : "a"(Value), "Nd"(Port));
}

static VOID RunResourceStep(PVOID Ext, PSCSI_REQUEST_BLOCK Srb, ULONG Step, ULONG a, ULONG b) {
  SCSI_PHYSICAL_ADDRESS address;
  PPORT_CONFIGURATION_INFORMATION config = (PPORT_CONFIGURATION_INFORMATION)(ULONG_PTR)Puppet.ConfigAddress;
  PSCSI_REQUEST_BLOCK last = (PSCSI_REQUEST_BLOCK)Puppet.LastSrb;
  PUCHAR base = (PUCHAR)(ULONG_PTR)Puppet.Base;
  address.QuadPart = b;
  switch (Step) {
    case PuppetGetBase:
      Puppet.Base = Puppet.Result = (PU64)(ULONG_PTR)ScsiPortGetDeviceBase(Ext, PCIBus, 0, address, a >> 1, a & 1);
      break;
    case PuppetValidateRange: Puppet.Result = ScsiPortValidateRange(Ext, PCIBus, 0, address, a >> 1, a & 1); break;
    case PuppetFreeBase: ScsiPortFreeDeviceBase(Ext, base); break;
    case PuppetReadRegister: Puppet.Result = *(volatile ULONG*)(base + a); break;
    case PuppetWriteRegister: *(volatile ULONG*)(base + a) = b; break;
    case PuppetReadPort: Puppet.Result = InLong((USHORT)(Puppet.Base + a)); break;
    case PuppetWritePort: OutLong((USHORT)(Puppet.Base + a), b); break;
    case PuppetReadPortByExport: Puppet.Result = ScsiPortReadPortUlong((PULONG)(base + a)); break;
    case PuppetBusData: {
      ULONG buffer[64] = {0};
      if (b) {
        Puppet.Result = ScsiPortGetBusData(Ext, PCIConfiguration, 0, a, buffer, b);
        Puppet.Result2 = buffer[0];
      } else {
        ULONG* ours = NULL;
        Puppet.Result = ScsiPortGetBusData(Ext, PCIConfiguration, 0, a, &ours, 0);
        Puppet.Result2 = ours ? *ours : 0;
      }
      break;
    }
    case PuppetBusDataOfBus: {
      ULONG id = 0;
      Puppet.Result = ScsiPortGetBusData(Ext, PCIConfiguration, a, 0, &id, sizeof(id));
      break;
    }
    case PuppetSetBusData:
      Puppet.Result = ScsiPortSetBusDataByOffset(Ext, PCIConfiguration, 0, a >> 16, &b, a & 0xFFFF, sizeof(b));
      break;
    case PuppetSetBusDataOfType: Puppet.Result = ScsiPortSetBusDataByOffset(Ext, a, 0, 0, &b, 0, sizeof(b)); break;
    case PuppetUncachedAgain: Puppet.Result = (PU64)(ULONG_PTR)ScsiPortGetUncachedExtension(Ext, config, a); break;
    case PuppetVirtualOfResult:
      address.QuadPart = (LONGLONG)(Puppet.Result + a);
      Puppet.Result2 = (PU64)(ULONG_PTR)ScsiPortGetVirtualAddress(Ext, address);
      break;
    case PuppetMapTransfer: ScsiPortIoMapTransfer(Ext, Srb, NULL, 0); break;
    case PuppetMove: ScsiPortMoveMemory(Puppet.Text + 2, Puppet.Text, 8); break;
    case PuppetSystemTime: {
      LARGE_INTEGER now;
      ScsiPortQuerySystemTime(&now);
      Puppet.Result = (PU64)now.QuadPart;
      break;
    }
    case PuppetSetIrql: {
      ULONG64 irql = a;
      __asm__ __volatile__("mov %0, %%cr8" : : "r"(irql) : "memory");
      break;
    }
    case PuppetSetBreaks: config->NumberOfPhysicalBreaks = a; break;
    case PuppetSetDma64: config->Dma64BitAddresses = (UCHAR)a; break;
    case PuppetTouchLast: Puppet.Result = *(volatile UCHAR*)(ULONG_PTR)Puppet.LastCompleted; break;
    case PuppetTouchLastData: Puppet.Result = *(volatile UCHAR*)last->DataBuffer; break;
    case PuppetTouchLastSense: Puppet.Result = *(volatile UCHAR*)last->SenseInfoBuffer; break;
    case PuppetAlignment: config->AlignmentMask = a; break;
    case PuppetNoPhysical: config->NeedPhysicalAddresses = FALSE; break;
    case PuppetSenseLength: Srb->SenseInfoBufferLength = (UCHAR)a; break;
  }
}

#endif
