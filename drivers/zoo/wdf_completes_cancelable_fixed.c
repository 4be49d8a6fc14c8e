// kmdf: 1.33
#define FIXED
#include "wdf_completes_cancelable.c"
