#include "CatalogueResource.h"

// Embedded, not bundled: a bundle's path is absolute and breaks when the binary is installed.
const unsigned char catalogue_yaml[] = {
#embed "catalogue.yaml"
};
const size_t catalogue_yaml_length = sizeof(catalogue_yaml);
