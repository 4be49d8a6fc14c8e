#define FIXED
#include "jump_to_data.c"
