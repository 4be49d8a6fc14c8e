#define FIXED
#include "irp_marked_not_pended.c"
