#define FIXED
#include "reset_config_assumed.c"
