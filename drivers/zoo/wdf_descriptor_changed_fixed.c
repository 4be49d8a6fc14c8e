// kmdf: 1.33
#define FIXED
#include "wdf_descriptor_changed.c"
