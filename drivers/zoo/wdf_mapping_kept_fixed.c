// kmdf: 1.33
#define FIXED
#include "wdf_mapping_kept.c"
