// kmdf: 1.33
#define FIXED
#include "wdf_leaves_irql.c"
