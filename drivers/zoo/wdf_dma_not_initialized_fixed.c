// kmdf: 1.33
#define FIXED
#include "wdf_dma_not_initialized.c"
