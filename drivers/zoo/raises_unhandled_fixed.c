#define FIXED
#include "raises_unhandled.c"
