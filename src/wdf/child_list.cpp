#include "wdf/child_list.h"

#include "wdf/device.h"

namespace drydock::wdf {

NTSTATUS make_default_child_lists(Device&) {
  return STATUS_SUCCESS;
}
void scan_child_lists(Device&) {}
void child_lists_may_report(Device&) {}
void children_are_gone(Device&) {}
void remove_children(Device&) {}
bool is_still_reported(const Device&) {
  return true;
}
void child_was_ejected(Device&) {}
void child_has_left(Device&) {}
NTSTATUS report_children(Device&, IRP*) {
  return STATUS_SUCCESS;
}
NTSTATUS give_reenumerate_interface(Device&, INTERFACE*, USHORT) {
  return STATUS_NOT_SUPPORTED;
}
bool children_armed_for_wake(const Device&) {
  return false;
}

}  // namespace drydock::wdf
