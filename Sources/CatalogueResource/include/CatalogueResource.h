#ifndef CATALOGUE_RESOURCE_H
#define CATALOGUE_RESOURCE_H

#include <stddef.h>

/// The catalogue that ships with the product (`catalogue.yaml` beside the source), as it is.
const unsigned char *catalogue_yaml_start(void);
size_t catalogue_yaml_length(void);

#endif
