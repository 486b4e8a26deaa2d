/* org.xen.xcp.Matrix1 with GDBus of GLib: the service and the client. */

#include <gio/gio.h>
#include <gio/gunixfdlist.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INTERFACE "org.xen.xcp.Matrix1"
#define PATH "/org/xen/xcp/matrix"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define LARGE (16 * 1024 * 1024)

/* The values of the interface file, in GVariant's notation. */
#define BASIC                                                                                                                   \
    "(byte 0xff, true, int16 -32768, uint16 65535, int32 -2147483648, uint32 4294967295, int64 -9223372036854775807, "          \
    "uint64 18446744073709551615, -0.015625, 'text ä 🐊', objectpath '/org/xen/xcp/o', signature 'a{sv}')"
#define CONTAINERS                                                                                                              \
    "([byte 0x00, 0x01, 0xff], ['', 'b'], @at [], {'number': <uint32 7>, 'list': <['x', 'y']>}, (-1, ('in', (0.5, <'deep'>))), " \
    "{'1': ('one', [objectpath '/a', '/b'])}, [(objectpath '/a', {'i': {'p': <true>}})], <<5>>)"
#define DICT "({uint32 1: 'one', 4294967295: 'last'},)"

static void expect(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "failed: %s\n", what);
        exit(1);
    }
}

static GVariant *parse(const char *text)
{
    GError *error = NULL;
    GVariant *value = g_variant_parse(NULL, text, NULL, NULL, &error);
    expect(value != NULL, error != NULL ? error->message : text);
    return value;
}

static bool is(GVariant *value, const char *text)
{
    return g_variant_equal(value, parse(text));
}

/* GDBus knows session and system bus only (DBUS_STARTER_BUS_TYPE says which of them): any other address is given to it. */
static GDBusConnection *connect_to_bus(void)
{
    GError *error = NULL;
    GDBusConnection *bus = g_dbus_connection_new_for_address_sync(g_getenv("DBUS_STARTER_ADDRESS"),
        G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, &error);
    expect(bus != NULL, error != NULL ? error->message : "no error");
    return bus;
}

static char *read_to_end(int fd)
{
    char *text = g_malloc0(4096);
    size_t length = 0;
    for (ssize_t n; (n = read(fd, text + length, 4095 - length)) > 0;) {
        length += (size_t) n;
    }
    close(fd);
    return text;
}

static int pipe_with(const char *text)
{
    int ends[2];
    expect(pipe(ends) == 0 && write(ends[1], text, strlen(text)) == (ssize_t) strlen(text), "pipe");
    close(ends[1]);
    return ends[0];
}

/* A list with one descriptor, which it takes. */
static GUnixFDList *list_of(int fd)
{
    return g_unix_fd_list_new_from_array(&fd, 1);
}

static uint32_t call_bus(GDBusConnection *bus, const char *member, GVariant *arguments)
{
    uint32_t number;
    GError *error = NULL;
    GVariant *reply = g_dbus_connection_call_sync(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", member,
        arguments, G_VARIANT_TYPE("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
    expect(reply != NULL, error != NULL ? error->message : member);
    g_variant_get(reply, "(u)", &number);
    return number;
}

/* The service. */

static char *property_text;

static void on_call(GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *method,
    GVariant *arguments, GDBusMethodInvocation *invocation, void *data)
{
    const char *text = NULL;
    (void) sender;
    (void) data;
    const char *values = g_str_equal(method, "Basic") ? BASIC
        : g_str_equal(method, "Containers") ? CONTAINERS
        : g_str_equal(method, "Dict") ? DICT
        : NULL;
    if (values != NULL) {
        if (is(arguments, values)) {
            g_dbus_method_invocation_return_value(invocation, parse(values));
        } else {
            g_dbus_method_invocation_return_error(invocation, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS, "%s", g_variant_print(arguments, true));
        }
        return;
    }
    if (g_str_equal(method, "Leave")) {
        _exit(0);
    }
    if (g_str_equal(method, "Read")) {
        GUnixFDList *list = g_dbus_message_get_unix_fd_list(g_dbus_method_invocation_get_message(invocation));
        g_dbus_method_invocation_return_value(invocation, g_variant_new("(s)", read_to_end(g_unix_fd_list_get(list, 0, NULL))));
        return;
    }

    g_variant_get(arguments, "(&s)", &text);
    if (g_str_equal(method, "Fail")) {
        g_dbus_method_invocation_return_dbus_error(invocation, INTERFACE ".Error.Failed", text);
    } else if (g_str_equal(method, "Large")) {
        g_dbus_method_invocation_return_value(invocation, g_variant_new("(s)", text));
    } else if (g_str_equal(method, "Open")) {
        g_dbus_method_invocation_return_value_with_unix_fd_list(invocation, g_variant_new("(h)", 0), list_of(pipe_with(text)));
    } else {
        GVariantBuilder details;
        g_variant_builder_init(&details, G_VARIANT_TYPE_VARDICT);
        g_variant_builder_add(&details, "{sv}", "text", g_variant_new_string(text));
        g_variant_builder_add(&details, "{sv}", "length", g_variant_new_uint32((uint32_t) strlen(text)));
        g_dbus_connection_emit_signal(bus, NULL, path, interface, "Emitted", g_variant_new("(sa{sv})", text, &details), NULL);
        g_dbus_method_invocation_return_value(invocation, NULL);
    }
}

static GVariant *on_get(GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *property,
    GError **error, void *data)
{
    (void) bus;
    (void) sender;
    (void) path;
    (void) interface;
    (void) error;
    (void) data;
    return g_str_equal(property, "Text") ? g_variant_new_string(property_text) : g_variant_new_uint32(7);
}

static gboolean on_set(GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *property,
    GVariant *value, GError **error, void *data)
{
    GVariantBuilder changed;
    (void) sender;
    (void) data;
    property_text = g_variant_dup_string(value, NULL);
    g_variant_builder_init(&changed, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&changed, "{sv}", property, value);
    return g_dbus_connection_emit_signal(bus, NULL, path, PROPERTIES, "PropertiesChanged",
        g_variant_new("(sa{sv}as)", interface, &changed, NULL), error);
}

static void serve(const char *name)
{
    static const GDBusInterfaceVTable table = { on_call, on_get, on_set, { 0 } };
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);
    GDBusConnection *bus = connect_to_bus();
    GError *error = NULL;
    char *xml;
    expect(g_file_get_contents(g_getenv("MATRIX_INTERFACE"), &xml, NULL, &error), "the interface file, named by MATRIX_INTERFACE");
    GDBusNodeInfo *node = g_dbus_node_info_new_for_xml(xml, &error);
    expect(node != NULL, error != NULL ? error->message : "XML");
    property_text = g_strdup("initial");
    expect(g_dbus_connection_register_object(bus, PATH, node->interfaces[0], &table, NULL, NULL, &error) > 0, "object");
    expect(call_bus(bus, "RequestName", g_variant_new("(su)", name, 4)) == 1, name);
    printf("ready\n");
    fflush(stdout);
    g_main_loop_run(loop); /* the connection ends the process when the bus goes away */
}

/* The client. */

static GDBusConnection *client;
static const char *service;

static GVariant *try_call(const char *interface, const char *member, GVariant *arguments, GUnixFDList *in, GUnixFDList **out, GError **error)
{
    return g_dbus_connection_call_with_unix_fd_list_sync(client, service, PATH, interface, member, arguments, NULL,
        G_DBUS_CALL_FLAGS_NONE, 60000, in, out, NULL, error);
}

static GVariant *call(const char *interface, const char *member, GVariant *arguments)
{
    GError *error = NULL;
    GVariant *reply = try_call(interface, member, arguments, NULL, NULL, &error);
    expect(reply != NULL, error != NULL ? error->message : member);
    return reply;
}

static void fails_with(const char *member, GVariant *arguments, const char *name, const char *text)
{
    GError *error = NULL;
    expect(try_call(INTERFACE, member, arguments, NULL, NULL, &error) == NULL, member);
    expect(g_str_equal(g_dbus_error_get_remote_error(error), name), error->message);
    g_dbus_error_strip_remote_error(error);
    expect(text == NULL || g_str_equal(error->message, text), error->message);
}

static GQueue heard = G_QUEUE_INIT;

static void on_signal(GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *member,
    GVariant *arguments, void *data)
{
    (void) sender;
    (void) path;
    (void) interface;
    (void) bus;
    g_queue_push_tail(&heard, g_strdup_printf("%s%s%s", (const char *) data, member, g_variant_print(arguments, true)));
}

static void expect_heard(const char *text)
{
    while (g_queue_is_empty(&heard)) {
        g_main_context_iteration(NULL, TRUE);
    }
    char *next = g_queue_pop_head(&heard);
    if (strcmp(next, text) != 0) {
        fprintf(stderr, "failed: heard %s, not %s\n", next, text);
        exit(1);
    }
}

static void check_basic(void)
{
    expect(is(call(INTERFACE, "Basic", parse(BASIC)), BASIC), "the reply of Basic");
    printf("ok basic: 12 types, both ways\n");
}

static void check_containers(void)
{
    GVariant *values = parse(CONTAINERS);
    expect(is(call(INTERFACE, "Containers", values), CONTAINERS), "the reply of Containers");
    printf("ok containers: %s, both ways\n", g_variant_get_type_string(values));
}

static void check_dict(void)
{
    expect(is(call(INTERFACE, "Dict", parse(DICT)), DICT), "the reply of Dict");
    printf("ok dict: a{us}, both ways\n");
}

static void check_error(void)
{
    fails_with("Fail", g_variant_new("(s)", "why"), INTERFACE ".Error.Failed", "why");
    printf("ok error: its name and text\n");
}

static void check_large(void)
{
    char *text = g_strnfill(LARGE, 'x');
    const char *back;
    g_variant_get(call(INTERFACE, "Large", g_variant_new("(s)", text)), "(&s)", &back);
    expect(strcmp(text, back) == 0, "the same text comes back");
    printf("ok large: %d bytes there and back\n", LARGE);
}

static void check_signals(void)
{
    g_dbus_connection_signal_subscribe(client, service, INTERFACE, "Emitted", PATH, NULL, 0, on_signal, (void *) "", NULL);
    call(INTERFACE, "Emit", g_variant_new("(s)", "first"));
    call(INTERFACE, "Emit", g_variant_new("(s)", "second"));
    expect_heard("Emitted('first', {'text': <'first'>, 'length': <uint32 5>})");
    expect_heard("Emitted('second', {'text': <'second'>, 'length': <uint32 6>})");
    printf("ok signals: 2 in their order\n");
}

static void check_properties(void)
{
    GVariant *get = g_variant_ref_sink(g_variant_new("(ss)", INTERFACE, "Text"));
    g_dbus_connection_signal_subscribe(client, service, PROPERTIES, "PropertiesChanged", PATH, NULL, 0, on_signal, (void *) "", NULL);
    expect(is(call(PROPERTIES, "Get", get), "(<'initial'>,)"), "Get");
    call(PROPERTIES, "Set", g_variant_new("(ssv)", INTERFACE, "Text", g_variant_new_string("changed")));
    expect_heard("PropertiesChanged('" INTERFACE "', {'Text': <'changed'>}, @as [])");
    expect(is(call(PROPERTIES, "Get", get), "(<'changed'>,)"), "Get after Set");
    GVariantDict *all = g_variant_dict_new(g_variant_get_child_value(call(PROPERTIES, "GetAll", g_variant_new("(s)", INTERFACE)), 0));
    expect(is(g_variant_dict_lookup_value(all, "Text", NULL), "'changed'"), "GetAll: Text");
    expect(is(g_variant_dict_lookup_value(all, "Number", NULL), "uint32 7"), "GetAll: Number");
    GVariant *set = g_variant_new("(ssv)", INTERFACE, "Number", g_variant_new_uint32(8));
    expect(try_call(PROPERTIES, "Set", set, NULL, NULL, NULL) == NULL, "Set of a read-only property fails");
    printf("ok properties: Get, Set, PropertiesChanged, GetAll, read-only\n");
}

static void check_descriptors(void)
{
    GError *error = NULL;
    GUnixFDList *list = NULL;
    GVariant *reply = try_call(INTERFACE, "Open", g_variant_new("(s)", "from the service"), NULL, &list, &error);
    expect(reply != NULL && list != NULL, error != NULL ? error->message : "Open gives a descriptor");
    expect(g_str_equal(read_to_end(g_unix_fd_list_get(list, 0, NULL)), "from the service"), "what the pipe holds");
    reply = try_call(INTERFACE, "Read", g_variant_new("(h)", 0), list_of(pipe_with("from the client")), NULL, &error);
    expect(reply != NULL, error != NULL ? error->message : "Read");
    expect(is(reply, "('from the client',)"), "what the service reads");
    printf("ok descriptors: one each way\n");
}

static void check_leave(void)
{
    fails_with("Leave", NULL, "org.freedesktop.DBus.Error.NoReply", NULL);
    GVariant *reply = g_dbus_connection_call_sync(client, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
        "NameHasOwner", g_variant_new("(s)", service), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
    expect(is(reply, "(false,)"), "the name is free");
    printf("ok leave: NoReply, and nobody has the name\n");
}

static uint32_t request(GDBusConnection *bus, const char *name, uint32_t flags)
{
    return call_bus(bus, "RequestName", g_variant_new("(su)", name, flags));
}

static uint32_t release(GDBusConnection *bus, const char *name)
{
    return call_bus(bus, "ReleaseName", g_variant_new("(s)", name));
}

static void listen_for_names(GDBusConnection *bus, const char *name, const char *who)
{
    for (int lost = 0; lost < 2; lost++) {
        g_dbus_connection_signal_subscribe(bus, "org.freedesktop.DBus", "org.freedesktop.DBus", lost ? "NameLost" : "NameAcquired",
            "/org/freedesktop/DBus", name, 0, on_signal, (void *) who, NULL);
    }
}

static void check_names(void)
{
    char *name = g_strconcat(service, ".Queue", NULL);
    GDBusConnection *first = connect_to_bus(), *second = connect_to_bus();
    char *acquired = g_strdup_printf("NameAcquired('%s',)", name), *lost = g_strdup_printf("NameLost('%s',)", name);
    listen_for_names(first, name, "first ");
    listen_for_names(second, name, "second ");
    expect(request(first, name, 1) == 1, "owner");
    expect_heard(g_strconcat("first ", acquired, NULL));
    expect(request(second, name, 0) == 2, "queued");
    expect(request(second, name, 4) == 3, "exists");
    expect(request(second, name, 2) == 1, "replaced");
    while (g_queue_get_length(&heard) < 2) { /* two connections: in any order */
        g_main_context_iteration(NULL, TRUE);
    }
    g_queue_sort(&heard, (GCompareDataFunc) (void (*)(void)) strcmp, NULL);
    expect_heard(g_strconcat("first ", lost, NULL));
    expect_heard(g_strconcat("second ", acquired, NULL));
    expect(request(second, name, 2) == 4, "already owner");
    expect(release(second, name) == 1, "released");
    while (g_queue_get_length(&heard) < 2) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_queue_sort(&heard, (GCompareDataFunc) (void (*)(void)) strcmp, NULL);
    expect_heard(g_strconcat("first ", acquired, NULL));
    expect_heard(g_strconcat("second ", lost, NULL));
    expect(release(second, name) == 3, "not owner");
    expect(release(first, name) == 1, "released by the first");
    expect_heard(g_strconcat("first ", lost, NULL));
    expect(release(first, name) == 2, "non-existent");
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
