#pragma once
// WDFCHILDLIST: the children of a bus device, and what has been told of them (contract, section 16).

#include <deque>
#include <vector>

#include "wdf/framework.h"

namespace drydock::wdf {

class ChildList;
class Device;

/// One child: a description, and the PDO made for it.
struct Child {
  enum class State : std::uint8_t {
    Wanted,  ///< described; the next BusRelations query creates its device
    Present,
    Missing,  ///< the next query leaves it out
    LeftOut,  ///< the last query left it out: REMOVE will come
  };
  ChildList* list = nullptr;
  WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER* id = nullptr;  ///< in pool; null for a static child
  WDF_CHILD_ADDRESS_DESCRIPTION_HEADER* address = nullptr;    ///< in pool; null if the list has none
  Device* device = nullptr;
  State state = State::Wanted;
  bool reported = false;  ///< the PnP manager has been told of it
  bool being_made = false;  ///< EvtChildListCreateDevice runs
  bool withdrawn = false;   ///< meanwhile
  bool named_in_scan = false;
  bool reenumerate_wanted = false;  ///< once no scan is open
  unsigned retries = 0;             ///< STATUS_RETRY in a row (WDF-480)
};

class ChildList final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::ChildList;
  ChildList(Device& owner, const WDF_CHILD_LIST_CONFIG& config, bool is_static);
  ~ChildList() override;

  const WDF_CHILD_LIST_CONFIG config;
  const bool is_static;

  // ---- what drivers say ----
  void begin_scan();
  void end_scan();
  void begin_iteration();
  NTSTATUS add_or_update(WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER* id,
                         WDF_CHILD_ADDRESS_DESCRIPTION_HEADER* address);
  NTSTATUS mark_missing(WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER* id);
  void name_all();
  void mark_missing(Child& child);
  NTSTATUS add_static(Device& pdo);

  // ---- what they ask ----
  Child* find(WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER* id,
              PFN_WDF_CHILD_LIST_IDENTIFICATION_DESCRIPTION_COMPARE compare = nullptr);
  std::deque<Child*>& children() { return children_; }
  void copy_id(const Child& child, WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER* to);
  /// Nothing if either is null.
  void copy_address(WDF_CHILD_ADDRESS_DESCRIPTION_HEADER* from, WDF_CHILD_ADDRESS_DESCRIPTION_HEADER* to);

  // ---- the BusRelations query ----
  /// CreateChild for each Wanted description. True if another query is wanted (STATUS_RETRY).
  bool create_wanted();
  void report_missing();
  void all_gone();
  /// WDF-336: asks the driver, when no scan is open.
  void reenumerate(Child& child);
  /// A clone with the same description takes the child's place.
  void replace(Child& child);
  /// WDF-331: a query is answered without it.
  void lose(Child& child);
  /// The child's device has left; its description goes.
  void forget(Child& child);

  bool changed = false;  ///< since the last query, and the PnP manager was not asked yet
  void tell_pnp_manager();

  Device* device() override { return &owner_; }

 private:
  bool same(WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER* a, WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER* b,
            PFN_WDF_CHILD_LIST_IDENTIFICATION_DESCRIPTION_COMPARE compare);
  Child* new_child(WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER* id, WDF_CHILD_ADDRESS_DESCRIPTION_HEADER* address,
                   NTSTATUS& status);
  void note_change();
  /// Creates one; false: the description is dropped.
  bool create(Child& child, bool& retry);

  Device& owner_;
  std::deque<Child*> children_;  ///< in order of description
  unsigned scans_ = 0;           ///< open scans and iterations
  bool naming_ = false;          ///< a scan is open: who is not named is missing
  KSPIN_LOCK lock_{};            ///< held in the description callbacks
};

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
NTSTATUS give_reenumerate_interface(Device& pdo, INTERFACE* to, USHORT size, USHORT version);
bool children_armed_for_wake(const Device& device);

}  // namespace drydock::wdf
