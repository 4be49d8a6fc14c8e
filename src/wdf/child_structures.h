#pragma once
// Structures of child lists (wdfchildlist.h).

#include "wdf/object_structures.h"

namespace drydock::wdf {

struct WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER {
  ULONG IdentificationDescriptionSize;
};
struct WDF_CHILD_ADDRESS_DESCRIPTION_HEADER {
  ULONG AddressDescriptionSize;
};
using ChildId = WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER;
using ChildAddress = WDF_CHILD_ADDRESS_DESCRIPTION_HEADER;

using PFN_WDF_CHILD_LIST_CREATE_DEVICE = NTSTATUS(NTAPI*)(WDFCHILDLIST List, ChildId* Id, WDFDEVICE_INIT* ChildInit);
using PFN_WDF_CHILD_LIST_SCAN_FOR_CHILDREN = VOID(NTAPI*)(WDFCHILDLIST List);
using PFN_WDF_CHILD_LIST_ID_COPY = VOID(NTAPI*)(WDFCHILDLIST List, ChildId* Source, ChildId* Destination);
using PFN_WDF_CHILD_LIST_ID_DUPLICATE = NTSTATUS(NTAPI*)(WDFCHILDLIST List, ChildId* Source, ChildId* Destination);
using PFN_WDF_CHILD_LIST_ID_CLEANUP = VOID(NTAPI*)(WDFCHILDLIST List, ChildId* Id);
using PFN_WDF_CHILD_LIST_ID_COMPARE = BOOLEAN(NTAPI*)(WDFCHILDLIST List, ChildId* First, ChildId* Second);
using PFN_WDF_CHILD_LIST_ADDRESS_COPY = VOID(NTAPI*)(WDFCHILDLIST List, ChildAddress* Source,
                                                    ChildAddress* Destination);
using PFN_WDF_CHILD_LIST_ADDRESS_DUPLICATE = NTSTATUS(NTAPI*)(WDFCHILDLIST List, ChildAddress* Source,
                                                             ChildAddress* Destination);
using PFN_WDF_CHILD_LIST_ADDRESS_CLEANUP = VOID(NTAPI*)(WDFCHILDLIST List, ChildAddress* Address);
using PFN_WDF_CHILD_LIST_DEVICE_REENUMERATED = BOOLEAN(NTAPI*)(WDFCHILDLIST List, WDFDEVICE OldDevice,
                                                              ChildAddress* OldAddress, ChildAddress* NewAddress);

struct WDF_CHILD_LIST_CONFIG {
  ULONG Size;
  ULONG IdentificationDescriptionSize;
  ULONG AddressDescriptionSize;
  PFN_WDF_CHILD_LIST_CREATE_DEVICE EvtChildListCreateDevice;
  PFN_WDF_CHILD_LIST_SCAN_FOR_CHILDREN EvtChildListScanForChildren;
  PFN_WDF_CHILD_LIST_ID_COPY EvtChildListIdentificationDescriptionCopy;
  PFN_WDF_CHILD_LIST_ID_DUPLICATE EvtChildListIdentificationDescriptionDuplicate;
  PFN_WDF_CHILD_LIST_ID_CLEANUP EvtChildListIdentificationDescriptionCleanup;
  PFN_WDF_CHILD_LIST_ID_COMPARE EvtChildListIdentificationDescriptionCompare;
  PFN_WDF_CHILD_LIST_ADDRESS_COPY EvtChildListAddressDescriptionCopy;
  PFN_WDF_CHILD_LIST_ADDRESS_DUPLICATE EvtChildListAddressDescriptionDuplicate;
  PFN_WDF_CHILD_LIST_ADDRESS_CLEANUP EvtChildListAddressDescriptionCleanup;
  PFN_WDF_CHILD_LIST_DEVICE_REENUMERATED EvtChildListDeviceReenumerated;
};
static_assert(sizeof(WDF_CHILD_LIST_CONFIG) == 0x60 &&
              offsetof(WDF_CHILD_LIST_CONFIG, EvtChildListScanForChildren) == 0x18 &&
              offsetof(WDF_CHILD_LIST_CONFIG, EvtChildListDeviceReenumerated) == 0x58);

enum WDF_CHILD_LIST_RETRIEVE_DEVICE_STATUS : LONG {
  WdfChildListRetrieveDeviceUndefined,
  WdfChildListRetrieveDeviceSuccess,
  WdfChildListRetrieveDeviceNotYetCreated,
  WdfChildListRetrieveDeviceNoSuchDevice
};
inline constexpr ULONG WdfRetrievePresentChildren = 0x1;
inline constexpr ULONG WdfRetrieveMissingChildren = 0x2;
inline constexpr ULONG WdfRetrievePendingChildren = 0x4;

struct WDF_CHILD_RETRIEVE_INFO {
  ULONG Size;
  ChildId* IdentificationDescription;
  ChildAddress* AddressDescription;
  WDF_CHILD_LIST_RETRIEVE_DEVICE_STATUS Status;
  PFN_WDF_CHILD_LIST_ID_COMPARE EvtChildListIdentificationDescriptionCompare;
};
static_assert(sizeof(WDF_CHILD_RETRIEVE_INFO) == 0x28);

struct WDF_CHILD_LIST_ITERATOR {
  ULONG Size;
  ULONG Flags;
  PVOID Reserved[4];
};
static_assert(sizeof(WDF_CHILD_LIST_ITERATOR) == 0x28);

}  // namespace drydock::wdf
