// libs: kmdf:1.33 guest:wdf_orders
#define LAST_CLASS 2
#include "wdf_class_client.h"
