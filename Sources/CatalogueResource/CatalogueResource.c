#include "CatalogueResource.h"

// Embedded, not bundled: a bundle's path is absolute and breaks when the binary is installed.
static const unsigned char catalogue_yaml[] = {
#embed "catalogue.yaml"
};

const unsigned char *catalogue_yaml_start(void) { return catalogue_yaml; }
size_t catalogue_yaml_length(void) { return sizeof(catalogue_yaml); }
