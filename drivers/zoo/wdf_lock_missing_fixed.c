// kmdf: 1.33
#define FIXED
#include "wdf_lock_missing.c"
