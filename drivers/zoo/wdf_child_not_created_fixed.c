// kmdf: 1.33
#define FIXED
#include "wdf_child_not_created.c"
