// kmdf: 1.33
#define FIXED
#include "wdf_touches_unmapped_mdl.c"
