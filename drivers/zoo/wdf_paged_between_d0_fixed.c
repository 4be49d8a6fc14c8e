// kmdf: 1.33
#define FIXED
#include "wdf_paged_between_d0.c"
