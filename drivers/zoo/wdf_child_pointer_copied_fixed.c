// kmdf: 1.33
#define FIXED
#include "wdf_child_pointer_copied.c"
