// kmdf: 1.33
#define FIXED
#include "wdf_releases_lock_not_held.c"
