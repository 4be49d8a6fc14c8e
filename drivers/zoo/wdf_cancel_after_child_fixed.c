// kmdf: 1.33
#define FIXED
#include "wdf_cancel_after_child.c"
