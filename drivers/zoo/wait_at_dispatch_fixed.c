#define FIXED
#include "wait_at_dispatch.c"
