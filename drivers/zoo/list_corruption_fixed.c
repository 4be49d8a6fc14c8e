#define FIXED
#include "list_corruption.c"
