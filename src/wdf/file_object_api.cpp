// WdfFileObject...

#include "wdf/device.h"
#include "wdf/file_object.h"
#include "wdf/functions.h"
#include "wdf/queued_io.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::at_most;

WDFDEVICE NTAPI WdfFileObjectGetDevice(WDF_DRIVER_GLOBALS*, WDFFILEOBJECT Handle) {
  return object_as<FileObject>(Handle).device()->handle_as<WDFDEVICE>();
}

/// Null for an open without a FILE_OBJECT. The string is the FILE_OBJECT's own.
UNICODE_STRING* NTAPI WdfFileObjectGetFileName(WDF_DRIVER_GLOBALS*, WDFFILEOBJECT Handle) {
  FILE_OBJECT* wdm = object_as<FileObject>(Handle).wdm();
  return wdm ? &wdm->FileName : nullptr;
}

ULONG NTAPI WdfFileObjectGetFlags(WDF_DRIVER_GLOBALS*, WDFFILEOBJECT Handle) {
  const FILE_OBJECT* wdm = object_as<FileObject>(Handle).wdm();
  return wdm ? wdm->Flags : 0;
}

FILE_OBJECT* NTAPI WdfFileObjectWdmGetFileObject(WDF_DRIVER_GLOBALS*, WDFFILEOBJECT Handle) {
  return object_as<FileObject>(Handle).wdm();
}

WDFFILEOBJECT NTAPI WdfDeviceGetFileObject(WDF_DRIVER_GLOBALS*, WDFDEVICE DeviceHandle, FILE_OBJECT* FileObject) {
  auto* file = QueuedIo::of(object_as<Device>(DeviceHandle)).file_of(FileObject);
  return file ? file->handle_as<WDFFILEOBJECT>() : nullptr;
}

// clang-format off
const image::ExportFamily kFileObjectApi{kFrameworkModule, {
    // name                           entry                          caller's IRQL
    {"WdfFileObjectGetDevice",        WdfFileObjectGetDevice,        at_most(DISPATCH_LEVEL)},
    {"WdfFileObjectGetFileName",      WdfFileObjectGetFileName,      at_most(DISPATCH_LEVEL)},
    {"WdfFileObjectGetFlags",         WdfFileObjectGetFlags,         at_most(DISPATCH_LEVEL)},
    {"WdfFileObjectWdmGetFileObject", WdfFileObjectWdmGetFileObject, at_most(DISPATCH_LEVEL)},
    {"WdfDeviceGetFileObject",        WdfDeviceGetFileObject,        at_most(DISPATCH_LEVEL)},
}, "wdf/file_object"};
// clang-format on

}  // namespace drydock::wdf
