/* org.xen.xcp.Matrix1 with sd-bus of libsystemd: the service and the client. */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define INTERFACE "org.xen.xcp.Matrix1"
#define PATH "/org/xen/xcp/matrix"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define LARGE (16 * 1024 * 1024)
#define BASIC "ybnqiuxtdsog"
#define CONTAINERS "ayasata{sv}(i(s(dv)))a{s(sao)}a(oa{sa{sv}})v"

static void expect(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "failed: %s\n", what);
        exit(1);
    }
}

/* A call of the library that must succeed. */
static int must(int result, const char *what)
{
    if (result < 0) {
        fprintf(stderr, "failed: %s: %s\n", what, strerror(-result));
        exit(1);
    }
    return result;
}

/* The values of the interface file. */

static int append_basic(sd_bus_message *m)
{
    return sd_bus_message_append(m, BASIC, 255, true, -32768, 65535, -2147483647 - 1, 4294967295u, -INT64_MAX, UINT64_MAX, -0.015625,
        "text ä 🐊", "/org/xen/xcp/o", "a{sv}");
}

static bool has_basic(sd_bus_message *m)
{
    uint8_t y;
    int b;
    int16_t n;
    uint16_t q;
    int32_t i;
    uint32_t u;
    int64_t x;
    uint64_t t;
    double d;
    const char *s, *o, *g;
    return sd_bus_message_has_signature(m, BASIC) > 0 &&
        sd_bus_message_read(m, BASIC, &y, &b, &n, &q, &i, &u, &x, &t, &d, &s, &o, &g) > 0 && y == 255 && b && n == -32768 &&
        q == 65535 && i == INT32_MIN && u == UINT32_MAX && x == -INT64_MAX && t == UINT64_MAX && d == -0.015625 &&
        strcmp(s, "text ä 🐊") == 0 && strcmp(o, "/org/xen/xcp/o") == 0 && strcmp(g, "a{sv}") == 0;
}

static int append_containers(sd_bus_message *m)
{
    return sd_bus_message_append(m, CONTAINERS, 3, 0, 1, 255, 2, "", "b", 0, 2, "number", "u", 7, "list", "as", 2, "x", "y", -1, "in",
        0.5, "s", "deep", 1, "1", "one", 2, "/a", "/b", 1, "/a", 1, "i", 1, "p", "b", true, "v", "i", 5);
}

static bool has_containers(sd_bus_message *m)
{
    uint8_t bytes[3];
    const char *e, *b, *number, *list, *x, *y, *in, *deep, *key, *one, *pa, *pb, *object, *interface, *property;
    uint32_t seven;
    int32_t minus_one, five;
    double half;
    int yes;
    return sd_bus_message_has_signature(m, CONTAINERS) > 0 &&
        sd_bus_message_read(m, CONTAINERS, 3, &bytes[0], &bytes[1], &bytes[2], 2, &e, &b, 0, 2, &number, "u", &seven, &list, "as", 2,
            &x, &y, &minus_one, &in, &half, "s", &deep, 1, &key, &one, 2, &pa, &pb, 1, &object, 1, &interface, 1, &property, "b", &yes,
            "v", "i", &five) > 0 &&
        sd_bus_message_at_end(m, true) > 0 && memcmp(bytes, "\0\1\377", 3) == 0 && strcmp(e, "") == 0 && strcmp(b, "b") == 0 &&
        strcmp(number, "number") == 0 && seven == 7 && strcmp(list, "list") == 0 && strcmp(x, "x") == 0 && strcmp(y, "y") == 0 &&
        minus_one == -1 && strcmp(in, "in") == 0 && half == 0.5 && strcmp(deep, "deep") == 0 && strcmp(key, "1") == 0 && strcmp(one, "one") == 0 &&
        strcmp(pa, "/a") == 0 && strcmp(pb, "/b") == 0 && strcmp(object, "/a") == 0 && strcmp(interface, "i") == 0 &&
        strcmp(property, "p") == 0 && yes && five == 5;
}

static int append_dict(sd_bus_message *m)
{
    return sd_bus_message_append(m, "a{us}", 2, 1, "one", UINT32_MAX, "last");
}

static bool has_dict(sd_bus_message *m)
{
    uint32_t first, second;
    const char *one, *last;
    return sd_bus_message_has_signature(m, "a{us}") > 0 && sd_bus_message_read(m, "a{us}", 2, &first, &one, &second, &last) > 0 &&
        first == 1 && strcmp(one, "one") == 0 && second == UINT32_MAX && strcmp(last, "last") == 0;
}

static sd_bus *connect_to_bus(void)
{
    sd_bus *bus;
    must(sd_bus_open(&bus), "sd_bus_open, which takes DBUS_STARTER_ADDRESS");
    must(sd_bus_set_method_call_timeout(bus, 60 * 1000 * 1000), "timeout");
    return bus;
}

static char *read_to_end(int fd)
{
    char *text = calloc(1, 4096);
    size_t length = 0;
    for (ssize_t n; (n = read(fd, text + length, 4095 - length)) > 0;) {
        length += (size_t) n;
    }
    return text;
}

static int pipe_with(const char *text)
{
    int ends[2];
    expect(pipe(ends) == 0 && write(ends[1], text, strlen(text)) == (ssize_t) strlen(text), "pipe");
    close(ends[1]);
    return ends[0];
}

/* The service. */

static int reply_with(sd_bus_message *call, int (*append)(sd_bus_message *))
{
    sd_bus_message *reply;
    must(sd_bus_message_new_method_return(call, &reply), "reply");
    must(append(reply), "values of the reply");
    must(sd_bus_send(NULL, reply, NULL), "send");
    sd_bus_message_unref(reply);
    return 1;
}

static int on_basic(sd_bus_message *call, void *data, sd_bus_error *error)
{
    (void) data;
    return has_basic(call) ? reply_with(call, append_basic) : sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "Basic");
}

static int on_containers(sd_bus_message *call, void *data, sd_bus_error *error)
{
    (void) data;
    return has_containers(call) ? reply_with(call, append_containers) : sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "Containers");
}

static int on_dict(sd_bus_message *call, void *data, sd_bus_error *error)
{
    (void) data;
    return has_dict(call) ? reply_with(call, append_dict) : sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "Dict");
}

static int on_text(sd_bus_message *call, void *data, sd_bus_error *error)
{
    const char *member = sd_bus_message_get_member(call), *text;
    (void) data;
    must(sd_bus_message_read(call, "s", &text), member);
    if (strcmp(member, "Fail") == 0) {
        return sd_bus_error_set(error, INTERFACE ".Error.Failed", text);
    }
    if (strcmp(member, "Large") == 0) {
        return sd_bus_reply_method_return(call, "s", text);
    }
    if (strcmp(member, "Open") == 0) {
        int fd = pipe_with(text), result = sd_bus_reply_method_return(call, "h", fd);
        close(fd);
        return result;
    }
    must(sd_bus_emit_signal(sd_bus_message_get_bus(call), PATH, INTERFACE, "Emitted", "sa{sv}", text, 2, "text", "s", text, "length",
        "u", (uint32_t) strlen(text)), "Emitted");
    return sd_bus_reply_method_return(call, "");
}

static int on_read(sd_bus_message *call, void *data, sd_bus_error *error)
{
    int fd;
    (void) data;
    (void) error;
    must(sd_bus_message_read(call, "h", &fd), "Read"); /* the message closes it */
    char *text = read_to_end(fd);
    int result = sd_bus_reply_method_return(call, "s", text);
    free(text);
    return result;
}

static int on_leave(sd_bus_message *call, void *data, sd_bus_error *error)
{
    (void) call;
    (void) data;
    (void) error;
    _exit(0);
}

static int on_set_text(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *value, void *data,
    sd_bus_error *error)
{
    char **text = data;
    const char *new_text;
    (void) error;
    must(sd_bus_message_read(value, "s", &new_text), "Set");
    free(*text);
    *text = strdup(new_text);
    return sd_bus_emit_properties_changed(bus, path, interface, property, NULL);
}

static struct {
    char *text;
    uint32_t number;
} properties;

static const sd_bus_vtable table[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("Basic", BASIC, BASIC, on_basic, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Containers", CONTAINERS, CONTAINERS, on_containers, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Dict", "a{us}", "a{us}", on_dict, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Fail", "s", "", on_text, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Large", "s", "s", on_text, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Emit", "s", "", on_text, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Open", "s", "h", on_text, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Read", "h", "s", on_read, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Leave", "", "", on_leave, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_SIGNAL("Emitted", "sa{sv}", 0),
    SD_BUS_WRITABLE_PROPERTY("Text", "s", NULL, on_set_text, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE | SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_PROPERTY("Number", "u", NULL, sizeof(char *), 0),
    SD_BUS_VTABLE_END,
};

static void serve(const char *name)
{
    sd_bus *bus = connect_to_bus();
    properties.text = strdup("initial");
    properties.number = 7;
    must(sd_bus_add_object_vtable(bus, NULL, PATH, INTERFACE, table, &properties), "object");
    must(sd_bus_request_name(bus, name, 0), name);
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        int result = sd_bus_process(bus, NULL);
        if (result < 0 || (result == 0 && sd_bus_wait(bus, UINT64_MAX) < 0)) {
            return;
        }
    }
}

/* The client. */

static sd_bus *client;
static const char *service;

static sd_bus_message *new_call(const char *member)
{
    sd_bus_message *call;
    must(sd_bus_message_new_method_call(client, &call, service, PATH, INTERFACE, member), member);
    return call;
}

static sd_bus_message *succeed(sd_bus_message *call)
{
    sd_bus_error error = SD_BUS_ERROR_NULL;
    sd_bus_message *reply;
    if (sd_bus_call(client, call, 0, &error, &reply) < 0) {
        expect(false, error.message);
    }
    return reply;
}

/* The signals heard, until a check takes them. */
static sd_bus_message *heard[8];
static size_t heard_count;

static int on_signal(sd_bus_message *signal, void *data, sd_bus_error *error)
{
    (void) data;
    (void) error;
    heard[heard_count++] = sd_bus_message_ref(signal);
    return 0;
}

static sd_bus_message *next_signal(sd_bus *bus)
{
    while (heard_count == 0) {
        if (must(sd_bus_process(bus, NULL), "process") == 0) {
            must(sd_bus_wait(bus, 30 * 1000 * 1000), "wait");
        }
    }
    sd_bus_message *signal = heard[0];
    memmove(heard, heard + 1, --heard_count * sizeof *heard);
    return signal;
}

static void check_basic(void)
{
    sd_bus_message *call = new_call("Basic");
    must(append_basic(call), "values");
    expect(has_basic(succeed(call)), "the reply of Basic");
    printf("ok basic: 12 types, both ways\n");
}

static void check_containers(void)
{
    sd_bus_message *call = new_call("Containers");
    must(append_containers(call), "values");
    expect(has_containers(succeed(call)), "the reply of Containers");
    printf("ok containers: %s, both ways\n", CONTAINERS);
}

static void check_dict(void)
{
    sd_bus_message *call = new_call("Dict");
    must(append_dict(call), "values");
    expect(has_dict(succeed(call)), "the reply of Dict");
    printf("ok dict: a{us}, both ways\n");
}

static void check_error(void)
{
    sd_bus_error error = SD_BUS_ERROR_NULL;
    expect(sd_bus_call_method(client, service, PATH, INTERFACE, "Fail", &error, NULL, "s", "why") < 0, "Fail fails");
    expect(sd_bus_error_has_name(&error, INTERFACE ".Error.Failed") && strcmp(error.message, "why") == 0, error.name);
    printf("ok error: its name and text\n");
}

static void check_large(void)
{
    char *text = malloc(LARGE + 1);
    const char *back;
    memset(text, 'x', LARGE);
    text[LARGE] = 0;
    sd_bus_message *call = new_call("Large");
    must(sd_bus_message_append(call, "s", text), "text");
    must(sd_bus_message_read(succeed(call), "s", &back), "reply");
    expect(strcmp(text, back) == 0, "the same text comes back");
    printf("ok large: %d bytes there and back\n", LARGE);
}

static void expect_emitted(const char *text)
{
    const char *first, *key_text, *value_text, *key_length;
    uint32_t length;
    sd_bus_message *signal = next_signal(client);
    must(sd_bus_message_read(signal, "sa{sv}", &first, 2, &key_text, "s", &value_text, &key_length, "u", &length), "Emitted");
    expect(strcmp(first, text) == 0 && strcmp(key_text, "text") == 0 && strcmp(value_text, text) == 0 &&
        strcmp(key_length, "length") == 0 && length == strlen(text), text);
}

static void check_signals(void)
{
    must(sd_bus_match_signal(client, NULL, service, PATH, INTERFACE, "Emitted", on_signal, NULL), "match");
    must(sd_bus_call_method(client, service, PATH, INTERFACE, "Emit", NULL, NULL, "s", "first"), "Emit");
    must(sd_bus_call_method(client, service, PATH, INTERFACE, "Emit", NULL, NULL, "s", "second"), "Emit");
    expect_emitted("first");
    expect_emitted("second");
    printf("ok signals: 2 in their order\n");
}

static void expect_text(const char *text)
{
    char *value = NULL;
    must(sd_bus_get_property_string(client, service, PATH, INTERFACE, "Text", NULL, &value), "Get");
    expect(strcmp(value, text) == 0, value);
}

static void check_properties(void)
{
    sd_bus_message *all;
    const char *interface, *key, *value;
    must(sd_bus_match_signal(client, NULL, service, PATH, PROPERTIES, "PropertiesChanged", on_signal, NULL), "match");
    expect_text("initial");
    must(sd_bus_set_property(client, service, PATH, INTERFACE, "Text", NULL, "s", "changed"), "Set");
    sd_bus_message *signal = next_signal(client);
    must(sd_bus_message_read(signal, "sa{sv}as", &interface, 1, &key, "s", &value, 0), "PropertiesChanged");
    expect(strcmp(interface, INTERFACE) == 0 && strcmp(key, "Text") == 0 && strcmp(value, "changed") == 0, "PropertiesChanged");
    expect_text("changed");

    must(sd_bus_call_method(client, service, PATH, PROPERTIES, "GetAll", NULL, &all, "s", INTERFACE), "GetAll");
    must(sd_bus_message_enter_container(all, 'a', "{sv}"), "GetAll");
    int texts = 0, numbers = 0;
    while (must(sd_bus_message_enter_container(all, 'e', "sv"), "GetAll") > 0) {
        uint32_t number;
        must(sd_bus_message_read(all, "s", &key), "GetAll");
        if (strcmp(key, "Text") == 0) {
            must(sd_bus_message_read(all, "v", "s", &value), "Text");
            texts += strcmp(value, "changed") == 0;
        } else {
            must(sd_bus_message_read(all, "v", "u", &number), key);
            numbers += strcmp(key, "Number") == 0 && number == 7;
        }
        must(sd_bus_message_exit_container(all), "GetAll");
    }
    expect(texts == 1 && numbers == 1, "GetAll has both");
    expect(sd_bus_set_property(client, service, PATH, INTERFACE, "Number", NULL, "u", 8) < 0, "Set of a read-only property fails");
    printf("ok properties: Get, Set, PropertiesChanged, GetAll, read-only\n");
}

static void check_descriptors(void)
{
    sd_bus_message *reply;
    const char *text;
    int fd;
    must(sd_bus_call_method(client, service, PATH, INTERFACE, "Open", NULL, &reply, "s", "from the service"), "Open");
    must(sd_bus_message_read(reply, "h", &fd), "Open gives a descriptor");
    expect(strcmp(read_to_end(fd), "from the service") == 0, "what the pipe holds");
    fd = pipe_with("from the client");
    must(sd_bus_call_method(client, service, PATH, INTERFACE, "Read", NULL, &reply, "h", fd), "Read");
    must(sd_bus_message_read(reply, "s", &text), "Read gives a text");
    expect(strcmp(text, "from the client") == 0, text);
    printf("ok descriptors: one each way\n");
}

static void check_leave(void)
{
    sd_bus_error error = SD_BUS_ERROR_NULL;
    expect(sd_bus_call_method(client, service, PATH, INTERFACE, "Leave", &error, NULL, "") < 0, "Leave has no answer");
    expect(sd_bus_error_has_name(&error, SD_BUS_ERROR_NO_REPLY), error.name);
    expect(sd_bus_get_name_creds(client, service, 0, NULL) == -ENXIO, "the name is free");
    printf("ok leave: NoReply, and nobody has the name\n");
}

/* A call of the bus with a name and, for RequestName, flags; the number that it answers. */
static uint32_t ask_bus(sd_bus *bus, const char *member, const char *name, int flags)
{
    sd_bus_message *reply;
    uint32_t number;
    const char *types = flags < 0 ? "s" : "su";
    must(sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", member, NULL, &reply, types,
        name, (uint32_t) flags), member);
    must(sd_bus_message_read(reply, "u", &number), member);
    return number;
}

static bool hears(sd_bus *bus, const char *member, const char *name)
{
    const char *which;
    sd_bus_message *signal = next_signal(bus);
    must(sd_bus_message_read(signal, "s", &which), member);
    return strcmp(sd_bus_message_get_member(signal), member) == 0 && strcmp(which, name) == 0;
}

static void check_names(void)
{
    char name[256], rule[512];
    sd_bus *first = connect_to_bus(), *second = connect_to_bus();
    snprintf(name, sizeof name, "%s.Queue", service);
    snprintf(rule, sizeof rule, "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',arg0='%s'", name);
    must(sd_bus_add_match(first, NULL, rule, on_signal, NULL), "match");
    must(sd_bus_add_match(second, NULL, rule, on_signal, NULL), "match");
    heard_count = 0;
    expect(ask_bus(first, "RequestName", name, 1) == 1, "owner");
    expect(hears(first, "NameOwnerChanged", name) && hears(first, "NameAcquired", name), "signals to the owner");
    expect(ask_bus(second, "RequestName", name, 0) == 2, "queued");
    expect(ask_bus(second, "RequestName", name, 4) == 3, "exists");
    expect(hears(second, "NameOwnerChanged", name), "what the second heard of the first");
    expect(ask_bus(second, "RequestName", name, 2) == 1, "replaced");
    expect(hears(first, "NameLost", name) && hears(first, "NameOwnerChanged", name), "signals to the first");
    expect(hears(second, "NameOwnerChanged", name) && hears(second, "NameAcquired", name), "signals to the second");
    expect(ask_bus(second, "RequestName", name, 2) == 4, "already owner");
    expect(ask_bus(second, "ReleaseName", name, -1) == 1, "released");
    expect(hears(second, "NameLost", name) && hears(second, "NameOwnerChanged", name), "signals of the release");
    expect(hears(first, "NameOwnerChanged", name) && hears(first, "NameAcquired", name), "signals to who waited");
    expect(ask_bus(second, "ReleaseName", name, -1) == 3, "not owner");
    expect(ask_bus(first, "ReleaseName", name, -1) == 1, "released by the first");
    expect(hears(first, "NameLost", name), "its signal");
    expect(ask_bus(first, "ReleaseName", name, -1) == 2, "non-existent");
    printf("ok names: 1 2 3 1 4, 1 3 1 2, NameAcquired and NameLost\n");
}

static const struct {
    const char *name;
    void (*run)(void);
} checks[] = {
    { "basic", check_basic }, { "containers", check_containers }, { "dict", check_dict }, { "error", check_error }, { "large", check_large },
    { "signals", check_signals }, { "properties", check_properties }, { "descriptors", check_descriptors },
    { "names", check_names }, { "leave", check_leave },
};

int main(int argc, char **argv)
{
    if (argc >= 3 && strcmp(argv[1], "serve") == 0) {
        serve(argv[2]);
        return 0;
    }

    service = argv[2];
    client = connect_to_bus();
    for (int argument = 3; argument < argc; argument++) {
        size_t number = 0;
        while (number < sizeof checks / sizeof *checks && strcmp(checks[number].name, argv[argument]) != 0) {
            number++;
        }
        expect(number < sizeof checks / sizeof *checks, argv[argument]);
        checks[number].run();
        fflush(stdout);
    }
    return 0;
}
