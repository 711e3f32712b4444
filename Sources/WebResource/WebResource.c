#include "WebResource.h"

// Embedded, not bundled: a bundle's path is absolute and breaks when the binary is installed.
static const unsigned char console_css[] = {
#embed "files/console.css"
};
static const unsigned char console_js[] = {
#embed "files/console.js"
};
static const unsigned char icon_svg[] = {
#embed "files/icon.svg"
};
static const unsigned char openapi_yaml[] = {
#embed "files/openapi.yaml"
};
static const unsigned char head_mustache[] = {
#embed "files/head.mustache"
};
static const unsigned char foot_mustache[] = {
#embed "files/foot.mustache"
};
static const unsigned char sign_in_mustache[] = {
#embed "files/sign-in.mustache"
};
static const unsigned char message_mustache[] = {
#embed "files/message.mustache"
};
static const unsigned char home_mustache[] = {
#embed "files/home.mustache"
};
static const unsigned char console_mustache[] = {
#embed "files/console.mustache"
};
static const unsigned char status_mustache[] = {
#embed "files/status.mustache"
};
static const unsigned char notices_mustache[] = {
#embed "files/notices.mustache"
};
static const unsigned char actions_mustache[] = {
#embed "files/actions.mustache"
};
static const unsigned char data_sets_mustache[] = {
#embed "files/data-sets.mustache"
};
static const unsigned char recent_mustache[] = {
#embed "files/recent.mustache"
};
static const unsigned char errors_now_mustache[] = {
#embed "files/errors-now.mustache"
};
static const unsigned char chart_mustache[] = {
#embed "files/chart.mustache"
};
static const unsigned char waiting_mustache[] = {
#embed "files/waiting.mustache"
};
static const unsigned char full_mustache[] = {
#embed "files/full.mustache"
};
static const unsigned char history_mustache[] = {
#embed "files/history.mustache"
};
static const unsigned char run_mustache[] = {
#embed "files/run.mustache"
};
static const unsigned char errors_mustache[] = {
#embed "files/errors.mustache"
};
static const unsigned char held_mustache[] = {
#embed "files/held.mustache"
};
static const unsigned char removals_mustache[] = {
#embed "files/removals.mustache"
};
static const unsigned char schedule_mustache[] = {
#embed "files/schedule.mustache"
};

#define FILE_OF(name, bytes) {name, bytes, sizeof(bytes)}

static const struct web_file files[] = {
    FILE_OF("console.css", console_css),
    FILE_OF("console.js", console_js),
    FILE_OF("icon.svg", icon_svg),
    FILE_OF("openapi.yaml", openapi_yaml),
    FILE_OF("head.mustache", head_mustache),
    FILE_OF("foot.mustache", foot_mustache),
    FILE_OF("sign-in.mustache", sign_in_mustache),
    FILE_OF("message.mustache", message_mustache),
    FILE_OF("home.mustache", home_mustache),
    FILE_OF("console.mustache", console_mustache),
    FILE_OF("status.mustache", status_mustache),
    FILE_OF("notices.mustache", notices_mustache),
    FILE_OF("actions.mustache", actions_mustache),
    FILE_OF("data-sets.mustache", data_sets_mustache),
    FILE_OF("recent.mustache", recent_mustache),
    FILE_OF("errors-now.mustache", errors_now_mustache),
    FILE_OF("chart.mustache", chart_mustache),
    FILE_OF("waiting.mustache", waiting_mustache),
    FILE_OF("full.mustache", full_mustache),
    FILE_OF("history.mustache", history_mustache),
    FILE_OF("run.mustache", run_mustache),
    FILE_OF("errors.mustache", errors_mustache),
    FILE_OF("held.mustache", held_mustache),
    FILE_OF("removals.mustache", removals_mustache),
    FILE_OF("schedule.mustache", schedule_mustache),
};

size_t web_file_count(void) { return sizeof(files) / sizeof(files[0]); }
struct web_file web_file(size_t index) { return files[index]; }
