// kmdf: 1.33
#define FIXED
#include "wdf_counts_too_late.c"
