// kmdf: 1.33
#define FIXED
#include "wdf_spin_lock_twice.c"
