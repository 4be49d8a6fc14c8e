// kmdf: 1.33
#define FIXED
#include "wdf_both_complete.c"
