// kmdf: 1.33
#define FIXED
#include "wdf_cancel_stop_forgets.c"
