// kmdf: 1.33
#define FIXED
#include "wdf_callback_lock_twice.c"
