/// wdf_dma.sys and the tests that drive it: what its enablers are, PUPPET_ORDERS.Variant. Needs no Windows header.
#pragma once

enum {
  kDmaBare,     // PUPPET_ORDERS.Enablers: the first has callbacks, the others none
  kDmaLate,     // one made in each of EvtDriverDeviceAdd, PrepareHardware, D0Entry, PostInt and SmInit: 1 to 5
  kDmaBuffers,  // enabler 1 with common buffers 1 and 2; MUSTs
};
