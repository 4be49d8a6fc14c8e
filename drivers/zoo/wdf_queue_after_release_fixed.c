// kmdf: 1.33
#define FIXED
#include "wdf_queue_after_release.c"
