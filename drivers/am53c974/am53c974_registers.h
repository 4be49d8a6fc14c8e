/// Registers of the AMD Am53C974 PCI SCSI controller (data sheet 18681, "PCSCSI II"), all in the ports of BAR 0.
#pragma once

#define AM_PCI_VENDOR_ID 0x1022
#define AM_PCI_DEVICE_ID 0x2020
#define AM_REGISTER_SPACE 0x80

// The SCSI core: one byte each, four ports apart.
#define AM_REG_COUNT_LOW 0x00
#define AM_REG_COUNT_MIDDLE 0x04
#define AM_REG_FIFO 0x08
#define AM_REG_COMMAND 0x0C
#define AM_REG_STATUS 0x10          // read
#define AM_REG_DESTINATION 0x10     // write
#define AM_REG_INTERRUPT 0x14       // read; reading clears it, the status and the step
#define AM_REG_TIMEOUT 0x14         // write
#define AM_REG_STEP 0x18            // read
#define AM_REG_SYNC_PERIOD 0x18     // write
#define AM_REG_FIFO_STATE 0x1C      // read: bytes in the FIFO in the low five bits
#define AM_REG_SYNC_OFFSET 0x1C     // write
#define AM_REG_CONTROL_1 0x20
#define AM_REG_CLOCK 0x24           // write
#define AM_REG_CONTROL_2 0x2C
#define AM_REG_CONTROL_3 0x30
#define AM_REG_CONTROL_4 0x34
#define AM_REG_COUNT_HIGH 0x38      // with AM_CONTROL_2_FEATURES

#define AM_COMMAND_WITH_DMA 0x80
#define AM_COMMAND_NOP 0x00
#define AM_COMMAND_CLEAR_FIFO 0x01
#define AM_COMMAND_RESET_DEVICE 0x02
#define AM_COMMAND_RESET_BUS 0x03
#define AM_COMMAND_TRANSFER 0x10           // "information transfer"
#define AM_COMMAND_COMPLETE 0x11           // "initiator command complete steps": status and message into the FIFO
#define AM_COMMAND_ACCEPT_MESSAGE 0x12
#define AM_COMMAND_SELECT_WITH_ATN 0x42    // arbitrate, select, send a message and the command

#define AM_STATUS_PHASE 0x07
#define AM_STATUS_PARITY_ERROR 0x20
#define AM_STATUS_GROSS_ERROR 0x40

#define AM_PHASE_DATA_OUT 0
#define AM_PHASE_DATA_IN 1
#define AM_PHASE_COMMAND 2
#define AM_PHASE_STATUS 3
#define AM_PHASE_MESSAGE_OUT 6
#define AM_PHASE_MESSAGE_IN 7

#define AM_INTERRUPT_SUCCESSFUL 0x08
#define AM_INTERRUPT_SERVICE 0x10          // the target asks for another phase, or the counter is down
#define AM_INTERRUPT_DISCONNECTED 0x20
#define AM_INTERRUPT_INVALID 0x40
#define AM_INTERRUPT_BUS_RESET 0x80

#define AM_CONTROL_1_PARITY 0x10
#define AM_CONTROL_1_NO_RESET_REPORT 0x40  // no interrupt for a bus reset
#define AM_CONTROL_2_FEATURES 0x40         // the counter has 24 bits
#define AM_COUNT_MAX 0xFFFFFF
#define AM_TIMEOUT_250_MS 153              // at 40 MHz with the clock factor below
#define AM_CLOCK_40_MHZ 0

// The DMA engine: 32 bits each.
#define AM_REG_DMA_COMMAND 0x40
#define AM_REG_DMA_COUNT 0x44
#define AM_REG_DMA_ADDRESS 0x48
#define AM_REG_DMA_LEFT 0x4C               // "working byte counter"
#define AM_REG_DMA_STATUS 0x54

#define AM_DMA_IDLE 0x00
#define AM_DMA_BLAST 0x01                  // what is in its FIFO goes into memory
#define AM_DMA_ABORT 0x02
#define AM_DMA_START 0x03
#define AM_DMA_TO_MEMORY 0x80

#define AM_DMA_STATUS_DONE 0x08
#define AM_DMA_STATUS_SCSI_INTERRUPT 0x10
#define AM_DMA_STATUS_BLASTED 0x20

#define AM_ALL_ONES 0xFFFFFFFFu
