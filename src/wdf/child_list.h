#pragma once
// WDFCHILDLIST: the children of a bus device, and what has been told of them (contract, section 16).

#include <vector>

#include "wdf/framework.h"

namespace drydock::wdf {

class Device;

// ---- what the device's machines ask ----
NTSTATUS make_default_child_lists(Device& device);
/// UP: EvtChildListScanForChildren once per list.
void scan_child_lists(Device& device);
/// START is over: what was added before may be reported now (WDF-326).
void child_lists_may_report(Device& device);
/// WDF-161, WDF-334: the bus device was pulled.
void children_are_gone(Device& device);
/// WDF-136, WDF-335: those whose REMOVE will not come.
void remove_children(Device& device);
/// Of a PDO: whether its bus still reports it (WDF-141).
bool is_still_reported(const Device& pdo);
void child_was_ejected(Device& pdo);
void child_has_left(Device& pdo);
/// The BusRelations query: CreateChild for new descriptions, ReportedMissing for those left out (WDF-327, WDF-333).
NTSTATUS report_children(Device& device, IRP* irp);
/// A PDO's bus is the framework: its re-enumerate-self interface (WDF-336).
NTSTATUS give_reenumerate_interface(Device& pdo, INTERFACE* to, USHORT size);
bool children_armed_for_wake(const Device& device);

}  // namespace drydock::wdf
