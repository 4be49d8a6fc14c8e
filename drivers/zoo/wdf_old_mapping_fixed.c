// kmdf: 1.33
#define FIXED
#include "wdf_old_mapping.c"
