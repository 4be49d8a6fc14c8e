/// The registers of QEMU's educational device (PCI 1234:11E8; QEMU, docs/specs/edu). Little endian, 32 bits each.
#pragma once

#define EDU_REGISTER_SPACE 0x100000  // bytes of BAR 0

#define EDU_IDENTIFICATION 0x00  // xx.xx 00ED
#define EDU_LIVENESS 0x04        // what is written is read back inverted
#define EDU_FACTORIAL 0x08       // the number in, its factorial out once EDU_COMPUTING is clear
#define EDU_STATUS 0x20
#define EDU_INTERRUPT_STATUS 0x24
#define EDU_INTERRUPT_RAISE 0x60  // what is written is signalled
#define EDU_INTERRUPT_ACKNOWLEDGE 0x64
#define EDU_DMA_SOURCE 0x80
#define EDU_DMA_DESTINATION 0x88
#define EDU_DMA_COUNT 0x90
#define EDU_DMA_COMMAND 0x98

#define EDU_ALL_ONES 0xFFFFFFFFu  // what a register of an absent device reads

// EDU_IDENTIFICATION
#define EDU_IDENTIFICATION_MASK 0x0000FFFFu
#define EDU_IDENTIFICATION_EDU 0x000000EDu

// EDU_STATUS
#define EDU_COMPUTING 0x01u
#define EDU_INTERRUPT_AFTER_FACTORIAL 0x80u

// EDU_INTERRUPT_STATUS and EDU_INTERRUPT_ACKNOWLEDGE
#define EDU_INTERRUPT_FACTORIAL 0x001u
#define EDU_INTERRUPT_DMA 0x100u

// EDU_DMA_COMMAND: reads with EDU_DMA_START until the transfer is over
#define EDU_DMA_START 0x1u
#define EDU_DMA_TO_RAM 0x2u
#define EDU_DMA_INTERRUPT 0x4u

// The device's own end of every transfer, and how much RAM it reaches.
#define EDU_BUFFER 0x40000u
#define EDU_BUFFER_BYTES 4096u
#define EDU_ADDRESS_LIMIT 0x10000000u
