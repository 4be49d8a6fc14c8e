#pragma once
// Command descriptor blocks of the commands a disk gets from us.

#include "nt/scsi.h"
#include "nt/srb.h"

namespace drydock::class_::disk {
using namespace nt;

struct Extent {
  ULONGLONG block = 0;
  ULONG blocks = 0;
};

/// READ or WRITE, of 16 bytes with `wide`. Returns the length.
constexpr UCHAR put_read_write(UCHAR* cdb, bool write, Extent extent, bool wide, bool force_unit_access) {
  const UCHAR force = force_unit_access ? CDB_FORCE_MEDIA_ACCESS : 0;
  if (wide) {
    cdb[0] = write ? SCSIOP_WRITE16 : SCSIOP_READ16;
    cdb[1] = force;
    put_big_endian_64(cdb + 2, extent.block);
    put_big_endian_32(cdb + 10, extent.blocks);
    cdb[14] = cdb[15] = 0;
    return 16;
  }
  cdb[0] = write ? SCSIOP_WRITE : SCSIOP_READ;
  cdb[1] = force;
  put_big_endian_32(cdb + 2, static_cast<ULONG>(extent.block));
  cdb[6] = 0;
  put_big_endian_16(cdb + 7, extent.blocks);
  cdb[9] = 0;
  return CDB10GENERIC_LENGTH;
}

/// The most blocks one such command can name.
constexpr ULONG blocks_max(bool wide) {
  return wide ? 0xFFFFFFFF : 0xFFFF;
}

}  // namespace drydock::class_::disk
