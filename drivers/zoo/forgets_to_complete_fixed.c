#define FIXED
#include "forgets_to_complete.c"
