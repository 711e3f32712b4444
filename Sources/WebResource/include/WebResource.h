#ifndef WEB_RESOURCE_H
#define WEB_RESOURCE_H

#include <stddef.h>

/// A file that is part of the binary.
struct web_file {
    const char *name;
    const unsigned char *start;
    size_t length;
};

/// The files of the folder `files`, as they are.
size_t web_file_count(void);
struct web_file web_file(size_t index);

#endif
