// kmdf: 1.33
#define FIXED
#include "wdf_worker_keeps_affinity.c"
