// kmdf: 1.33
#define FIXED
#include "wdf_old_dma_address.c"
