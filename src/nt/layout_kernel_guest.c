// Sizes, offsets and values as mingw-w64's driver headers have them, for layout_test.cpp to read from this object.
#define INITGUID
#include <ntifs.h>

// These need the types of the one above.
#include <cfg.h>
#include <ntdddisk.h>
#include <ntddscsi.h>
#include <ntddstor.h>
#include <scsi.h>
#include <srb.h>
#include <wdmguid.h>
#include <wmistr.h>

#include "nt/layout_guest.h"

__attribute__((section(".rows"), used)) static const struct layout_row rows[] = {
#include "nt/layout_kernel.inc"
};
