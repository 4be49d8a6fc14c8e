// WDFCOLLECTION: references to objects in the order they were added.

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "wdf/create.h"
#include "wdf/driver.h"
#include "wdf/functions.h"
#include "wdf/misuse.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::at_most;

namespace {

class Collection final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::Collection;
  explicit Collection(Client& client) : Object(kType, client) {}
  ~Collection() override {
    while (!items.empty()) remove(0);
  }

  void remove(std::size_t index) {
    Object* item = items[index];
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(index));
    item->dereference();
  }
  WDFOBJECT at(std::size_t index) const { return index < items.size() ? items[index]->handle() : nullptr; }

  std::vector<Object*> items;
};

}  // namespace

NTSTATUS NTAPI WdfCollectionCreate(WDF_DRIVER_GLOBALS* DriverGlobals, WDF_OBJECT_ATTRIBUTES* CollectionAttributes,
                                   WDFCOLLECTION* Handle) {
  Client& client = framework().client(DriverGlobals);
  require_pointer(Handle, "WdfCollectionCreate's Collection");
  *Handle = nullptr;
  if (const NTSTATUS status = check_attributes(CollectionAttributes); !NT_SUCCESS(status)) return status;
  return commit_new(std::make_unique<Collection>(client), CollectionAttributes, Handle);
}

ULONG NTAPI WdfCollectionGetCount(WDF_DRIVER_GLOBALS*, WDFCOLLECTION Handle) {
  return static_cast<ULONG>(object_as<Collection>(Handle).items.size());
}

NTSTATUS NTAPI WdfCollectionAdd(WDF_DRIVER_GLOBALS*, WDFCOLLECTION Handle, WDFOBJECT Item) {
  Collection& collection = object_as<Collection>(Handle);
  Object& item = object_from(Item);
  if (machine::refused("wdf.collection")) return STATUS_INSUFFICIENT_RESOURCES;
  item.reference();
  collection.items.push_back(&item);
  return STATUS_SUCCESS;
}

VOID NTAPI WdfCollectionRemove(WDF_DRIVER_GLOBALS*, WDFCOLLECTION Handle, WDFOBJECT Item) {
  Collection& collection = object_as<Collection>(Handle);
  Object& item = object_from(Item);
  const auto found = std::find(collection.items.begin(), collection.items.end(), &item);
  if (found == collection.items.end())
    return record("kmdf-verifier", "not-in-collection",
                  fmt::format("WdfCollectionRemove: {} is not in {}", item.name(), collection.name()));
  collection.remove(static_cast<std::size_t>(found - collection.items.begin()));
}

VOID NTAPI WdfCollectionRemoveItem(WDF_DRIVER_GLOBALS*, WDFCOLLECTION Handle, ULONG Index) {
  Collection& collection = object_as<Collection>(Handle);
  if (Index >= collection.items.size())
    return record("kmdf-verifier", "not-in-collection",
                  fmt::format("WdfCollectionRemoveItem: {} has {} items, not one of index {}", collection.name(),
                              collection.items.size(), Index));
  collection.remove(Index);
}

WDFOBJECT NTAPI WdfCollectionGetItem(WDF_DRIVER_GLOBALS*, WDFCOLLECTION Handle, ULONG Index) {
  return object_as<Collection>(Handle).at(Index);
}

WDFOBJECT NTAPI WdfCollectionGetFirstItem(WDF_DRIVER_GLOBALS*, WDFCOLLECTION Handle) {
  return object_as<Collection>(Handle).at(0);
}

WDFOBJECT NTAPI WdfCollectionGetLastItem(WDF_DRIVER_GLOBALS*, WDFCOLLECTION Handle) {
  Collection& collection = object_as<Collection>(Handle);
  return collection.items.empty() ? nullptr : collection.at(collection.items.size() - 1);
}

// clang-format off
const image::ExportFamily kCollectionApi{kFrameworkModule, {
    // name                       entry                      caller's IRQL
    {"WdfCollectionCreate",       WdfCollectionCreate,       at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfCollectionGetCount",     WdfCollectionGetCount,     at_most(DISPATCH_LEVEL)},
    {"WdfCollectionAdd",          WdfCollectionAdd,          at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfCollectionRemove",       WdfCollectionRemove,       at_most(DISPATCH_LEVEL)},
    {"WdfCollectionRemoveItem",   WdfCollectionRemoveItem,   at_most(DISPATCH_LEVEL)},
    {"WdfCollectionGetItem",      WdfCollectionGetItem,      at_most(DISPATCH_LEVEL)},
    {"WdfCollectionGetFirstItem", WdfCollectionGetFirstItem, at_most(DISPATCH_LEVEL)},
    {"WdfCollectionGetLastItem",  WdfCollectionGetLastItem,  at_most(DISPATCH_LEVEL)},
}, "wdf/collection"};
// clang-format on

}  // namespace drydock::wdf
