#include "CFlowGRPC.h"
