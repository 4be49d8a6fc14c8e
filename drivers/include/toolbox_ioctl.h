/// What toolbox.sys understands. For the driver and for whoever opens it; needs no Windows header.
///
/// A toolbox is a bus with slots. What is put into a slot becomes a device of its own, a tool, which can be used by way
/// of its own interface until it is taken out or ejected.
#pragma once

#define TOOLBOX_SLOTS 8
/// In these lies a tool when a toolbox is added.
#define TOOLBOX_SLOTS_FILLED 0x3u

// {2A1F6C58-77D3-4E0B-A6A5-90C8D1B3E742}
#define TOOLBOX_INTERFACE_CLASS                      \
  {                                                  \
    0x2A1F6C58, 0x77D3, 0x4E0B, {                    \
      0xA6, 0xA5, 0x90, 0xC8, 0xD1, 0xB3, 0xE7, 0x42 \
    }                                                \
  }
// {C4E59B07-1B86-4D5C-8F3A-62A70E94D1F5}
#define TOOL_INTERFACE_CLASS                         \
  {                                                  \
    0xC4E59B07, 0x1B86, 0x4D5C, {                    \
      0x8F, 0x3A, 0x62, 0xA7, 0x0E, 0x94, 0xD1, 0xF5 \
    }                                                \
  }

// FILE_DEVICE_BUS_EXTENDER, METHOD_BUFFERED, FILE_ANY_ACCESS.
#define TOOLBOX_IOCTL(function) ((0x2Au << 16) | ((function) << 2))

// To a toolbox. The input of the first three is a 32-bit number, the slot.

/// A tool is in the slot from now on. STATUS_OBJECT_NAME_COLLISION if there was one.
#define IOCTL_TOOLBOX_PUT_IN TOOLBOX_IOCTL(0x800u)
/// It is out, and nobody was asked. STATUS_NOT_FOUND if there was none.
#define IOCTL_TOOLBOX_TAKE_OUT TOOLBOX_IOCTL(0x801u)
/// The system is asked to let it go: what uses the tool may refuse. STATUS_NOT_FOUND if there was none.
#define IOCTL_TOOLBOX_EJECT TOOLBOX_IOCTL(0x802u)
/// Output: 32 bits, one for each slot with a tool in it.
#define IOCTL_TOOLBOX_QUERY TOOLBOX_IOCTL(0x803u)

// To a tool.

/// Output: TOOL_STATE.
#define IOCTL_TOOL_USE TOOLBOX_IOCTL(0x810u)

typedef struct _TOOL_STATE {
  unsigned int Slot;
  unsigned int Uses;  // of this tool, with this one
} TOOL_STATE;
