// kmdf: 1.33
#define FIXED
#include "wdf_requeues_itself.c"
