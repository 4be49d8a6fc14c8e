// kmdf: 1.33
#define FIXED
#include "wdf_managed_above_owner.c"
