#pragma once
// WDFFILEOBJECT: one open of a device, from create to close (WDF-359).

#include "wdf/kernel.h"
#include "wdf/object.h"

namespace drydock::wdf {

class Device;

class FileObject final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::FileObject;
  FileObject(Client& client, Device& device, FILE_OBJECT* wdm) : Object(kType, client), wdm_(wdm), device_(device) {
    driver_may_delete = false;
  }

  FILE_OBJECT* wdm() const { return wdm_; }
  Device* device() override { return &device_; }

 private:
  FILE_OBJECT* wdm_;
  Device& device_;
};

}  // namespace drydock::wdf
