#include "wdf/wdf_exports.h"

namespace drydock::wdf {

void add_wdf_exports(image::ExportIndex& index) {
  for (const image::ExportFamily* family :
       {&kLoader,        &kObjectApi,    &kDriverApi,     &kDeviceInitApi,     &kDeviceApi,      &kPowerPolicyApi,
        &kResourceApi,   &kIoResourceApi, &kInterruptApi, &kChildListApi,  &kLockApi,           &kCollectionApi,  &kStringApi,
        &kMemoryApi,     &kTimerApi,     &kRegistryApi,   &kRequestApi,        &kRequestSendApi, &kQueueApi,
        &kFileObjectApi, &kIoTargetApi,  &kDmaEnablerApi, &kDmaTransactionApi, &kWmiApi,
        &kUserModeApi})
    index.add(*family);
}

}  // namespace drydock::wdf
