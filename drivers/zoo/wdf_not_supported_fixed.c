// kmdf: 1.33
#define FIXED
#include "wdf_not_supported.c"
