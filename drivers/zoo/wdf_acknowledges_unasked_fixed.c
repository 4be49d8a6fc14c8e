// kmdf: 1.33
#define FIXED
#include "wdf_acknowledges_unasked.c"
