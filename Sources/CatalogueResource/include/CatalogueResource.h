#ifndef CATALOGUE_RESOURCE_H
#define CATALOGUE_RESOURCE_H

#include <stddef.h>

/// The catalogue that ships with the product (`catalogue.yaml` beside the source), as it is.
extern const unsigned char catalogue_yaml[];
extern const size_t catalogue_yaml_length;

#endif
