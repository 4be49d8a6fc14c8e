#define FIXED
#include "page_fault_at_dispatch.c"
