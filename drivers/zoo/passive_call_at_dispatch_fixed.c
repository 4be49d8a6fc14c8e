#define FIXED
#include "passive_call_at_dispatch.c"
