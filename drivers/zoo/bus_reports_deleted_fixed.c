#define FIXED
#include "bus_reports_deleted.c"
