// kmdf: 1.33
#define FIXED
#include "wdf_wrong_handle.c"
