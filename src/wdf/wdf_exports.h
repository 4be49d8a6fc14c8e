#pragma once
// What the framework offers to drivers: the loader's exports, and the functions reached through the bound table.

#include "image/export_table.h"

namespace drydock::wdf {

/// Functions of the bound table stand under this name, one family an object (<object>_api.cpp).
inline constexpr const char* kFrameworkModule = "Wdf01000.sys";
inline constexpr const char* kLoaderModule = "wdfldr.sys";

/// Called once per process, by whoever builds the index for loading images.
void add_wdf_exports(image::ExportIndex& index);

extern const image::ExportFamily kLoader;
extern const image::ExportFamily kObjectApi;
extern const image::ExportFamily kDriverApi;
extern const image::ExportFamily kDeviceInitApi;
extern const image::ExportFamily kDeviceApi;
extern const image::ExportFamily kPowerPolicyApi;
extern const image::ExportFamily kResourceApi;
extern const image::ExportFamily kIoResourceApi;
extern const image::ExportFamily kInterruptApi;
extern const image::ExportFamily kLockApi;
extern const image::ExportFamily kCollectionApi;
extern const image::ExportFamily kStringApi;
extern const image::ExportFamily kMemoryApi;
extern const image::ExportFamily kTimerApi;
extern const image::ExportFamily kRegistryApi;
extern const image::ExportFamily kRequestApi;
extern const image::ExportFamily kRequestSendApi;
extern const image::ExportFamily kQueueApi;
extern const image::ExportFamily kFileObjectApi;
extern const image::ExportFamily kIoTargetApi;
extern const image::ExportFamily kDmaEnablerApi;
extern const image::ExportFamily kDmaTransactionApi;
extern const image::ExportFamily kWmiApi;
extern const image::ExportFamily kChildListApi;
extern const image::ExportFamily kUserModeApi;  ///< functions that only user-mode drivers have

}  // namespace drydock::wdf
