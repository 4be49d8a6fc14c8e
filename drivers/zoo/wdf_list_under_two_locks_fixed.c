// kmdf: 1.33
#define FIXED
#include "wdf_list_under_two_locks.c"
