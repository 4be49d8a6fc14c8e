#define FIXED
#include "irp_pended_unmarked.c"
