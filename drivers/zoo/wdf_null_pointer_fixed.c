// kmdf: 1.33
#define FIXED
#include "wdf_null_pointer.c"
