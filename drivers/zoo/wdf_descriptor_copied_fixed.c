// kmdf: 1.33
#define FIXED
#include "wdf_descriptor_copied.c"
