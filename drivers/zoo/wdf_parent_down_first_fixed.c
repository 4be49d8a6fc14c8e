// kmdf: 1.33
#define FIXED
#include "wdf_parent_down_first.c"
