// kmdf: 1.33
#define FIXED
#include "wdf_unmarks_cancelled.c"
